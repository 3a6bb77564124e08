package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
)

type deleteFlags struct {
	clusterFlags
	kubeconfigFlags
}

// deletion is one run of delete.
type deletion struct {
	*session
	kubeconfig string
	stack      *engine.Stack
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
			flags.Name = strings.Join(args, "")
			s, err := flags.open(env, nil)
			if err != nil {
				return err
			}
			d := &deletion{session: s, kubeconfig: flags.Path}
			return d.run(cmd.Context())
		},
	}
	flags.clusterFlags.addFlags(cmd)
	flags.kubeconfigFlags.addFlags(cmd)
	return cmd
}

func (d *deletion) run(ctx context.Context) error {
	name := d.cluster.Metadata.Name
	plan := []phase.Phase{
		{Title: "Deleting hosts and network", Run: d.destroy},
		{Title: "Looking for what is left", Run: d.prove},
		{Title: "Removing the context and the state", Run: d.forget},
	}
	if err := phase.Run(ctx, plan, d.progress()); err != nil {
		return &phase.Failure{Err: err, Next: "kubectl anywhere delete " + name + " to go on where it stopped"}
	}
	fmt.Fprintf(d.env.ErrOut, "\nCluster %q is gone.\n", name)
	return nil
}

func (d *deletion) destroy(ctx context.Context, report phase.Reporter) error {
	stack, err := d.session.stack(ctx)
	if err != nil {
		return err
	}
	defer stack.Close()
	exists, err := stack.Exists(ctx)
	if err != nil {
		return err
	}
	if !exists {
		report.Note("there is no state of cluster %q", d.cluster.Metadata.Name)
		return nil
	}
	changes, err := stack.Destroy(ctx, sink(report))
	if err != nil {
		return err
	}
	report.Note("%s", describe(changes))
	return stack.Remove(ctx)
}

// prove asks the target itself, not the state, what still exists.
func (d *deletion) prove(ctx context.Context, report phase.Reporter) error {
	left, err := d.target.Leftovers(ctx, d.cluster)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		return fmt.Errorf("cluster %q still has %s", d.cluster.Metadata.Name, strings.Join(left, ", "))
	}
	report.Note("nothing is left on target %q", d.target.Name())
	return nil
}

func (d *deletion) forget(_ context.Context, report phase.Reporter) error {
	name := d.cluster.Metadata.Name
	removed, err := kube.RemoveKubeconfig(d.kubeconfig, name)
	if err != nil {
		return err
	}
	if removed {
		report.Note("context %q is removed", name)
	}
	return d.dir.Remove()
}
