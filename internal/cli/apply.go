package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
)

// reachTimeout is how long 'addons apply' waits for an API that does not
// answer: unlike create, it has started nothing.
const reachTimeout = time.Minute

func newAddonsApply(env Environment) *cobra.Command {
	flags := struct {
		clusterFlags
		Force bool
	}{}
	cmd := &cobra.Command{
		Use:   "apply [NAME]",
		Short: "Apply the addons and prune what is no longer wanted",
		Example: `  # Apply the addons of the cluster that .config.json describes
  kubectl anywhere addons apply`,
		Args: atMostName,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := flags.open(env, cmd, args, nil)
			if err != nil {
				return err
			}
			return s.runApply(cmd.Context(), kube.Options{Force: flags.Force})
		},
	}
	flags.addFlags(cmd)
	cmd.Flags().BoolVar(&flags.Force, "force-conflicts", false, "Take over fields that somebody else has set to another value")
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
	for _, change := range changes {
		if change.Action == kube.Unchanged {
			continue
		}
		pending = true
		fmt.Fprintf(s.env.Out, "%s %s\n", change.Ref, change.Action)
		for _, field := range change.Fields() {
			fmt.Fprintf(s.env.Out, "  %s\n", field)
		}
	}
	if !pending {
		s.narrate(count(len(changes), "object") + " as wanted, nothing to change")
	}
	return pending, s.conflicts(changes)
}

func (s *session) runApply(ctx context.Context, options kube.Options) error {
	c := &creation{session: s}
	return phase.Run(ctx, []phase.Phase{
		{Title: "Reaching the API", Run: c.reach, Deadline: reachTimeout},
		{Title: "Applying the addons", Deadline: reachTimeout, Run: func(ctx context.Context, report phase.Reporter) error {
			return c.apply(ctx, report, options)
		}},
	}, s.progress())
}

// reach finds the cluster of an earlier create.
func (c *creation) reach(ctx context.Context, report phase.Reporter) (err error) {
	if c.out, err = c.outputs(ctx); err != nil {
		return err
	}
	if c.api, err = c.connect(c.out); err != nil {
		return err
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
	return c.apply(ctx, report, kube.Options{})
}

func (c *creation) apply(ctx context.Context, report phase.Reporter, options kube.Options) error {
	if err := c.notSwitching(ctx); err != nil {
		return err
	}
	set, err := addon.Render(c.addonValues(c.out))
	if err != nil {
		return err
	}
	c.set = set
	var changes []kube.Change
	err = phase.Poll(ctx, lookEvery, report, func(ctx context.Context) (string, string, error) {
		made, err := c.api.ApplySet(ctx, set.Objects, options)
		if err != nil {
			return c.retry(err)
		}
		changes = made
		return "", "", nil
	})
	if err != nil {
		return err
	}
	changed := 0
	for _, change := range changes {
		if change.Action != kube.Unchanged && change.Action != kube.Conflicted {
			changed++
		}
	}
	report.Note("%s, %d changed", count(len(changes), "object"), changed)
	return c.conflicts(changes)
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
