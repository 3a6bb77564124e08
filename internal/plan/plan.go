// Package plan is what create would do to a cluster, over all three phases, as
// data: what changes, what that means for the hosts, and what is lost. It
// prints plans, and keeps them in files that a later create is held to. It
// knows neither the engine nor the API: others fill a plan in.
package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// What happens to a resource, a node config, a file or an object.
const (
	Create  = "create"
	Update  = "update"
	Replace = "replace"
	Delete  = "delete"
	// Conflict is an object with fields that somebody else has set to another
	// value and owns: it stays as it is.
	Conflict = "conflict"
)

// Plan is what create would do.
type Plan struct {
	Cluster string `json:"cluster"`
	Target  string `json:"target"`
	// Exists tells whether something was recorded of the cluster before.
	Exists bool `json:"exists"`
	// Refreshed tells that resources were compared with what exists, and not
	// with what the state says of it.
	Refreshed bool `json:"refreshed"`
	// Totals are over all phases.
	Totals Totals `json:"totals"`
	// Resources are those of phase 1 that change, in groups; Unchanged counts
	// the others.
	Resources []Resource `json:"resources"`
	Unchanged int        `json:"unchanged"`
	// Nodes are the node configs of phase 2: one of the control planes, one a
	// pool, whether they change or not. NodesUnknown says why there are none.
	Nodes        []Node `json:"nodes"`
	NodesUnknown string `json:"nodesUnknown,omitempty"`
	// Addons are the objects of phase 3 that change; AddonsUnchanged counts the
	// others. AddonsUnknown says why they could not be compared.
	Addons          []Object `json:"addons"`
	AddonsUnchanged int      `json:"addonsUnchanged"`
	AddonsUnknown   string   `json:"addonsUnknown,omitempty"`
	// Refused are changes that a living cluster cannot take, each in words.
	Refused []string `json:"refused,omitempty"`
	// Billed is what costs money while the cluster exists.
	Billed []target.Charge `json:"billed,omitempty"`

	// poolOf is the pool of hosts whose names do not tell: see Place.
	poolOf map[string]string
}

// Place tells the pools of hosts by their names, before Settle: machines of the
// user's own are called as they were.
func (p *Plan) Place(hosts []target.Host) {
	p.poolOf = map[string]string{}
	for _, h := range hosts {
		if h.Pool != "" {
			p.poolOf[h.Name] = h.Pool
		}
	}
}

// Resource is one resource of phase 1 that would change.
type Resource struct {
	Op   string `json:"op"`
	Type string `json:"type"`
	Name string `json:"name"`
	URN  string `json:"urn"`
	// Group is what it belongs to, in words: see GroupOf.
	Group string `json:"group"`
	// Diff is the paths of the properties that differ.
	Diff []string `json:"diff,omitempty"`
	// Changes are the same with their values, those within a property each by
	// itself. No secret is shown, and none compared when a plan is held to: what
	// is recorded, the config and the images are.
	Changes []Change `json:"changes,omitempty"`
	// Destroys is what would be lost for good.
	Destroys string `json:"destroys,omitempty"`
}

// Kind is the resource's type as people say it: Host, InstanceTemplate.
func (r Resource) Kind() string { return r.Type[strings.LastIndex(r.Type, ":")+1:] }

// Node is the node config of the control planes or of a pool.
type Node struct {
	// Name is control-plane, or the pool's.
	Name string `json:"name"`
	// Op is what becomes of the config; empty where it stays.
	Op string `json:"op,omitempty"`
	// Hosts is how many are to have it, Was how many hosts there were.
	Hosts int `json:"hosts"`
	Was   int `json:"was,omitempty"`
	// Before and After are digests of all that a host holds of ours; empty where
	// there is none. Of a cluster that does not exist, whose secrets are yet to
	// be made, they stand for the rest only.
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
	// Means is what becomes of the hosts: nothing, new, deleted, restart of
	// kubelet.service, rolling replacement, …
	Means string `json:"means"`
	// Loud tells that hosts are replaced: what runs on them goes with them.
	Loud bool `json:"loud,omitempty"`
	// Because says what differs where no file that can be shown does.
	Because string `json:"because,omitempty"`
	// Files are those on a host that differ.
	Files []FileChange `json:"files,omitempty"`
}

// FileChange is a file on a host that would be another.
type FileChange struct {
	Op   string `json:"op"`
	Path string `json:"path"`
}

// Object is an object of the addons that would change.
type Object struct {
	Op string `json:"op"`
	// Ref names it as kubectl does.
	Ref string `json:"ref"`
	// Fields are one line a field: spec.replicas: 1 -> 2.
	Fields []string `json:"fields,omitempty"`
	// Conflict says whose fields are in the way.
	Conflict string `json:"conflict,omitempty"`
}

// Totals counts changes by what they are.
type Totals struct {
	Create  int `json:"create"`
	Update  int `json:"update"`
	Replace int `json:"replace"`
	Delete  int `json:"delete"`
}

// Any tells whether anything changes.
func (t Totals) Any() bool { return t != Totals{} }

func (t *Totals) add(op string) {
	switch op {
	case Create:
		t.Create++
	case Update:
		t.Update++
	case Replace:
		t.Replace++
	case Delete:
		t.Delete++
	}
}

// Pending tells whether create would change anything, in any phase. What could
// not be compared does not count, and what somebody else owns does: it is not
// as the config wants it.
func (p *Plan) Pending() bool {
	conflict := slices.ContainsFunc(p.Addons, func(o Object) bool { return o.Op == Conflict })
	return p.Totals.Any() || conflict
}

// Settle orders the plan, groups its resources and counts: the last step of
// whoever fills in a plan. Pools are the names of the cluster's pools.
func (p *Plan) Settle(pools []string) {
	for i, r := range p.Resources {
		p.Resources[i].Group = GroupOf(p.Cluster, pools, r.Type, r.Name)
		if pool := p.poolOf[r.Name]; pool != "" && p.Resources[i].Group == ofOthers {
			p.Resources[i].Group = ofPool + pool
		}
	}
	slices.SortStableFunc(p.Resources, func(a, b Resource) int {
		return cmp.Or(
			cmp.Compare(rankOf(a.Group), rankOf(b.Group)), cmp.Compare(a.Group, b.Group),
			cmp.Compare(a.Type, b.Type), cmp.Compare(a.Name, b.Name),
		)
	})
	p.Totals = p.ofResources()
	for _, other := range []Totals{p.ofNodes(), p.ofAddons()} {
		p.Totals.Create += other.Create
		p.Totals.Update += other.Update
		p.Totals.Replace += other.Replace
		p.Totals.Delete += other.Delete
	}
}

func (p *Plan) ofResources() (t Totals) {
	for _, r := range p.Resources {
		t.add(r.Op)
	}
	return t
}

func (p *Plan) ofNodes() (t Totals) {
	for _, n := range p.Nodes {
		t.add(n.Op)
	}
	return t
}

func (p *Plan) ofAddons() (t Totals) {
	for _, o := range p.Addons {
		t.add(o.Op)
	}
	return t
}
