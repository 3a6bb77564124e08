package cli

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/home"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/plan"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/credentials"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

const credentialsType = credentials.Type

// planned is one resource that create would change.
type planned = plan.Resource

// provisionPlan is what phase 1 would change.
type provisionPlan struct {
	Changes []planned

	counts engine.Changes
}

// plan asks the engine what a program would change of what is recorded;
// nothing is.
func (s *session) plan(ctx context.Context, stack *engine.Stack, in target.Inputs) (provisionPlan, error) {
	return s.planBy(ctx, stack.Preview, in)
}

// planLive is plan of what exists, which is looked at and not recorded.
func (s *session) planLive(ctx context.Context, stack *engine.Stack, in target.Inputs) (provisionPlan, error) {
	return s.planBy(ctx, stack.PreviewLive, in)
}

// previewing is one of the engine's two ways to tell what it would do.
type previewing func(context.Context, pulumi.RunFunc, func(engine.Event)) (engine.Changes, error)

func (s *session) planBy(ctx context.Context, preview previewing, in target.Inputs) (provisionPlan, error) {
	seen := []planned{}
	counts, err := preview(ctx, s.target.Program(in), func(e engine.Event) {
		if _, changes := signs()[e.Op]; changes && e.Kind == engine.Started {
			seen = append(seen, planned{Op: e.Op, Type: e.Type, Name: e.Name, Diff: e.Diff, URN: e.URN, Changes: changesOf(e)})
		}
	})
	if err != nil {
		return provisionPlan{}, err
	}
	return provisionPlan{Changes: s.settle(seen), counts: counts}, nil
}

// changesOf are the properties that differ, for a plan.
func changesOf(e engine.Event) []plan.Change {
	var out []plan.Change
	for _, c := range e.Changes {
		out = append(out, plan.ChangeOf(c.Path, c.Old, c.New))
	}
	return out
}

// settle leaves out the deletions that are halves of replacements, marks what
// would be lost, and orders what several hands told at the same time.
func (s *session) settle(seen []planned) []planned {
	replaced := map[string]bool{}
	for _, p := range seen {
		if p.Op == "replace" {
			replaced[p.Type+" "+p.Name] = true
		}
	}
	out := []planned{}
	for _, p := range seen {
		if p.Op == "delete" && replaced[p.Type+" "+p.Name] {
			continue
		}
		if p.Op == "delete" || p.Op == "replace" {
			p.Destroys = isKept(s.cluster.Metadata.Name, p.Type, p.Name, s.cluster.Spec.ControlPlane.EtcdDiskGB > 0)
		}
		out = append(out, p)
	}
	slices.SortStableFunc(out, func(a, b planned) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// newPlan is the plan of a cluster that has no state yet. All that the engine
// needs for it is in a folder that goes again.
func (s *session) newPlan(ctx context.Context, in target.Inputs) (provisionPlan, error) {
	folder, err := os.MkdirTemp("", "anywhere-preview")
	if err != nil {
		return provisionPlan{}, fmt.Errorf("making a folder to preview in: %w", err)
	}
	defer os.RemoveAll(folder)
	scratch := home.Of(folder, s.cluster.Metadata.Name)
	stack, err := s.openStack(ctx, scratch.Backend(), scratch.Engine(), "preview", s.narrate)
	if err != nil {
		return provisionPlan{}, err
	}
	defer stack.Close()
	return s.plan(ctx, stack, in)
}

// resourceName is a resource in words: host anywhere-workers-1.
func resourceName(typ, name string) string {
	return strings.ToLower(typ[strings.LastIndex(typ, ":")+1:]) + " " + name
}
