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
)

type deleteFlags struct {
	clusterFlags
	kubeconfigFlags
}

// deleteOptions is one run of delete.
type deleteOptions struct {
	*session
	kubeconfig string
}

func newDelete(env Environment) *cobra.Command {
	flags := &deleteFlags{}
	cmd := &cobra.Command{
		Use:   "delete [NAME]",
		Short: "Delete a cluster and prove that nothing is left",
		Example: `  # Delete the only cluster there is, or the one that .config.json describes
  kubectl anywhere delete

  # Delete a cluster by its name
  kubectl anywhere delete anywhere`,
		Args: atMostName,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := flags.open(env, cmd, args, nil)
			if err != nil {
				return err
			}
			o := &deleteOptions{session: s, kubeconfig: flags.Path}
			return o.run(cmd.Context())
		},
	}
	flags.clusterFlags.addFlags(cmd)
	flags.kubeconfigFlags.addFlags(cmd)
	return cmd
}

func (o *deleteOptions) run(ctx context.Context) error {
	plan := []phase.Phase{
		{Title: "Deleting hosts and network", Run: o.destroy},
		{Title: "Looking for what is left", Run: o.prove},
		{Title: "Removing the context and the state", Run: o.forget},
	}
	if err := phase.Run(ctx, plan, o.progress()); err != nil {
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
	return &phase.Failure{Err: err, Next: []string{o.again + "   # goes on where it stopped"}}
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
	changes, err := stack.Destroy(ctx, sink(report))
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
	if len(left) == 0 {
		report.Note("nothing is left on target %q", o.target.Name())
		return nil
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
		return err
	}
	if removed {
		report.Note("context %q is removed", name)
	}
	return o.dir.Remove()
}
