package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
)

// provisionFlags are those that say what phase 1 may do.
type provisionFlags struct {
	ReplaceControlPlane bool
	AllAtOnce           bool
	Timeout             time.Duration
	pluginFlags
}

func (f *provisionFlags) addFlags(cmd *cobra.Command) {
	f.pluginFlags.addFlags(cmd)
	cmd.Flags().DurationVar(&f.Timeout, "timeout", 10*time.Minute, "Longest wait for any one phase")
	cmd.Flags().BoolVar(&f.ReplaceControlPlane, "replace-control-plane", false,
		"Let hosts of the control plane be replaced or deleted, with all that is kept on them")
	cmd.Flags().BoolVar(&f.AllAtOnce, "all-at-once", false,
		"Change all control planes at the same time: for a cluster that is down anyway (default one after the other)")
}

func (f *provisionFlags) check() error { return checkTimeout(f.Timeout) }

// checkTimeout refuses a wait that is over before it begins.
func checkTimeout(d time.Duration) error {
	if d <= 0 {
		return &usageError{fmt.Errorf("--timeout %s: want a time above zero, such as 10m", d)}
	}
	return nil
}

func newProvision(env Environment) *cobra.Command {
	flags := struct {
		clusterFlags
		provisionFlags
		kitFlags
	}{}
	cmd := &cobra.Command{
		Use:   "provision [NAME]",
		Short: "Phase 1 alone: make the hosts and the network",
		Example: `  # Make the hosts; each starts to become a node by itself
  kubectl anywhere provision -f examples/local.json

  # Make them where nothing can be downloaded
  kubectl anywhere provision --bundle cluster.kit`,
		Args: atMostName,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := flags.openUnless(flags.check(), env, cmd, args, env.first)
			if err != nil {
				return err
			}
			s.givenPlugins = flags.Dir
			if err := flags.supply(cmd.Context(), s); err != nil {
				return err
			}
			c := &creation{session: s, replaceControlPlane: flags.ReplaceControlPlane, allAtOnce: flags.AllAtOnce}
			defer c.close()
			return c.runProvision(cmd.Context(), flags.Timeout)
		},
	}
	flags.clusterFlags.addFlags(cmd)
	flags.provisionFlags.addFlags(cmd)
	flags.kitFlags.addFlags(cmd)
	return cmd
}

func (c *creation) runProvision(ctx context.Context, timeout time.Duration) error {
	if err := phase.Run(ctx, c.provisioning(timeout), c.progress()); err != nil {
		return c.advise(err)
	}
	fmt.Fprintf(c.env.ErrOut, "\nNext: kubectl anywhere create %s   # goes on from here\n", c.cluster.Metadata.Name)
	return nil
}

// provisioning is phase 1, alone or as the beginning of create. Control planes
// may be changed one after the other there, each for as long as a phase.
func (c *creation) provisioning(timeout time.Duration) []phase.Phase {
	c.patience = timeout
	rounds := time.Duration(1)
	if planes := c.cluster.Spec.ControlPlane.Count; planes > 1 {
		rounds += time.Duration(planes)
	}
	plan := []phase.Phase{{Title: "Checking that this can be made here", Run: c.preflight, Deadline: timeout}}
	plan = append(plan, c.fetching()...)
	return append(plan, phase.Phase{Title: "Provisioning network and hosts", Run: c.provision, Deadline: rounds * timeout})
}
