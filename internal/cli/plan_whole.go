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
	p, _, err := s.planWithin(ctx, refresh)
	return p, err
}

// planWithin is wholePlan with what the plan was made from.
func (s *session) planWithin(ctx context.Context, refresh bool) (p *plan.Plan, f foundation, err error) {
	in, err := s.inputs()
	if err != nil {
		return nil, f, err
	}
	if err := s.havePlugins(ctx); err != nil {
		return nil, f, err
	}
	stack, err := s.existing(ctx, s.narrate)
	if err != nil {
		return nil, f, err
	}
	if stack != nil {
		defer stack.Close()
	}
	if f, err = s.found(ctx, stack, in); err != nil {
		return nil, f, err
	}
	first, err := s.planFirst(ctx, stack, in, refresh)
	if err != nil {
		return nil, f, err
	}
	if p, err = s.planRest(ctx, f, first, refresh); err != nil || stack == nil {
		return p, f, err
	}
	fixed, err := s.fixed()
	for _, problem := range fixed {
		p.Refused = append(p.Refused, problem.Path+" "+problem.Message)
	}
	return p, f, err
}

// planFirst is what phase 1 changes. The stack is nil where nothing is recorded.
func (s *session) planFirst(ctx context.Context, stack *engine.Stack, in target.Inputs, refresh bool) (provisionPlan, error) {
	switch {
	case stack == nil:
		return s.newPlan(ctx, in)
	case refresh:
		return s.planLive(ctx, stack, in)
	}
	return s.plan(ctx, stack, in)
}

// planRest adds to what phase 1 changes what that means for the nodes, and the
// addons.
func (s *session) planRest(ctx context.Context, f foundation, first provisionPlan, refreshed bool) (*plan.Plan, error) {
	p := &plan.Plan{
		Cluster: s.cluster.Metadata.Name, Target: s.target.Name(), Exists: f.exists, Refreshed: refreshed && f.exists,
		Resources: first.Changes, Unchanged: first.counts.Same, Billed: s.bill(),
		Nodes: []plan.Node{}, Addons: []plan.Object{},
	}
	if f.unknown == nil {
		p.Nodes = s.planNodes(f, first.Changes)
	} else {
		p.NodesUnknown = f.unknown.Error()
	}
	if err := s.planAddons(ctx, f, p); err != nil {
		return nil, err
	}
	if sketched, is := s.cluster.Spec.Block.(target.Sketched); is {
		p.Place(sketched.Sketch(s.cluster).Hosts)
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
