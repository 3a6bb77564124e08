package plan

import (
	"fmt"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// MeansNothing is said of hosts that stay as they are.
const MeansNothing = "nothing"

// printWarnings says loudly what is lost, and what is replaced.
func (p *Plan) printWarnings(w *lines) {
	refused := map[string]bool{}
	for _, r := range p.Resources {
		if r.Destroys == "" {
			continue
		}
		refused[r.Group] = true
		w.gap()
		w.wrap("WARNING: ", fmt.Sprintf("this would %s %s, and %s would be lost.", r.Op, r.Described(), r.Destroys))
	}
	if len(refused) > 0 {
		w.wrap("", "create refuses this without --replace-control-plane.")
	}
	for _, n := range p.Nodes {
		if n.Loud && !(n.Name == node.ControlPlane && refused[ofPlanes]) {
			w.gap()
			w.wrap("WARNING: ", fmt.Sprintf("%s of %s (%s): what pods keep on a host goes with it.", n.Means, n.Name, n.numbered()))
		}
	}
	for _, o := range p.Addons {
		if o.Op == Conflict {
			w.gap()
			w.wrap("WARNING: ", o.Conflict)
		}
	}
}

// Described is a resource in words: host a-workers-1 for another shape.
func (r Resource) Described() string {
	text := strings.ToLower(r.Kind()) + " " + r.Name
	if len(r.Diff) > 0 {
		text += " for another " + strings.Join(r.Diff, ", ")
	}
	return text
}
