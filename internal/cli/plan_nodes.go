package cli

import (
	"context"
	"slices"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/plan"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/render"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// foundation is what a plan's later phases are worked out from.
type foundation struct {
	// exists tells whether anything is recorded.
	exists bool
	in     target.Inputs
	// before is what phase 1 handed on, if it ever did: complete.
	before   target.Outputs
	complete bool
	records  []engine.Record
	// rendered is what the config makes of hosts, was what the records do; empty
	// where unknown says why.
	rendered, was *render.Rendered
	unknown       error
}

// found reads what is recorded, and renders both that and the config. The stack
// is nil where there is no record.
func (s *session) found(ctx context.Context, stack *engine.Stack, in target.Inputs) (f foundation, err error) {
	f.in, f.was, f.rendered = in, &render.Rendered{}, &render.Rendered{}
	var options render.Options
	if stack != nil {
		f.exists = true
		if f.records, err = stack.Records(ctx); err != nil {
			return f, err
		}
		values, err := stack.Outputs(ctx)
		if err != nil {
			return f, err
		}
		// One that was never complete has none.
		if f.before, err = target.ParseOutputs(values); err == nil {
			f.complete = true
		}
		records := plain(f.records)
		was, err := render.Existing(s.target, in, records, render.Options{})
		if err != nil {
			f.unknown = err
			return f, nil
		}
		f.was = was
		options.Recorded, options.Existing = render.Recall(records), f.was.Nodes
	}
	rendered, err := render.Cluster(s.target, in, options)
	if err != nil {
		f.unknown = err
		return f, nil
	}
	f.rendered = rendered
	return f, nil
}

// plain are records without the engine's own words.
func plain(records []engine.Record) []render.Record {
	var out []render.Record
	for _, r := range records {
		out = append(out, render.Record{
			Type: r.Type, Name: r.Name, ID: r.ID, DependsOn: r.DependsOn, Inputs: r.Inputs, Outputs: r.Outputs,
		})
	}
	return out
}

// planNodes says what becomes of each kind of host.
func (s *session) planNodes(f foundation, resources []planned) []plan.Node {
	names := append([]string{node.ControlPlane}, s.poolNames()...)
	names = append(names, goneFrom(names, f)...)
	nodes := []plan.Node{}
	for _, name := range names {
		role := plan.Role{Name: name, Before: configOf(f.was, name), After: configOf(f.rendered, name), Hosts: s.wanted(name)}
		var hosts, group []planned
		hosts, group, role.Was = f.changesOf(name, resources)
		role.Fate = plan.FateOf(hosts, group, role.Was)
		for _, host := range hosts {
			role.Told = append(role.Told, host.Diff...)
		}
		slices.Sort(role.Told)
		role.Told = slices.Compact(role.Told)
		nodes = append(nodes, role.Node())
	}
	return nodes
}

// goneFrom are the pools there were beside those with these names.
func goneFrom(names []string, f foundation) []string {
	known := map[string]bool{}
	for _, name := range names {
		known[name] = true
	}
	var gone []string
	add := func(pool string) {
		if pool != "" && !known[pool] {
			known[pool] = true
			gone = append(gone, pool)
		}
	}
	for _, host := range f.before.Hosts {
		add(host.Pool)
	}
	for _, pool := range f.before.Pools {
		add(pool.Name)
	}
	return gone
}

// wanted is how many hosts the config has of a role or pool.
func (s *session) wanted(name string) int {
	if name == node.ControlPlane {
		return s.cluster.Spec.ControlPlane.Count
	}
	for _, pool := range s.cluster.Spec.Pools {
		if pool.Name == name {
			return pool.Count
		}
	}
	return 0
}

// changesOf are the changes of the hosts of a role or pool, and of the scaling
// group that makes them; was is how many hosts there were.
func (f foundation) changesOf(name string, resources []planned) (hosts, group []planned, was int) {
	of := map[string]bool{}
	for _, host := range f.before.Hosts {
		if host.Pool == name || name == node.ControlPlane && isControlPlane(host) {
			of[host.Name] = true
			was++
		}
	}
	groups := map[string]bool{}
	for _, pool := range f.before.Pools {
		for _, r := range f.records {
			if pool.Name == name && r.ID == pool.Group {
				groups[r.URN] = true
			}
		}
		if pool.Name == name {
			was += pool.Count
		}
	}
	for _, r := range resources {
		if of[r.Name] {
			hosts = append(hosts, r)
		}
		if groups[r.URN] {
			group = append(group, r)
		}
	}
	return hosts, group, was
}

// configOf is what hosts of a role or pool hold, nil where there is none.
func configOf(rendered *render.Rendered, name string) *plan.Config {
	n, found := rendered.Nodes[name]
	if !found {
		return nil
	}
	return &plan.Config{Digest: n.Digest, Files: n.Files, Restarts: n.Restarts}
}
