package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

type deleteFlags struct {
	clusterFlags
	kubeconfigFlags
	pluginFlags
	Force  bool
	Output string
}

// deleteOptions is one run of delete.
type deleteOptions struct {
	*session
	kubeconfig string
	// force leaves out what only a healthy cluster can do.
	force   bool
	output  string
	receipt receipt
}

func newDelete(env Environment) *cobra.Command {
	flags := &deleteFlags{}
	cmd := &cobra.Command{
		Use:   "delete [NAME]",
		Short: "Delete a cluster and prove that nothing is left",
		Long: `Delete a cluster and prove that nothing is left.

On a cloud, the cluster first gives back the load balancers and volumes that its
controllers made; volumes with the reclaim policy Retain stay. Then everything
that create made goes, and the target is asked for whatever still carries the
cluster's label. A receipt says what went and what is left; the command fails
when anything is.`,
		Example: `  # Delete the only cluster there is, or the one that .config.json describes
  kubectl anywhere delete

  # Delete a cluster by its name
  kubectl anywhere delete anywhere`,
		Args: atMostName,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := flags.openUnless(checkFormat(flags.Output), env, cmd, args, nil)
			if err != nil {
				return err
			}
			s.givenPlugins = flags.Dir
			o := &deleteOptions{session: s, kubeconfig: flags.Path, force: flags.Force, output: flags.Output}
			o.receipt = receipt{Cluster: s.cluster.Metadata.Name, Target: s.target.Name(), Deleted: map[string]int{}, Left: []string{}}
			return o.run(cmd.Context())
		},
	}
	flags.clusterFlags.addFlags(cmd)
	flags.kubeconfigFlags.addFlags(cmd)
	flags.pluginFlags.addFlags(cmd)
	cmd.Flags().BoolVar(&flags.Force, "force", false, "Do not wait for the cluster to take down its own load balancers and volumes")
	addOutputFlag(cmd, &flags.Output)
	return cmd
}

func (o *deleteOptions) run(ctx context.Context) error {
	plan := append(o.fetching(), o.releasing()...)
	plan = append(plan, []phase.Phase{
		{Title: "Deleting hosts and network", Run: o.destroy},
		{Title: "Looking for what is left", Run: o.prove},
		{Title: "Removing the context and the state", Run: o.forget},
	}...)
	err := phase.Run(ctx, plan, o.progress())
	if err == nil || len(o.receipt.Left) > 0 {
		err = errors.Join(err, o.receipt.print(o.env, o.output))
	}
	if err != nil {
		return o.advise(err)
	}
	fmt.Fprintf(o.env.ErrOut, "\nCluster %q is gone.\n", o.cluster.Metadata.Name)
	return nil
}

func (o *deleteOptions) advise(err error) error {
	var failure *phase.Failure
	var problems *diag.Error
	if errors.As(err, &failure) || errors.As(err, &problems) {
		return err
	}
	next := []string{o.again + "   # goes on where it stopped"}
	if len(o.releasing()) > 0 {
		next = append(next, o.again+" --force   # leaves behind what the cluster itself made")
	}
	return &phase.Failure{Err: err, Next: next}
}

func (o *deleteOptions) destroy(ctx context.Context, report phase.Reporter) error {
	stack, err := o.existing(ctx, noted(report))
	if err != nil {
		return err
	}
	if stack == nil {
		report.Note("there is no state of cluster %q", o.cluster.Metadata.Name)
		return nil
	}
	defer stack.Close()
	defer o.hear(report)()
	changes, err := stack.Destroy(ctx, o.receipt.counting(sink(report)))
	if err != nil {
		return err
	}
	report.Note("%s deleted", count(changes.Delete, "resource"))
	return stack.Remove(ctx)
}

// prove asks the target itself, not the state, what still exists.
func (o *deleteOptions) prove(ctx context.Context, report phase.Reporter) error {
	left, err := o.target.Leftovers(ctx, o.cluster)
	if err != nil {
		return err
	}
	o.receipt.Left = append(o.receipt.Left, left...)
	if len(left) == 0 {
		report.Note("nothing is left on target %q", o.target.Name())
		return nil
	}
	if _, cloud := o.target.(target.Pulling); cloud {
		return &phase.Failure{
			Err:  fmt.Errorf("cluster %q still has what no state records: %d on target %q, listed in the receipt", o.cluster.Metadata.Name, len(left), o.target.Name()),
			Next: []string{o.again + "   # looks again, when you have removed them"},
		}
	}
	// No state knows these: a create takes them over, and then they go.
	return &phase.Failure{
		Err: fmt.Errorf("cluster %q still has what no state records: %s", o.cluster.Metadata.Name, strings.Join(left, ", ")),
		Next: []string{
			strings.Replace(o.again, " delete", " provision", 1) + "   # takes them over",
			o.again,
		},
	}
}

func (o *deleteOptions) forget(_ context.Context, report phase.Reporter) error {
	name := o.cluster.Metadata.Name
	removed, err := kube.RemoveKubeconfig(o.kubeconfig, name)
	if err != nil {
		// The cluster is gone; what is left here opens nothing.
		report.Note("warning: %v", err)
		report.Note("its context may be left there: kubectl config delete-context %s", name)
	}
	if removed {
		report.Note("context %q is removed", name)
	}
	return o.dir.Remove()
}
