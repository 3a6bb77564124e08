package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/etcd"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

func newEtcdSnapshot(env Environment) *cobra.Command {
	flags := &clusterFlags{}
	cmd := &cobra.Command{
		Use:   "snapshot FILE [NAME]",
		Short: "Save all that a cluster stores to a file",
		Long: `Save all that a cluster stores to a file, which only you may read: it holds the
cluster's Secrets as etcd does, encrypted with a key that is on the control
planes.

The file gets its name only when it is whole: its content matches the sum that
etcd wrote behind it, and it was opened for a test.`,
		Example: `  # Save it
  kubectl anywhere etcd snapshot before-upgrade.db`,
		Args: fileAndName,
		RunE: func(cmd *cobra.Command, args []string) error {
			file := args[0]
			if _, err := os.Lstat(file); err == nil {
				return &usageError{fmt.Errorf("%s is there already, and is not overwritten: name another file", file)}
			}
			s, err := flags.open(env, cmd, args[1:], nil)
			if err != nil {
				return err
			}
			return s.etcdSnapshot(cmd.Context(), file)
		},
	}
	flags.addFlags(cmd)
	return cmd
}

// fileAndName takes a file and at most the name of one cluster.
func fileAndName(cmd *cobra.Command, args []string) error {
	if len(args) == 1 || len(args) == 2 {
		return nil
	}
	return &usageError{fmt.Errorf("%s takes a file and, if you have several clusters, the name of one\nSee '%s --help'",
		cmd.CommandPath(), cmd.CommandPath())}
}

func (s *session) etcdSnapshot(ctx context.Context, file string) error {
	out, err := s.outputs(ctx)
	if err != nil {
		return err
	}
	return s.saveSnapshot(ctx, out, file)
}

// saveSnapshot makes the file, or nothing.
func (s *session) saveSnapshot(ctx context.Context, out target.Outputs, file string) error {
	// A file that nobody else may read from its first byte on.
	part, err := os.CreateTemp(filepath.Dir(file), ".snapshot-*.part")
	if err != nil {
		return fmt.Errorf("writing the snapshot %q: %w", file, err)
	}
	defer func() { _ = part.Close(); _ = os.Remove(part.Name()) }()
	from, err := s.fetchSnapshot(ctx, out, part)
	if err != nil {
		return err
	}
	if err := errors.Join(part.Sync(), part.Close()); err != nil {
		return fmt.Errorf("writing the snapshot %q: %w", file, err)
	}
	info, err := etcd.Verify(part.Name())
	if err != nil {
		return err
	}
	// A link, unlike a rename, takes no other file's place.
	if err := os.Link(part.Name(), file); errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("naming the snapshot %q: it is there now, and is not overwritten", file)
	} else if err != nil {
		if err := os.Rename(part.Name(), file); err != nil { // no links there
			return fmt.Errorf("naming the snapshot %q: %w", file, err)
		}
	}
	fmt.Fprintf(s.env.Out, "snapshot of cluster %s by %s in %s: %s\n", s.cluster.Metadata.Name, from.Name, file, info)
	s.narrate("Next: kubectl anywhere etcd restore " + quote(file) + " " + s.cluster.Metadata.Name + "   # shows what that would do")
	return nil
}

// fetchSnapshot has the first control plane that can write one to a file.
func (s *session) fetchSnapshot(ctx context.Context, out target.Outputs, file *os.File) (target.Host, error) {
	runner := s.hostRunner(out)
	return runner.firstOf(ctx, hostsThat(out, isControlPlane), func(host target.Host) error {
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		if err := file.Truncate(0); err != nil {
			return err
		}
		return runner.run(ctx, host, target.Command{Args: []string{"etcd", "snapshot", "--to", "-"}, Stdout: file})
	})
}
