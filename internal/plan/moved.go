package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// MovedState lists what is recorded otherwise than when a plan was made: after
// another create, or half of this one.
func (w World) MovedState(now map[string]string) []string {
	var moved []string
	all := maps.Clone(now)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, w.Recorded)
	for _, urn := range slices.Sorted(maps.Keys(all)) {
		was, before := w.Recorded[urn]
		is, after := now[urn]
		switch {
		case !before:
			moved = append(moved, nameOf(urn)+" was made since")
		case !after:
			moved = append(moved, nameOf(urn)+" was deleted since")
		case was != is:
			moved = append(moved, nameOf(urn)+" was changed since")
		}
	}
	return moved
}

// nameOf is a URN in words: host a-workers-1.
func nameOf(urn string) string {
	parts := strings.Split(urn, "::")
	if len(parts) < 4 {
		return urn
	}
	kinds := strings.Split(parts[2], "$")
	return strings.ToLower(Resource{Type: kinds[len(kinds)-1]}.Kind()) + " " + parts[len(parts)-1]
}

// Moved lists in what a plan that was made anew differs from a saved one.
func (s *Saved) Moved(world World, now *Plan) []string {
	moved := s.World.MovedState(world.Recorded)
	if s.World.Images != world.Images {
		moved = append(moved, fmt.Sprintf("the images were %q and are %q", s.World.Images, world.Images))
	}
	if s.World.Addons != world.Addons {
		moved = append(moved, "the addons are other ones")
	}
	was := s.Plan
	moved = append(moved, differences(saidOfResources(was), saidOfResources(now))...)
	moved = append(moved, differences(saidOfNodes(was), saidOfNodes(now))...)
	return append(moved, differences(saidOfAddons(was), saidOfAddons(now))...)
}

// facts are what a plan says, by the name of the thing.
type facts map[string]string

// differences says of each thing what was planned and what would be now.
func differences(was, now facts) []string {
	all := maps.Clone(was)
	maps.Copy(all, now)
	var out []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if was[name] != now[name] {
			out = append(out, fmt.Sprintf("%s: the plan has %s, and now it would be %s",
				name, cmp.Or(was[name], "nothing"), cmp.Or(now[name], "nothing")))
		}
	}
	return out
}

func saidOfResources(p *Plan) facts {
	f := facts{}
	for _, r := range p.Resources {
		// Two halves of one URN are told apart by what becomes of them.
		text := r.Op
		if r.Op != Create && len(r.Diff) > 0 {
			text += " for " + strings.Join(r.Diff, ", ")
		}
		name := strings.ToLower(r.Kind()) + " " + r.Name
		f[name] = strings.TrimPrefix(f[name]+" and "+text, " and ")
	}
	return f
}

func saidOfNodes(p *Plan) facts {
	f := facts{}
	for _, n := range p.Nodes {
		text := cmp.Or(n.Op, "no change")
		if n.After != "" {
			text += " to " + n.After[:min(12, len(n.After))]
		}
		f["node config of "+n.Name] = text + " (" + n.Means + ")"
	}
	if p.NodesUnknown != "" {
		f["node configs"] = "unknown: " + p.NodesUnknown
	}
	return f
}

func saidOfAddons(p *Plan) facts {
	f := facts{}
	for _, o := range p.Addons {
		text := o.Op
		if len(o.Fields) > 0 {
			text += " of " + strings.Join(o.Fields, ", ")
		}
		f[o.Ref] = text
	}
	if p.AddonsUnknown != "" {
		// Why exactly an API does not answer may differ from second to second.
		f["addons"] = "unknown"
	}
	return f
}
