package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
)

func newAddons(env Environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "addons",
		Short: "Phase 3 alone: apply or list what runs in the cluster",
		Args:  noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		addonsCommand(env, "apply", "Apply the addons and prune what is no longer wanted",
			`  # Apply the addons of the cluster that .config.json describes
  kubectl anywhere addons apply`, (*session).applyAddons),
		addonsCommand(env, "list", "List the addons' objects and what each waits for",
			`  # List them
  kubectl anywhere addons list`, (*session).listAddons),
	)
	return cmd
}

func addonsCommand(env Environment, use, short, example string, run func(*session, context.Context) error) *cobra.Command {
	flags := &clusterFlags{}
	cmd := &cobra.Command{
		Use:     use,
		Short:   short,
		Example: example,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := flags.open(env, nil)
			if err != nil {
				return err
			}
			return run(s, cmd.Context())
		},
	}
	flags.addFlags(cmd)
	return cmd
}

func (s *session) applyAddons(ctx context.Context) error {
	c := &creation{session: s}
	return phase.Run(ctx, []phase.Phase{
		{Title: "Reaching the API", Run: func(ctx context.Context, _ phase.Reporter) (err error) {
			if c.out, err = s.outputs(ctx); err != nil {
				return err
			}
			c.api, err = s.connect(c.out)
			return err
		}},
		{Title: "Applying the addons", Run: c.applyAddons},
	}, s.progress())
}

func (s *session) listAddons(ctx context.Context) error {
	out, err := s.outputs(ctx)
	if err != nil {
		return err
	}
	set, err := addon.Render(s.addonValues(out))
	if err != nil {
		return err
	}
	api, err := s.connect(out)
	if err != nil {
		return err
	}
	pending, err := api.Ready(ctx, set.Objects)
	if err != nil {
		return err
	}
	reasons := map[string]string{}
	for _, p := range pending {
		reasons[p.Object.String()] = p.Reason
	}
	return s.printAddons(set, reasons)
}

func (s *session) printAddons(set *addon.Set, pending map[string]string) error {
	w := newTable(s.env.Out, "OBJECT", "STATE")
	for _, object := range set.Objects {
		name := kube.RefOf(object).String()
		state := "ready"
		if reason, ok := pending[name]; ok {
			state = reason
		}
		fmt.Fprintf(w, "%s\t%s\n", name, state)
	}
	return w.Flush()
}
