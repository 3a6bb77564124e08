package plan

import (
	"bytes"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// Config is what a host of one role or pool holds of ours.
type Config struct {
	// Digest is of all of it, secrets included.
	Digest string
	// Files are without secrets, by path.
	Files map[string][]byte
	// Restarts are the units that restart where their digest is another one.
	Restarts []node.Restart
}

// Role is the control planes or a pool, before and after.
type Role struct {
	// Name is control-plane, or the pool's.
	Name string
	// Hosts is how many the config wants, Was how many there were.
	Hosts, Was int
	// Before and After are nil where there is none.
	Before, After *Config
	// Fate is what phase 1 does with the hosts that there are, and Told the
	// properties of theirs that differ.
	Fate Fate
	Told []string
}

// Node compares the two configs and says what that means for the hosts.
func (r Role) Node() Node {
	n := Node{Name: r.Name, Hosts: r.Hosts, Was: r.Was, Means: MeansNothing}
	switch {
	case r.Before == nil && r.After == nil:
		return n
	case r.Before == nil:
		n.Op, n.After, n.Means = Create, r.After.Digest, "new"
		return n
	case r.After == nil:
		n.Op, n.Before, n.Means, n.Loud = Delete, r.Before.Digest, "deleted", r.Was > 0
		n.Hosts = 0
		return n
	}
	n.Before, n.After = r.Before.Digest, r.After.Digest
	changed := n.Before != n.After
	if changed {
		n.Op = Update
		n.Files = filesOf(*r.Before, *r.After)
	}
	n.Because = r.because(changed, n.Files)
	n.Means, n.Loud = r.means(changed)
	return n
}

// means is what becomes of hosts that exist.
func (r Role) means(changed bool) (words string, loud bool) {
	several := r.Was > 1
	switch r.Fate {
	case Made:
		return "new", false
	case Replaced:
		if several && r.Name == node.ControlPlane {
			return "replacement one by one", true
		}
		return "replacement", true
	case Rolled:
		return "rolling replacement", true
	case Updated:
		words := "bootstrap runs again with the same config"
		if changed {
			words = restarts(*r.Before, *r.After)
		}
		if several && r.Name == node.ControlPlane {
			words = "one by one: " + words
		}
		return words, false
	}
	if changed {
		return "nothing until hosts are made anew", false
	}
	return MeansNothing, false
}

// restarts are the units that a host restarts for a config, and the static pods
// that its kubelet does.
func restarts(before, after Config) string {
	was := map[string]string{}
	for _, unit := range before.Restarts {
		was[unit.Unit] = unit.Digest
	}
	var units []string
	for _, unit := range after.Restarts {
		if digest, known := was[unit.Unit]; known && digest != unit.Digest {
			units = append(units, unit.Unit)
		}
	}
	var pods []string
	for _, file := range filesOf(before, after) {
		if path.Dir(file.Path) == node.ManifestsPath {
			pods = append(pods, strings.TrimSuffix(path.Base(file.Path), ".yaml"))
		}
	}
	var parts []string
	if len(units) > 0 {
		parts = append(parts, "restart of "+strings.Join(units, ", "))
	}
	if len(pods) > 0 {
		parts = append(parts, "restart of static pods: "+strings.Join(pods, ", "))
	}
	if len(parts) == 0 {
		return "files are written, nothing restarts"
	}
	return strings.Join(parts, "; ")
}

// filesOf are the files that differ, by path.
func filesOf(before, after Config) []FileChange {
	all := maps.Clone(after.Files)
	if all == nil {
		all = map[string][]byte{}
	}
	for name, content := range before.Files {
		if _, still := all[name]; !still {
			all[name] = content
		}
	}
	var changes []FileChange
	for _, name := range slices.Sorted(maps.Keys(all)) {
		was, existed := before.Files[name]
		is, exists := after.Files[name]
		switch {
		case !existed:
			changes = append(changes, FileChange{Create, name})
		case !exists:
			changes = append(changes, FileChange{Delete, name})
		case !bytes.Equal(was, is):
			changes = append(changes, FileChange{Update, name})
		}
	}
	return changes
}

// because says what differs where no file shows it.
func (r Role) because(changed bool, files []FileChange) string {
	switch {
	case changed && len(files) == 0:
		return "only secrets differ, which are not shown: certificates of authorities, keys, the bootstrap token"
	case !changed && r.Fate == Updated && len(r.Told) > 0:
		return "its hosts are told another " + strings.Join(r.Told, ", ")
	}
	return ""
}

// numbered is how many hosts there are, and were.
func (n Node) numbered() string {
	text := fmt.Sprintf("%d hosts", n.Hosts)
	if n.Hosts == 1 {
		text = "1 host"
	}
	if n.Was > 0 && n.Was != n.Hosts {
		text += fmt.Sprintf(", %d before", n.Was)
	}
	return text
}
