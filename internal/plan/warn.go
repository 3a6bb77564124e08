package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// MeansNothing is said of hosts that stay as they are.
const MeansNothing = "nothing"

// printWarnings says loudly what is lost, and what is replaced.
func (p *Plan) printWarnings(w *lines) {
	refused := p.printLosses(w)
	for _, what := range p.Refused {
		w.gap()
		w.wrap("WARNING: ", "create refuses this: "+what+".")
	}
	for _, n := range p.Nodes {
		if n.Loud && !(n.Name == node.ControlPlane && refused) {
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

// printLosses says what is lost for good, once for all that lose the same, and
// tells whether the control plane is among them.
func (p *Plan) printLosses(w *lines) (planes bool) {
	by := map[string][]Resource{}
	for _, r := range p.Resources {
		if r.Destroys != "" {
			by[r.Op+" "+r.Destroys] = append(by[r.Op+" "+r.Destroys], r)
			planes = planes || r.Group == ofPlanes
		}
	}
	for _, loss := range slices.Sorted(maps.Keys(by)) {
		w.gap()
		all := by[loss]
		if len(all) == 1 {
			w.wrap("WARNING: ", all[0].Loss()+".")
			continue
		}
		w.wrap("WARNING: ", fmt.Sprintf("this would %s %d resources, and of each %s would be lost:", all[0].Op, len(all), all[0].Destroys))
		printSome(w, "      ", all, mostOfGroup, func(r Resource) { w.clip("      %s", r.Described()) })
	}
	if len(by) > 0 {
		w.wrap("", "create refuses this without --replace-control-plane.")
	}
	return planes
}

// Loss says what carrying the change out would destroy.
func (r Resource) Loss() string {
	return fmt.Sprintf("this would %s %s, and %s would be lost", r.Op, r.Described(), r.Destroys)
}

// Described is a resource in words: host a-workers-1 for another shape.
func (r Resource) Described() string {
	text := strings.ToLower(r.Kind()) + " " + r.Name
	if len(r.Diff) > 0 {
		text += " for another " + strings.Join(r.Diff, ", ")
	}
	return text
}
