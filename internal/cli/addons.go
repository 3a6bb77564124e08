package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
)

func newAddons(env Environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "addons",
		Short: "Phase 3 alone: apply or list what runs in the cluster",
		Args:  noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newAddonsApply(env), newAddonsDiff(env), newAddonsList(env))
	return cmd
}

// addonState is one object of the addons, as 'addons list -o json' prints it.
type addonState struct {
	Object string `json:"object"`
	// State is ready, or why it is not.
	State string `json:"state"`
}

func newAddonsList(env Environment) *cobra.Command {
	flags := &clusterFlags{}
	output := ""
	cmd := &cobra.Command{
		Use:   "list [NAME]",
		Short: "List the addons' objects and what each waits for",
		Example: `  # List them
  kubectl anywhere addons list`,
		Args: atMostName,
		RunE: flags.with(env, &output, func(s *session, ctx context.Context) error {
			return s.listAddons(ctx, output)
		}),
	}
	flags.addFlags(cmd)
	addOutputFlag(cmd, &output)
	return cmd
}

// addons connects to a cluster and builds what is to run in it.
func (s *session) addons(ctx context.Context) (*kube.Client, *addon.Set, error) {
	out, err := s.outputs(ctx)
	if err != nil {
		return nil, nil, err
	}
	set, err := addon.Render(s.addonValues(out))
	if err != nil {
		return nil, nil, err
	}
	api, err := s.connect(out)
	return api, set, err
}

func (s *session) listAddons(ctx context.Context, output string) error {
	api, set, err := s.addons(ctx)
	if err != nil {
		return err
	}
	pending, err := api.Ready(ctx, set.Objects)
	if err != nil {
		return err
	}
	return printAddons(s.env, output, statesOf(set, pending))
}

func statesOf(set *addon.Set, pending []kube.Pending) []addonState {
	reasons := map[string]string{}
	for _, p := range pending {
		reasons[p.Object.String()] = p.Reason
	}
	states := []addonState{}
	for _, object := range set.Objects {
		name := kube.RefOf(object).String()
		state := addonState{name, "ready"}
		if reason, ok := reasons[name]; ok {
			state.State = reason
		}
		states = append(states, state)
	}
	return states
}

func printAddons(env Environment, output string, states []addonState) error {
	if output != "" {
		return printData(env, output, "AddonList", map[string]any{"items": states})
	}
	w := newTable(env.Out, "OBJECT", "STATE")
	for _, s := range states {
		fmt.Fprintf(w, "%s\t%s\n", s.Object, s.State)
	}
	return w.Flush()
}
