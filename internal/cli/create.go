package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
)

// createFlags are create's flags as typed.
type createFlags struct {
	clusterFlags
	kubeconfigFlags
	contextFlags
	provisionFlags
	kitFlags
	planFlags
	timelineFlags
}

// createOptions is one run of create.
type createOptions struct {
	*creation
	timeout time.Duration
	// timeline is the file to draw what happened to; empty for none.
	timeline string
}

func newCreate(env Environment) *cobra.Command {
	flags := &createFlags{}
	cmd := &cobra.Command{
		Use:   "create [NAME]",
		Short: "Create a cluster, or carry on creating it",
		Long: `Create a cluster, or carry on creating it: provision hosts, wait until each has
become a node, apply the addons.

Run again after a failure, an interruption or a change of the config, it does
what is missing and nothing else. A change that would replace the control plane
is refused, unless --replace-control-plane says that what it keeps may be lost.

With --plan it does exactly what 'preview --out' has kept, and refuses, before
anything is touched, where the world has moved since.`,
		Example: `  # Create the cluster of .config.json, or a first one on this machine
  kubectl anywhere create

  # Create the cluster of another file
  kubectl anywhere create -f examples/local.json

  # Create one, and see what it took its time for
  kubectl anywhere create --timeline create.svg

  # Create one where nothing can be downloaded
  kubectl anywhere create --bundle cluster.kit

  # Carry on creating a cluster as it was last described
  kubectl anywhere create anywhere`,
		Args: atMostName,
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := flags.toOptions(env, cmd, args)
			if err != nil {
				return err
			}
			return o.run(cmd.Context())
		},
	}
	flags.clusterFlags.addFlags(cmd)
	flags.kubeconfigFlags.addFlags(cmd)
	flags.contextFlags.addFlags(cmd)
	flags.provisionFlags.addFlags(cmd)
	flags.kitFlags.addFlags(cmd)
	flags.planFlags.addFlags(cmd)
	flags.timelineFlags.addFlags(cmd)
	return cmd
}

func (f *createFlags) toOptions(env Environment, cmd *cobra.Command, args []string) (*createOptions, error) {
	wrong := errors.Join(f.provisionFlags.check(), f.timelineFlags.check())
	if wrong == nil {
		if err := f.describe(cmd.Context(), env, args); err != nil {
			return nil, err
		}
	}
	s, held, err := f.openPlan(env, cmd, args)
	if err := errors.Join(wrong, err); err != nil {
		return nil, err
	}
	current, err := f.decide(cmd.Context(), env, f.Path, s.cluster.Metadata.Name)
	if err != nil {
		return nil, err
	}
	s.givenPlugins = f.Dir
	if err := f.supply(cmd.Context(), s); err != nil {
		return nil, err
	}
	c := &creation{session: s, held: held, kubeconfig: f.Path, switchContext: current, replaceControlPlane: f.ReplaceControlPlane, allAtOnce: f.AllAtOnce}
	return &createOptions{creation: c, timeout: f.Timeout, timeline: f.Timeline}, nil
}

// run is the three phases, in order.
func (o *createOptions) run(ctx context.Context) error {
	plan := append(o.provisioning(o.timeout),
		phase.Phase{Title: "Starting the control plane", Run: o.awaitControlPlane, Deadline: o.timeout},
		phase.Phase{Title: "Applying the addons", Run: o.applyAddons, Deadline: o.timeout},
		phase.Phase{Title: "Waiting for every node", Run: o.awaitNodes, Deadline: o.timeout},
	)
	if o.hasNetwork() {
		plan = append(plan,
			phase.Phase{Title: "Waiting for the addons", Run: o.awaitAddons, Deadline: o.timeout},
			phase.Phase{Title: "Asking for a name from a pod", Run: o.checkDNS, Deadline: o.timeout},
		)
	}
	plan = append(plan, phase.Phase{Title: "Writing the kubeconfig", Run: o.writeKubeconfig})
	defer o.close()
	if err := o.runRecorded(ctx, plan, o.timeline); err != nil {
		return o.advise(err)
	}
	return o.summary(ctx)
}

// hasNetwork tells whether the pod network is ours to bring up. Where the
// user brings it, no node is ready and no addon runs before that.
func (c *creation) hasNetwork() bool { return c.cluster.Spec.Network.Layer != config.None }

// summary says what there is now and what to type next.
func (c *creation) summary(ctx context.Context) error {
	nodes, err := c.api.Nodes(ctx)
	if err != nil {
		return err
	}
	name := c.cluster.Metadata.Name
	kubectl := "kubectl --context " + name
	if c.kubeconfig != "" {
		kubectl += " --kubeconfig " + quote(c.kubeconfig)
	}
	fmt.Fprintf(c.env.ErrOut, "\nCluster %q is up: %s at %s\n", name, count(len(nodes), "node"), c.out.Endpoint)
	if !c.hasNetwork() {
		fmt.Fprintf(c.env.ErrOut, "Its nodes become ready with the pod network that you bring.\n\nNext: %s apply -f YOUR-POD-NETWORK.yaml\n", kubectl)
		return nil
	}
	fmt.Fprint(c.env.ErrOut, unenforced(c.cluster.Spec.Network, c.layer))
	fmt.Fprintf(c.env.ErrOut, "\nNext: %s get nodes\n", kubectl)
	return nil
}

// unenforced warns of what the API takes and nobody acts on: policies, where
// neither the layer nor an addon enforces them. The declaration is that of a
// layer of the user's own, or nil.
func unenforced(n config.Network, own *catalog.Layer) string {
	layer := catalog.Layer{}
	if own != nil {
		layer = *own
	} else if found, err := catalog.LayerOf(n.Layer); err == nil {
		layer = found
	}
	if n.Policy != "" || layer.EnforcesPolicy || layer.Name == "" {
		return ""
	}
	return fmt.Sprintf("\nNetwork policy has no effect: %s does not enforce it. What does is\nspec.network.policy: %s\n", catalog.Called(layer.Name), config.PolicyAddon)
}
