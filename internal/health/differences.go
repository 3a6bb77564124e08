package health

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/plan"
)

// Phases of a cluster, as differences name them.
const (
	Provision = "provision"
	Bootstrap = "bootstrap"
	Addons    = "addons"
)

// DriftOf is a plan read the other way round: what create would change is what
// is not as the config wants it. What could not be compared is returned as
// unknown.
func DriftOf(p *plan.Plan) (*Drift, []Unknown) {
	d := &Drift{Found: []Difference{}}
	for _, r := range p.Resources {
		d.Found = append(d.Found, ofResource(r)...)
	}
	for _, n := range p.Nodes {
		if n.Op == "" {
			continue
		}
		of := "nodes of pool " + n.Name
		if n.Name == "control-plane" {
			of = "control plane nodes"
		}
		diff := Difference{Phase: Bootstrap, Of: of, What: n.Because, Wanted: short(n.After), Is: short(n.Before), Means: "to bring it back: " + n.Means}
		if len(n.Files) > 0 {
			var paths []string
			for _, f := range n.Files {
				paths = append(paths, f.Path)
			}
			diff.What = strings.Join(paths, ", ")
		}
		d.Found = append(d.Found, diff)
	}
	for _, o := range p.Addons {
		d.Found = append(d.Found, ofObject(o)...)
	}
	var unknown []Unknown
	for _, u := range []Unknown{{"node configs", p.NodesUnknown}, {"addons' drift", p.AddonsUnknown}} {
		if u.Why != "" {
			unknown = append(unknown, u)
		}
	}
	return d, unknown
}

// ofResource says what a change of a resource tells of what there is, one
// difference a property whose values can be shown.
func ofResource(r plan.Resource) []Difference {
	d := Difference{Phase: Provision, Of: strings.ToLower(r.Kind()) + " " + r.Name}
	if r.Destroys != "" {
		d.Means = "bringing it back would destroy " + r.Destroys
	}
	switch r.Op {
	case plan.Create:
		d.What = "does not exist"
		return []Difference{d}
	case plan.Delete:
		d.What = "exists, and is not wanted"
		return []Difference{d}
	}
	var out []Difference
	var unseen []string
	for _, c := range r.Changes {
		if c.Old == "" && c.New == "" {
			unseen = append(unseen, c.Path)
			continue
		}
		one := d
		one.What, one.Is, one.Wanted = c.Path, cmp.Or(c.Old, "(none)"), cmp.Or(c.New, "(none)")
		out = append(out, one)
	}
	if len(r.Changes) == 0 {
		unseen = r.Diff
	}
	if len(unseen) > 0 || len(out) == 0 {
		d.What = strings.TrimSuffix("differs in "+strings.Join(unseen, ", "), " in ")
		out = append(out, d)
	}
	return out
}

// ofObject is one difference a field.
func ofObject(o plan.Object) []Difference {
	switch {
	case o.Op == plan.Create:
		return []Difference{{Phase: Addons, Of: o.Ref, What: "does not exist"}}
	case o.Op == plan.Delete:
		return []Difference{{Phase: Addons, Of: o.Ref, What: "exists, and is not wanted"}}
	case o.Op == plan.Conflict:
		return []Difference{ofConflict(o)}
	case len(o.Fields) == 0:
		return []Difference{{Phase: Addons, Of: o.Ref, What: "differs"}}
	}
	var out []Difference
	for _, c := range o.Changes() {
		out = append(out, Difference{Phase: Addons, Of: o.Ref, What: c.Path, Is: c.Old, Wanted: c.New})
	}
	return out
}

// Server-side apply names who owns fields, and which, in its message alone.
var (
	ownerOf = regexp.MustCompile(`owned by ([^:]+):`)
	fieldOf = regexp.MustCompile(`(?:^|\s)(\.[A-Za-z][^\s;,]*)`)
)

// ofConflict says which fields somebody else has set.
func ofConflict(o plan.Object) Difference {
	d := Difference{Phase: Addons, Of: o.Ref, What: o.Conflict}
	owner := ownerOf.FindStringSubmatch(o.Conflict)
	var fields []string
	for _, match := range fieldOf.FindAllStringSubmatch(o.Conflict, -1) {
		fields = append(fields, match[1])
	}
	if owner != nil && len(fields) > 0 {
		d.What = fmt.Sprintf("%s was set by %s, who owns it now", strings.Join(fields, ", "), owner[1])
		d.Means = "'kubectl anywhere addons apply --force-conflicts' takes it over"
	}
	return d
}

// short is a digest as people compare it.
func short(digest string) string { return digest[:min(len(digest), 12)] }
