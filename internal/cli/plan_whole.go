package cli

import (
	"context"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/plan"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// wholePlan is what create would do, over all three phases; nothing is
// changed. With refresh what exists is looked at, or else what is recorded.
func (s *session) wholePlan(ctx context.Context, refresh bool) (*plan.Plan, error) {
	in, err := s.inputs()
	if err != nil {
		return nil, err
	}
	if err := s.havePlugins(ctx); err != nil {
		return nil, err
	}
	stack, err := s.existing(ctx, s.narrate)
	if err != nil {
		return nil, err
	}
	var first provisionPlan
	switch {
	case stack == nil:
		first, err = s.newPlan(ctx, in)
	case refresh:
		defer stack.Close()
		first, err = s.planLive(ctx, stack, in)
	default:
		defer stack.Close()
		first, err = s.plan(ctx, stack, in)
	}
	if err != nil {
		return nil, err
	}
	return s.planAll(ctx, stack, in, first, refresh)
}

// planAll adds to what phase 1 changes what that means for the nodes, and the
// addons. The stack is nil where nothing is recorded.
func (s *session) planAll(ctx context.Context, stack *engine.Stack, in target.Inputs, first provisionPlan, refreshed bool) (*plan.Plan, error) {
	p := &plan.Plan{
		Cluster: s.cluster.Metadata.Name, Target: s.target.Name(), Exists: stack != nil, Refreshed: refreshed && stack != nil,
		Resources: first.Changes, Unchanged: first.counts.Same, Billed: s.bill(),
		Nodes: []plan.Node{}, Addons: []plan.Object{},
	}
	f, err := s.found(ctx, stack, in)
	if err != nil {
		return nil, err
	}
	if f.unknown == nil {
		p.Nodes = s.planNodes(f, first.Changes)
	} else {
		p.NodesUnknown = f.unknown.Error()
	}
	if err := s.planAddons(ctx, f, p); err != nil {
		return nil, err
	}
	p.Settle(s.poolNames())
	return p, nil
}

// poolNames are the names of the pools of the config.
func (s *session) poolNames() []string {
	var names []string
	for _, pool := range s.cluster.Spec.Pools {
		names = append(names, pool.Name)
	}
	return names
}
