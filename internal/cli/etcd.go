package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/etcd"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

func newEtcd(env Environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "etcd",
		Short: "Look at what holds a cluster's data, save it and bring it back",
		Long: `Look at etcd, which holds all that a cluster stores; save it to a file; bring it
back from one.

Each control plane also takes snapshots of its own, every six hours by default,
and keeps eight of them in /var/lib/kubernetes-anywhere/snapshots.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newEtcdStatus(env), newEtcdSnapshot(env), newEtcdRestore(env))
	return cmd
}

func newEtcdStatus(env Environment) *cobra.Command {
	flags := clusterFlags{}
	output := ""
	cmd := &cobra.Command{
		Use:   "status [NAME]",
		Short: "Show the members of etcd and how they are",
		Example: `  # Show the members, which of them leads, and how much each stores
  kubectl anywhere etcd status`,
		Args: atMostName,
		RunE: flags.with(env, &output, func(s *session, ctx context.Context) error { return s.etcdStatus(ctx, output) }),
	}
	flags.addFlags(cmd)
	addOutputFlag(cmd, &output)
	return cmd
}

// etcdMembers is what 'etcd status -o json' prints.
type etcdMembers struct {
	Name    string              `json:"name"`
	Members []etcd.MemberStatus `json:"members"`
}

func (s *session) etcdStatus(ctx context.Context, output string) error {
	out, err := s.outputs(ctx)
	if err != nil {
		return err
	}
	members, err := s.hostRunner(out).etcdMembers(ctx, hostsThat(out, isControlPlane))
	if err != nil {
		return err
	}
	if output != "" {
		return printData(s.env, output, "EtcdStatus", etcdMembers{Name: s.cluster.Metadata.Name, Members: members})
	}
	w := newTable(s.env.Out, "MEMBER", "ROLE", "SIZE", "REVISION", "VERSION", "STATE")
	for _, m := range members {
		fmt.Fprintf(w, "%s\t%s\t%.1f MB\t%d\t%s\t%s\n", m.Name, m.Role(), float64(m.DBSize)/1e6, m.Revision, m.Version, m.State())
	}
	return w.Flush()
}

// etcdMembers asks the first control plane that can tell.
func (r *hostRunner) etcdMembers(ctx context.Context, hosts []target.Host) ([]etcd.MemberStatus, error) {
	var said bytes.Buffer
	if _, err := r.firstOf(ctx, hosts, func(host target.Host) error {
		said.Reset()
		return r.run(ctx, host, target.Command{Args: []string{"etcd", "status", "-o", "json"}, Stdout: &said})
	}); err != nil {
		return nil, err
	}
	var found etcdMembers
	if err := json.Unmarshal(said.Bytes(), &found); err != nil {
		return nil, fmt.Errorf("reading what etcd says: %w", err)
	}
	return found.Members, nil
}

// firstOf does something on one host after the other until it goes well.
func (r *hostRunner) firstOf(ctx context.Context, hosts []target.Host, do func(target.Host) error) (target.Host, error) {
	var problems []error
	for _, host := range hosts {
		err := do(host)
		if err == nil {
			return host, nil
		}
		if ctx.Err() != nil {
			return target.Host{}, err
		}
		problems = append(problems, err)
	}
	switch len(problems) {
	case 0:
		return target.Host{}, errors.New("the cluster's state names no control plane")
	case 1:
		return target.Host{}, problems[0] // with the log and what to type
	}
	return target.Host{}, errors.Join(problems...)
}
