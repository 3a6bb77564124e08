package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
)

// reachTimeout is how long 'addons apply' waits for an API that does not
// answer: unlike create, it has started nothing.
const reachTimeout = time.Minute

type applyFlags struct {
	clusterFlags
	carryFlags
	DryRun bool
}

func newAddonsApply(env Environment) *cobra.Command {
	flags := applyFlags{}
	cmd := &cobra.Command{
		Use:   "apply [NAME]",
		Short: "Apply the addons and prune what is no longer wanted",
		Long: `Apply the addons and prune what is no longer wanted, then wait until each addon
is ready.

It says first what changes. Where objects are to be pruned, a person at a
terminal is asked. What somebody else has set is left alone and named.`,
		Example: `  # Apply the addons of the cluster that .config.json describes
  kubectl anywhere addons apply

  # Only say what would happen
  kubectl anywhere addons apply --dry-run`,
		Args: atMostName,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := flags.openUnless(flags.check(), env, cmd, args, nil)
			if err != nil {
				return err
			}
			a := &application{creation: &creation{session: s}, carryFlags: flags.carryFlags, dryRun: flags.DryRun}
			a.done = func() error { return s.keepInStep(s.cluster) }
			return a.run(cmd.Context())
		},
	}
	flags.clusterFlags.addFlags(cmd)
	flags.carryFlags.addFlags(cmd)
	cmd.Flags().BoolVar(&flags.DryRun, "dry-run", false, "Only say what would happen")
	return cmd
}

func newAddonsDiff(env Environment) *cobra.Command {
	flags := struct {
		clusterFlags
		ExitCode bool
	}{}
	cmd := &cobra.Command{
		Use:   "diff [NAME]",
		Short: "Show what apply would change, without changing it",
		Example: `  # Show it
  kubectl anywhere addons diff

  # Let a script know: exit 3 when changes are pending
  kubectl anywhere addons diff --exit-code`,
		Args: atMostName,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := flags.open(env, cmd, args, nil)
			if err != nil {
				return err
			}
			pending, err := s.diffAddons(cmd.Context())
			if err == nil && flags.ExitCode && pending {
				return errPending
			}
			return err
		},
	}
	flags.addFlags(cmd)
	cmd.Flags().BoolVar(&flags.ExitCode, "exit-code", false, "Exit 3 when changes are pending")
	return cmd
}

func (s *session) diffAddons(ctx context.Context) (pending bool, err error) {
	api, set, err := s.addons(ctx)
	if err != nil {
		return false, err
	}
	changes, err := compareAddons(ctx, api, set)
	if err != nil {
		return false, err
	}
	return s.showChanges(changes)
}

// showChanges prints, as data, what applying would do, field by field.
func (s *session) showChanges(changes []kube.Change) (pending bool, err error) {
	for _, change := range changes {
		if change.Action == kube.Unchanged {
			continue
		}
		pending = true
		fmt.Fprintf(s.env.Out, "%s %s\n", change.Ref, change.Action)
		for _, field := range change.Fields() {
			fmt.Fprintf(s.env.Out, "  %s\n", field)
		}
		for _, ref := range change.Takes {
			fmt.Fprintf(s.env.Out, "  %s goes with it\n", ref)
		}
	}
	if !pending {
		s.narrate(count(len(changes), "object") + " as wanted, nothing to change")
	}
	return pending, s.conflicts(changes)
}

// reach finds the cluster of an earlier create.
func (c *creation) reach(ctx context.Context, report phase.Reporter) (err error) {
	if c.api == nil {
		if c.out, err = c.outputs(ctx); err != nil {
			return err
		}
		if c.api, err = c.connect(c.out); err != nil {
			return err
		}
	}
	return phase.Poll(ctx, lookEvery, report, func(ctx context.Context) (string, string, error) {
		if err := c.api.Healthz(ctx); err != nil {
			return c.out.Endpoint, err.Error(), nil
		}
		return "", "", nil
	})
}

// applyAddons is phase 3.
func (c *creation) applyAddons(ctx context.Context, report phase.Reporter) error {
	changes, err := c.apply(ctx, report, kube.Options{})
	if err != nil {
		return err
	}
	return c.conflicts(changes)
}

func (c *creation) apply(ctx context.Context, report phase.Reporter, options kube.Options) (changes []kube.Change, err error) {
	if err := c.notSwitching(ctx); err != nil {
		return nil, err
	}
	set, err := addon.Render(c.addonValues(c.out))
	if err != nil {
		return nil, err
	}
	c.set = set
	options.Release = refsOf(set.Unmanaged)
	err = phase.Poll(ctx, lookEvery, report, func(ctx context.Context) (string, string, error) {
		made, err := c.api.ApplySet(ctx, set.Objects, options)
		if err != nil {
			return c.retry(err)
		}
		changes = made
		return "", "", nil
	})
	if err != nil {
		return nil, err
	}
	changed := 0
	for _, change := range changes {
		if change.Action != kube.Unchanged && change.Action != kube.Conflicted {
			changed++
		}
	}
	report.Note("%s, %d changed", count(len(changes), "object"), changed)
	return changes, nil
}

// refsOf are the names of objects.
func refsOf(objects []*unstructured.Unstructured) (refs []kube.Ref) {
	for _, object := range objects {
		refs = append(refs, kube.RefOf(object))
	}
	return refs
}

// conflicts is the error that names every object with fields that somebody
// else owns: it stays as it is until one of the two gives way.
func (s *session) conflicts(changes []kube.Change) error {
	var problems []error
	for _, change := range changes {
		if change.Action == kube.Conflicted {
			problems = append(problems, change.Err)
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return &phase.Failure{Err: errors.Join(problems...), Next: []string{
		fmt.Sprintf("kubectl anywhere addons apply %s --force-conflicts   # takes the fields over", s.cluster.Metadata.Name),
	}}
}
