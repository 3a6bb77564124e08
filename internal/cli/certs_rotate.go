package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/credentials"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// rotateFlags are rotate-ca's flags as typed.
type rotateFlags struct {
	clusterFlags
	kubeconfigFlags
	provisionFlags
	Step string
	All  bool
	Yes  bool
}

func newCertsRotate(env Environment) *cobra.Command {
	flags := &rotateFlags{}
	cmd := &cobra.Command{
		Use:   "rotate-ca [NAME]",
		Short: "Replace the authorities of a cluster, in three steps",
		Long: `Replace the authorities of a cluster (of Kubernetes, etcd and the front proxy)
in three steps, each of which leaves a cluster that works, and can be undone
until the last:

  trust    make new ones, and have every host trust both
  reissue  sign every certificate with the new ones, and still trust both
  drop     forget the old ones
  back     undo the step before

Without --yes it says what the step would do, and does nothing. Control planes
are changed one after the other. The key that signs service account tokens, the
key that encrypts Secrets and the bootstrap token are no authorities, and stay.`,
		Example: `  # What is the next step, and what would it do?
  kubectl anywhere certs rotate-ca

  # Take it
  kubectl anywhere certs rotate-ca --yes

  # Undo it
  kubectl anywhere certs rotate-ca --step back --yes`,
		Args: atMostName,
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
	flags.kubeconfigFlags.addFlags(cmd)
	flags.provisionFlags.addFlags(cmd)
	cmd.Flags().StringVar(&flags.Step, "step", "", "`Step` to take: trust, reissue, drop or back (default the one that is due)")
	cmd.Flags().BoolVar(&flags.All, "all", false, "Take all steps that are left, one after the other")
	cmd.Flags().BoolVar(&flags.Yes, "yes", false, "Do it")
	return cmd
}

// rotateOptions is one run of rotate-ca.
type rotateOptions struct {
	*creation
	step     string
	all, yes bool
}

func (f *rotateFlags) toOptions(env Environment, cmd *cobra.Command, args []string) (*rotateOptions, error) {
	s, err := f.openUnless(errors.Join(f.check(), f.checkSteps()), env, cmd, args, nil)
	if err != nil {
		return nil, err
	}
	s.givenPlugins = f.Dir
	c := &creation{
		session: s, kubeconfig: f.Path, patience: f.Timeout,
		replaceControlPlane: f.ReplaceControlPlane, allAtOnce: f.AllAtOnce,
	}
	return &rotateOptions{creation: c, step: f.Step, all: f.All, yes: f.Yes}, nil
}

func (f *rotateFlags) checkSteps() error {
	var problems []error
	switch f.Step {
	case "", credentials.Trust, credentials.Reissue, credentials.Drop, credentials.Back:
	default:
		problems = append(problems, &usageError{fmt.Errorf("--step %s: want trust, reissue, drop or back", f.Step)})
	}
	if f.All && f.Step != "" {
		problems = append(problems, &usageError{errors.New("--all takes every step that is left: leave --step out, or --all")})
	}
	return errors.Join(problems...)
}

func (o *rotateOptions) run(ctx context.Context) error {
	for {
		turn, err := o.next(ctx)
		if err != nil {
			return err
		}
		o.tellPlan(turn)
		if !o.yes {
			return &usageError{errors.New("nothing was changed: add --yes to take this step")}
		}
		if err := phase.Run(ctx, o.phases(turn), o.progress()); err != nil {
			return o.explain(turn, err)
		}
		o.narrateNext(turn)
		if !o.all || o.out.Rotation.Stage == credentials.Stable {
			return nil
		}
		// The next step begins with what the state says now.
		o.close()
		o.stack = nil
	}
}

// turn is one step, as it is taken.
type turn struct {
	step string
	// from is where the authorities were before, to where they come.
	from, to string
	// again tells that the state has taken the step, and something after that
	// was not done.
	again bool
	// changes are the resources that it changes.
	changes []planned
}

// next finds the step of this run and what it would change.
func (o *rotateOptions) next(ctx context.Context) (turn, error) {
	var err error
	if o.out, err = o.outputs(ctx); err != nil {
		return turn{}, err
	}
	in, err := o.inputs()
	if err != nil {
		return turn{}, err
	}
	if err := o.havePlugins(ctx); err != nil {
		return turn{}, err
	}
	stack, err := o.existing(ctx, o.narrate)
	if err != nil {
		return turn{}, err
	}
	if stack == nil {
		return turn{}, fmt.Errorf("cluster %q has no state at %s; '%s' makes it", o.cluster.Metadata.Name, o.backend, o.creating)
	}
	defer stack.Close()
	pending, err := o.plan(ctx, stack, in)
	if err != nil {
		return turn{}, err
	}
	t, err := chooseTurn(o.out.Rotation, o.step, len(pending.Changes))
	if err != nil {
		return t, o.refusal(err, pending.Changes)
	}
	t.changes = pending.Changes
	if !t.again {
		in.Rotation = t.step
		if pending, err = o.plan(ctx, stack, in); err != nil {
			return t, err
		}
		t.changes = pending.Changes
	}
	return t, nil
}

// errPendingFirst is a config that was changed and not applied.
var errPendingFirst = errors.New("the cluster is not yet as its config says")

// chooseTurn settles which step is taken, by where the authorities are, which
// step was asked for, if any, and how many resources are not as declared.
func chooseTurn(at target.Rotation, asked string, pending int) (turn, error) {
	step := asked
	if step == "" {
		step = credentials.Due(at.Stage)
	}
	unfinished := pending > 0 && at.Stage != credentials.Stable
	switch {
	case asked == "" && unfinished, asked != "" && asked == at.Last && (pending > 0 || asked != credentials.Back):
		// The state has taken that step, and not every host has followed.
		return turn{step: at.Last, from: at.Stage, to: at.Stage, again: true}, nil
	case asked == credentials.Back:
		// What is half done is undone as it is.
	case pending > 0:
		return turn{}, errPendingFirst
	}
	to, err := credentials.After(at.Stage, step)
	return turn{step: step, from: at.Stage, to: to}, err
}

// refusal says what to do instead of a step that is not taken.
func (o *rotateOptions) refusal(err error, pending []planned) error {
	name := o.cluster.Metadata.Name
	if !errors.Is(err, errPendingFirst) {
		return &usageError{err}
	}
	var names []string
	for _, p := range pending {
		names = append(names, resourceName(p.Type, p.Name))
	}
	lead := "kubectl anywhere create " + name + "   # brings it there first"
	if last := o.out.Rotation.Last; o.out.Rotation.Stage != credentials.Stable {
		lead = fmt.Sprintf("kubectl anywhere certs rotate-ca %s --step %s --yes   # finishes the step before", name, last)
	}
	return &usageError{&phase.Failure{
		Err:  fmt.Errorf("replacing the authorities of cluster %q: %w: %s would change", name, err, strings.Join(names, ", ")),
		Next: []string{lead},
	}}
}
