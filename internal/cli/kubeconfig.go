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

// kubeconfigCommandFlags are kubeconfig's flags as typed.
type kubeconfigCommandFlags struct {
	clusterFlags
	kubeconfigFlags
	contextFlags
	Merge, Exec bool
}

func newKubeconfig(env Environment) *cobra.Command {
	flags := &kubeconfigCommandFlags{}
	cmd := &cobra.Command{
		Use:   "kubeconfig [NAME]",
		Short: "Print a kubeconfig of a cluster, with a new certificate",
		Long: `Print a kubeconfig of a cluster, with a new certificate, or merge it into
kubectl's own.

With --exec it holds no key: kubectl calls this program for a certificate of an
hour whenever it needs one, which takes the cluster's state and its passphrase.
What such a kubeconfig gives away is worth nothing elsewhere.`,
		Example: `  # Print it
  kubectl anywhere kubeconfig > admin.conf

  # Merge it into ~/.kube/config and make it the current context
  kubectl anywhere kubeconfig --merge --switch-context

  # Have kubectl get short-lived certificates by itself
  kubectl anywhere kubeconfig --exec --merge`,
		Args: atMostName,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := flags.openUnless(flags.check(), env, cmd, args, nil)
			if err != nil {
				return err
			}
			return flags.run(cmd.Context(), s)
		},
	}
	flags.clusterFlags.addFlags(cmd)
	flags.kubeconfigFlags.addFlags(cmd)
	flags.contextFlags.addFlags(cmd)
	cmd.Flags().BoolVar(&flags.Merge, "merge", false, "Merge it into the kubeconfig file instead of printing it")
	cmd.Flags().BoolVar(&flags.Exec, "exec", false, "Have kubectl call this program for certificates of an hour")
	return cmd
}

func (f *kubeconfigCommandFlags) check() error {
	var problems []error
	if f.Path != "" && !f.Merge {
		problems = append(problems, &usageError{errors.New("--kubeconfig names the file that --merge writes to: add --merge, or leave it out")})
	}
	if f.given() && !f.Merge {
		problems = append(problems, &usageError{errors.New("--switch-context is about the file that --merge writes to: add --merge, or leave it out")})
	}
	return errors.Join(problems...)
}

func (f *kubeconfigCommandFlags) run(ctx context.Context, s *session) error {
	out, err := s.outputs(ctx)
	if err != nil {
		return err
	}
	kubeconfig := s.adminKubeconfig
	if f.Exec {
		kubeconfig = func(out target.Outputs) ([]byte, error) { return s.execKubeconfig(out, f.File, f.State) }
	}
	data, err := kubeconfig(out)
	if err != nil {
		return err
	}
	if !f.Merge {
		_, err = s.env.Out.Write(data)
		return err
	}
	name := s.cluster.Metadata.Name
	current, err := f.decide(ctx, s.env, f.Path, name)
	if err != nil {
		return err
	}
	merged, err := kube.MergeKubeconfig(f.Path, name, data, current)
	if err != nil {
		return &phase.Failure{Err: err, Next: []string{fmt.Sprintf("kubectl anywhere kubeconfig %s > %s.conf   # keeps it apart", name, name)}}
	}
	for _, line := range mergedWords(merged, name, f.Path) {
		s.narrate(line)
	}
	return nil
}

// writeKubeconfig adds the new cluster's context to the user's kubeconfig.
// Where that cannot be, the cluster is there all the same: what it takes to
// reach it is kept beside its state.
func (c *creation) writeKubeconfig(_ context.Context, report phase.Reporter) error {
	data, err := c.adminKubeconfig(c.out)
	if err != nil {
		return err
	}
	name, kept := c.cluster.Metadata.Name, c.dir.KubeconfigFile()
	merged, err := kube.MergeKubeconfig(c.kubeconfig, name, data, c.switchContext)
	if err != nil {
		report.Note("warning: %v", err)
		if err := c.dir.Keep(kept, data); err != nil {
			return err
		}
		report.Note("the kubeconfig of cluster %q is kept in %s", name, kept)
		c.kubeconfig = kept
		return nil
	}
	for _, line := range mergedWords(merged, name, c.kubeconfig) {
		report.Note("%s", line)
	}
	// What was issued to kubectl for an hour may be of an authority before.
	return errors.Join(c.dir.Forget(kept), c.dir.Forget(c.dir.CredentialFile()))
}
