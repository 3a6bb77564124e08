package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
)

// createFlags are create's flags as typed.
type createFlags struct {
	clusterFlags
	kubeconfigFlags
	Timeout time.Duration
}

// createOptions is one run of create.
type createOptions struct {
	*session
	kubeconfig string
	timeout    time.Duration
}

func newCreate(env Environment) *cobra.Command {
	flags := &createFlags{Timeout: 10 * time.Minute}
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Create a cluster, or carry on creating it",
		Long: `Create a cluster, or carry on creating it: provision hosts, wait until each has become a node, apply the addons.

Run again after a failure, an interruption or a change of the config, it does
what is missing and nothing else.`,
		Example: `  # Create the cluster that .config.json describes, or a first one on this machine
  kubectl anywhere create

  # Create the cluster of another file
  kubectl anywhere create -f examples/local.json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := flags.toOptions(env)
			if err != nil {
				return err
			}
			return o.run(cmd.Context())
		},
	}
	flags.clusterFlags.addFlags(cmd)
	flags.kubeconfigFlags.addFlags(cmd)
	cmd.Flags().DurationVar(&flags.Timeout, "timeout", flags.Timeout, "Longest wait for any one phase")
	return cmd
}

func (f *createFlags) toOptions(env Environment) (*createOptions, error) {
	first := func() *config.Cluster { return config.New("local", env.blocks()) }
	s, err := f.clusterFlags.open(env, first)
	if err != nil {
		return nil, err
	}
	if f.Timeout <= 0 {
		return nil, &usageError{fmt.Errorf("--timeout %s: want a time above zero, such as 10m", f.Timeout)}
	}
	return &createOptions{session: s, kubeconfig: f.Path, timeout: f.Timeout}, nil
}

// run is the three phases, in order.
func (o *createOptions) run(ctx context.Context) error {
	c := &creation{session: o.session, kubeconfig: o.kubeconfig}
	plan := []phase.Phase{
		{Title: "Checking that this can be made here", Run: c.preflight},
		{Title: "Provisioning network and hosts", Run: c.provision},
		{Title: "Starting the control plane", Run: c.awaitControlPlane, Deadline: o.timeout},
		{Title: "Applying the addons", Run: c.applyAddons, Deadline: o.timeout},
		{Title: "Waiting for every node", Run: c.awaitNodes, Deadline: o.timeout},
		{Title: "Waiting for the addons", Run: c.awaitAddons, Deadline: o.timeout},
		{Title: "Asking for a name from a pod", Run: c.checkDNS, Deadline: o.timeout},
		{Title: "Writing the kubeconfig", Run: c.writeKubeconfig},
	}
	defer c.close()
	if err := phase.Run(ctx, plan, o.progress()); err != nil {
		return c.advise(err)
	}
	return c.summary(ctx)
}

// summary says what there is now and what to type next.
func (c *creation) summary(ctx context.Context) error {
	nodes, err := c.api.Nodes(ctx)
	if err != nil {
		return err
	}
	name := c.cluster.Metadata.Name
	fmt.Fprintf(c.env.ErrOut, "\nCluster %q is up: %s at %s\n\n", name, count(len(nodes), "node"), c.out.Endpoint)
	fmt.Fprintf(c.env.ErrOut, "Next: kubectl --context %s get nodes\n", name)
	return nil
}
