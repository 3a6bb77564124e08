package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/swap"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// switchFlags are switch's flags as typed.
type switchFlags struct {
	clusterFlags
	provisionFlags
	Plan, Yes, Force bool
	Output           string
}

func newNetworkSwitch(env Environment) *cobra.Command {
	flags := &switchFlags{}
	cmd := &cobra.Command{
		Use:   "switch LAYER [NAME]",
		Short: "Take a living cluster to another network layer, node by node",
		Long: `Take a living cluster to another network layer, node by node.

Each node is drained, freed of what the old layer has left on its host, given
the new one, and asked whether its pods reach those on other switched nodes.
Pods on nodes that are switched and on nodes that are not do not reach each
other meanwhile. The config is changed in this one place when all nodes are.

Typed again after it was stopped, it goes on; with the layer that the cluster
had, it goes back.`,
		Example: `  # See what would happen
  kubectl anywhere network switch kube-router --plan

  # Do it
  kubectl anywhere network switch kube-router --yes`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 || len(args) == 2 {
				return nil
			}
			return &usageError{fmt.Errorf("%s takes a layer, and at most the name of a cluster; 'kubectl anywhere network list' shows layers\nSee '%s --help'", cmd.CommandPath(), cmd.CommandPath())}
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := flags.toOptions(env, cmd, args)
			if err != nil {
				return err
			}
			defer o.close()
			return o.run(cmd.Context())
		},
	}
	flags.clusterFlags.addFlags(cmd)
	flags.provisionFlags.addFlags(cmd)
	cmd.Flags().BoolVar(&flags.Plan, "plan", false, "Only say what would happen")
	cmd.Flags().BoolVar(&flags.Yes, "yes", false, "Do it without asking")
	cmd.Flags().BoolVar(&flags.Force, "force", false, "Let pods be lost that nothing makes anew")
	addOutputFlag(cmd, &flags.Output)
	return cmd
}

// switchOptions is one run of it.
type switchOptions struct {
	*creation
	flags *switchFlags
	// path is the config's file, and data what is in it.
	path string
	data []byte
	// to is the layer that was asked for.
	to      string
	machine *swap.Machine
	// toward is the cluster as its config will have it, and document that.
	toward   *session
	document []byte
	plan     swap.Plan
	// after is phase 1 of the cluster as it will be.
	after *creation
}

func (f *switchFlags) toOptions(env Environment, cmd *cobra.Command, args []string) (*switchOptions, error) {
	wrong := errors.Join(f.check(), checkFormat(f.Output))
	if f.Output != "" && !f.Plan {
		wrong = errors.Join(wrong, &usageError{errors.New("--output prints the plan: add --plan")})
	}
	if wrong != nil {
		return nil, wrong
	}
	path, data, err := f.changeable(strings.Join(args[1:], " "), "none to switch")
	if err != nil {
		return nil, err
	}
	cluster, err := loadConfig(env, path, data)
	if err != nil {
		return nil, err
	}
	s, err := f.session(env, cmd, args, cluster)
	if err != nil {
		return nil, err
	}
	s.givenPlugins = f.Dir
	c := &creation{session: s, replaceControlPlane: f.ReplaceControlPlane, allAtOnce: f.AllAtOnce}
	return &switchOptions{creation: c, flags: f, path: path, data: data, to: args[0]}, nil
}

func (o *switchOptions) run(ctx context.Context) error {
	done, err := o.prepare(ctx)
	if err != nil || done {
		return err
	}
	if o.flags.Output != "" {
		return printData(o.env, o.flags.Output, "NetworkSwitchPlan", o.plan)
	}
	if err := o.plan.Print(o.env.Out); err != nil || o.flags.Plan {
		return err
	}
	if len(o.plan.Lost) > 0 && !o.flags.Force {
		return &usageError{errors.New("nothing was changed: some pods would be lost; delete them, or add --force")}
	}
	if err := o.confirm(ctx); err != nil {
		return err
	}
	if err := phase.Run(ctx, o.phases(), o.progress()); err != nil {
		return o.explain(err)
	}
	fmt.Fprintf(o.env.ErrOut, "\nCluster %q is on %s.\n\nNext: kubectl anywhere status %s\n",
		o.cluster.Metadata.Name, o.machine.State.Toward(), o.cluster.Metadata.Name)
	return nil
}

// confirm asks a person; anybody else says --yes.
func (o *switchOptions) confirm(ctx context.Context) error {
	if o.flags.Yes {
		return nil
	}
	if o.env.asks() {
		if yes, err := o.env.agrees(ctx, "\nSwitch now?"); yes || err != nil {
			return err
		}
	}
	return &usageError{errors.New("nothing was changed: add --yes to do it")}
}

// explain adds how it goes on, and how it goes back.
func (o *switchOptions) explain(err error) error {
	var failure *phase.Failure
	next := []string{o.again + "   # goes on where it stopped"}
	name, state := o.cluster.Metadata.Name, o.machine.State
	if state.Stage == swap.Moving {
		next = append(next, fmt.Sprintf("kubectl anywhere network switch %s %s --yes   # goes back", quote(state.Leaving()), name))
	}
	next = append(next, "kubectl anywhere status "+name)
	if errors.As(err, &failure) {
		return &phase.Failure{Err: err, Subject: failure.Subject, Log: failure.Log, Next: append(failure.Next, next...)}
	}
	return &phase.Failure{Err: err, Next: next}
}

// with is the cluster with a layer, its session and its config's text.
func (o *switchOptions) with(layer string) (*session, []byte, error) {
	if o.cluster.Spec.Network.Layer == layer {
		return o.session, o.data, nil
	}
	document, err := config.ParseDocument(o.path, o.data)
	if err != nil {
		return nil, nil, err
	}
	if err := document.Set("spec.network.layer", layerIn(o.path, layer, o.dir)); err != nil {
		return nil, nil, err
	}
	if enforces(layer) {
		// It would be enforced twice.
		if err := document.Unset("spec.network.policy"); err != nil {
			return nil, nil, err
		}
	}
	data, err := document.Bytes()
	if err != nil {
		return nil, nil, err
	}
	cluster, err := loadConfig(o.env, o.path, data)
	if err != nil {
		return nil, nil, err
	}
	s := *o.session
	s.cluster = cluster
	if bundle := o.cluster.Spec.Images.Bundle; bundle != "" {
		s.cluster.Spec.Images.Bundle = bundle
	}
	s.layer, err = ownLayer(cluster)
	return &s, data, err
}

// hostsKeep refuses a layer whose images are in another archive than the one
// that hosts have: they would be made anew.
func (o *switchOptions) hostsKeep() error {
	if _, pulls := o.target.(target.Pulling); pulls {
		return nil
	}
	has, err := o.session.inputs()
	if err != nil {
		return err
	}
	wants, err := o.toward.inputs()
	if err != nil {
		return err
	}
	if has.ImageArchive == wants.ImageArchive && has.ImageDigest == wants.ImageDigest {
		return nil
	}
	return &usageError{fmt.Errorf("network layer %s needs images that are not in the archive that hosts of cluster %q were made with:\n  have %s\n  need %s\nMake a cluster whose spec.images.bundle is the second one to switch on it",
		o.toward.cluster.Spec.Network.Layer, o.cluster.Metadata.Name, dashed(has.ImageArchive), dashed(wants.ImageArchive))}
}
