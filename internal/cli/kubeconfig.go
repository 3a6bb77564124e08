package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

func newKubeconfig(env Environment) *cobra.Command {
	flags := struct {
		clusterFlags
		kubeconfigFlags
		Merge bool
	}{}
	cmd := &cobra.Command{
		Use:   "kubeconfig [NAME]",
		Short: "Print a kubeconfig of a cluster, with a new certificate",
		Example: `  # Print it
  kubectl anywhere kubeconfig > admin.conf

  # Merge it into ~/.kube/config and make it the current context
  kubectl anywhere kubeconfig --merge`,
		Args: atMostName,
		RunE: func(cmd *cobra.Command, args []string) error {
			if flags.Path != "" && !flags.Merge {
				return &usageError{errors.New("--kubeconfig names the file that --merge writes to: add --merge, or leave it out")}
			}
			s, err := flags.open(env, cmd, args, nil)
			if err != nil {
				return err
			}
			if flags.Merge {
				return s.mergeKubeconfig(cmd.Context(), flags.Path)
			}
			return s.printKubeconfig(cmd.Context())
		},
	}
	flags.clusterFlags.addFlags(cmd)
	flags.kubeconfigFlags.addFlags(cmd)
	cmd.Flags().BoolVar(&flags.Merge, "merge", false, "Merge it into the kubeconfig file instead of printing it")
	return cmd
}

func (s *session) printKubeconfig(ctx context.Context) error {
	out, err := s.outputs(ctx)
	if err != nil {
		return err
	}
	data, err := s.adminKubeconfig(out)
	if err != nil {
		return err
	}
	_, err = s.env.Out.Write(data)
	return err
}

func (s *session) mergeKubeconfig(ctx context.Context, path string) error {
	out, err := s.outputs(ctx)
	if err != nil {
		return err
	}
	said, err := s.merge(out, path)
	if err != nil {
		return err
	}
	fmt.Fprintln(s.env.ErrOut, said)
	return nil
}

// merge makes the cluster's context the current one of a kubeconfig file, and
// returns what to tell the user.
func (s *session) merge(out target.Outputs, path string) (string, error) {
	data, err := s.adminKubeconfig(out)
	if err != nil {
		return "", err
	}
	name := s.cluster.Metadata.Name
	file, err := kube.MergeKubeconfig(path, name, data, true)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("context %q is current in %s", name, file.File), nil
}

// writeKubeconfig makes the new cluster's context the current one.
func (c *creation) writeKubeconfig(_ context.Context, report phase.Reporter) error {
	said, err := c.merge(c.out, c.kubeconfig)
	if err != nil {
		return err
	}
	report.Note("%s", said)
	return nil
}
