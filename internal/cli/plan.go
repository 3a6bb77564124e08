package cli

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/home"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/credentials"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

const credentialsType = credentials.Type

// planned is one resource that create would change.
type planned struct {
	Op   string   `json:"op"`
	Type string   `json:"type"`
	Name string   `json:"name"`
	Diff []string `json:"diff,omitempty"`
	// Destroys is what would be lost for good.
	Destroys string `json:"destroys,omitempty"`

	urn string
}

// loss says what carrying this out would destroy.
func (p planned) loss() string {
	why := ""
	if len(p.Diff) > 0 {
		why = " for another " + strings.Join(p.Diff, ", ")
	}
	return fmt.Sprintf("this would %s %s%s, and %s would be lost", p.Op, resourceName(p.Type, p.Name), why, p.Destroys)
}

// plan is what create would change, as 'preview -o json' prints it.
type plan struct {
	Changes   []planned `json:"changes"`
	Unchanged int       `json:"unchanged"`
	// Billed is what costs money while the cluster exists.
	Billed []target.Charge `json:"billed,omitempty"`

	counts engine.Changes
}

// plan asks the engine what a program would change; nothing is.
func (s *session) plan(ctx context.Context, stack *engine.Stack, in target.Inputs) (plan, error) {
	seen := []planned{}
	counts, err := stack.Preview(ctx, s.target.Program(in), func(e engine.Event) {
		if _, changes := signs()[e.Op]; changes && e.Kind == engine.Started {
			seen = append(seen, planned{Op: e.Op, Type: e.Type, Name: e.Name, Diff: e.Diff, urn: e.URN})
		}
	})
	if err != nil {
		return plan{}, err
	}
	return plan{Changes: s.settle(seen), Unchanged: counts.Same, counts: counts}, nil
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
func (s *session) newPlan(ctx context.Context, in target.Inputs) (plan, error) {
	folder, err := os.MkdirTemp("", "anywhere-preview")
	if err != nil {
		return plan{}, fmt.Errorf("making a folder to preview in: %w", err)
	}
	defer os.RemoveAll(folder)
	scratch := home.Of(folder, s.cluster.Metadata.Name)
	stack, err := s.openStack(ctx, scratch.Backend(), scratch.Engine(), "preview", s.narrate)
	if err != nil {
		return plan{}, err
	}
	defer stack.Close()
	return s.plan(ctx, stack, in)
}

// resourceName is a resource in words: host anywhere-workers-1.
func resourceName(typ, name string) string {
	return strings.ToLower(typ[strings.LastIndex(typ, ":")+1:]) + " " + name
}
