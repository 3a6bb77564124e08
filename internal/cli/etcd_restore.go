package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/etcd"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

func newEtcdRestore(env Environment) *cobra.Command {
	flags := struct {
		clusterFlags
		Hosts   []string
		Yes     bool
		Timeout time.Duration
	}{}
	cmd := &cobra.Command{
		Use:   "restore FILE [NAME]",
		Short: "Bring a cluster back to what a file holds",
		Long: `Bring a cluster back to what a snapshot holds. All control planes are restored
from it together; what they had is moved aside on their disks, never deleted.

While that happens the API is down; pods go on running. What was changed in the
cluster since the snapshot is gone from it.

Without --yes it only shows what it would do, and exits with 2.`,
		Example: `  # What would be done?
  kubectl anywhere etcd restore before-upgrade.db

  # Do it
  kubectl anywhere etcd restore before-upgrade.db --yes

  # The other control planes are lost for good: go on with one, make them anew
  kubectl anywhere etcd restore saved.db --host anywhere-control-plane-1 --yes
  kubectl anywhere create`,
		Args: fileAndName,
		RunE: func(cmd *cobra.Command, args []string) error {
			info, err := verified(args[0])
			s, err := flags.openUnless(errors.Join(checkTimeout(flags.Timeout), err), env, cmd, args[1:], nil)
			if err != nil {
				return err
			}
			r, err := s.newRestore(cmd.Context(), args[0], info, flags.Hosts)
			if err != nil {
				return err
			}
			return r.do(cmd.Context(), flags.Yes, flags.Timeout)
		},
	}
	flags.addFlags(cmd)
	cmd.Flags().StringArrayVar(&flags.Hosts, "host", nil, "Only this control plane, where the others are lost (may be repeated)")
	cmd.Flags().BoolVar(&flags.Yes, "yes", false, "Do it")
	cmd.Flags().DurationVar(&flags.Timeout, "timeout", 10*time.Minute, "Longest wait for any one step")
	return cmd
}

// verified is what is known of a file, which is a whole snapshot.
func verified(file string) (etcd.Info, error) {
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return etcd.Info{}, &usageError{fmt.Errorf("there is no snapshot %q; 'kubectl anywhere etcd snapshot FILE' saves one", file)}
	}
	info, err := etcd.Verify(file)
	if err != nil {
		return info, &usageError{err}
	}
	return info, nil
}

// etcdRestore is one restore of a cluster.
type etcdRestore struct {
	*session
	out    target.Outputs
	runner *hostRunner
	file   string
	info   etcd.Info
	// hosts become the members; others are control planes left out.
	hosts, others []target.Host
	token         string
}

func (s *session) newRestore(ctx context.Context, file string, info etcd.Info, names []string) (*etcdRestore, error) {
	out, err := s.outputs(ctx)
	if err != nil {
		return nil, err
	}
	hosts, err := chosenControlPlanes(out, names)
	if err != nil {
		return nil, err
	}
	if len(hosts) == 0 {
		return nil, fmt.Errorf("the state of cluster %q names no control plane; 'kubectl anywhere create' makes them", s.cluster.Metadata.Name)
	}
	return &etcdRestore{
		session: s, out: out, runner: s.hostRunner(out).directly(), file: file, info: info, hosts: hosts,
		others: hostsThat(out, func(h target.Host) bool { return isControlPlane(h) && !slices.Contains(hosts, h) }),
		// Another one for every restore: members with the same token believe
		// that they belong together.
		token: s.cluster.Metadata.Name + "-" + time.Now().UTC().Format("20060102T150405Z"),
	}, nil
}

// members are those of the restored cluster, as the hosts are told.
func (r *etcdRestore) members() string {
	var all []string
	for _, host := range r.hosts {
		all = append(all, host.Name+"="+host.Address)
	}
	return strings.Join(all, ",")
}

// args restore one host.
func (r *etcdRestore) args(snapshot string, more ...string) []string {
	return append([]string{"etcd", "restore", "--snapshot", snapshot, "--members", r.members(), "--token", r.token, "--yes"}, more...)
}

func (r *etcdRestore) do(ctx context.Context, yes bool, timeout time.Duration) error {
	r.show()
	if !yes {
		return &usageError{errors.New("nothing was done: type --yes to do this")}
	}
	if _, reaches := r.target.(target.Reaching); !reaches {
		return r.byHand()
	}
	if err := phase.Run(ctx, r.plan(timeout), r.progress()); err != nil {
		return err
	}
	fmt.Fprintf(r.env.Out, "cluster %s is back at what %s holds\n", r.cluster.Metadata.Name, r.file)
	r.narrate("Next: kubectl anywhere status " + r.cluster.Metadata.Name)
	return nil
}

// show is the plan for people.
func (r *etcdRestore) show() {
	w := r.env.Out
	fmt.Fprintf(w, "Restore of cluster %s from %s\n", r.cluster.Metadata.Name, r.file)
	fmt.Fprintf(w, "  snapshot: %s, file of %s\n", r.info, r.info.Taken.UTC().Format("2006-01-02 15:04:05 MST"))
	fmt.Fprintln(w, "  the API server and etcd stop; etcd's data is moved aside, made from the")
	fmt.Fprintln(w, "  snapshot, and started again, on:")
	for _, host := range r.hosts {
		fmt.Fprintf(w, "    %s (%s)\n", host.Name, host.Address)
	}
	if len(r.others) > 0 {
		fmt.Fprintln(w, "  the API server and etcd stop where they can be reached, and are members no")
		fmt.Fprintln(w, "  more, on:")
	}
	for _, host := range r.others {
		fmt.Fprintf(w, "    %s (%s)\n", host.Name, host.Address)
	}
	fmt.Fprintln(w, "  what was changed in the cluster since the snapshot is gone from it")
}

// byHand tells what to type where the hosts can be reached only through the
// API, which a restore stops.
func (r *etcdRestore) byHand() error {
	line := r.runner.line(target.Command{Args: r.args("/root/snapshot.db")})
	failure := &phase.Failure{Err: fmt.Errorf("restoring etcd: hosts of target %q are reached through the API only, which stops meanwhile: "+
		"copy %s to each control plane as /root/snapshot.db, and type the line below on all of them at the same time", r.target.Name(), r.file)}
	for _, host := range r.hosts {
		failure.Next = append(failure.Next, line+"   # on "+host.Name)
	}
	return failure
}

// plan reaches all hosts before the first is stopped, stops all before the
// first is changed, and changes all before the first starts: at no time do old
// and new members run side by side.
func (r *etcdRestore) plan(timeout time.Duration) []phase.Phase {
	step := func(title string, run func(context.Context, phase.Reporter) error) phase.Phase {
		return phase.Phase{Title: title, Run: run, Deadline: timeout}
	}
	return []phase.Phase{
		step("Reaching the hosts", func(ctx context.Context, report phase.Reporter) error {
			return r.onAll(ctx, report, r.hosts, nil, "version")
		}),
		step("Stopping etcd on "+count(len(r.hosts), "control plane"), r.stop),
		step("Making etcd's data from the snapshot", r.restore),
		step("Starting etcd", func(ctx context.Context, report phase.Reporter) error {
			return r.onAll(ctx, report, r.hosts, nil, "etcd", "start")
		}),
		step("Waiting for the API", r.awaitAPI),
	}
}

func (r *etcdRestore) stop(ctx context.Context, report phase.Reporter) error {
	if err := r.onAll(ctx, report, r.others, nil, "etcd", "stop"); err != nil {
		if ctx.Err() != nil {
			return err
		}
		report.Note("not stopped, and left out: %v", err)
	}
	return r.onAll(ctx, report, r.hosts, nil, "etcd", "stop")
}

func (r *etcdRestore) restore(ctx context.Context, report phase.Reporter) error {
	open := func() (io.ReadCloser, error) { return os.Open(r.file) }
	return r.onAll(ctx, report, r.hosts, open, r.args("-", "--stay-stopped")...)
}

// onAll runs the same on some hosts at once, each with a stream of its own.
func (r *etcdRestore) onAll(ctx context.Context, report phase.Reporter, hosts []target.Host, open func() (io.ReadCloser, error), args ...string) error {
	failures := make([]error, len(hosts))
	var all sync.WaitGroup
	for i, host := range hosts {
		report.Wait(host.Name, "bootstrap "+strings.Join(args[:min(len(args), 2)], " "))
		all.Go(func() {
			command := target.Command{Args: args}
			if open != nil {
				stream, err := open()
				if err != nil {
					failures[i] = err
					return
				}
				defer func() { _ = stream.Close() }()
				command.Stdin = stream
			}
			failures[i] = r.runner.run(ctx, host, command)
		})
	}
	all.Wait()
	failures = slices.DeleteFunc(failures, func(err error) bool { return err == nil })
	if len(failures) == 1 {
		return failures[0] // with the log and what to type
	}
	return errors.Join(failures...)
}

// apiPause is between two looks at the API.
const apiPause = time.Second

func (r *etcdRestore) awaitAPI(ctx context.Context, report phase.Reporter) error {
	api, err := r.connect(r.out)
	if err != nil {
		return err
	}
	for {
		err := api.Healthz(ctx)
		if err == nil {
			return nil
		}
		report.Wait(r.out.Endpoint, err.Error())
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the API at %s: %w (%w)", r.out.Endpoint, err, ctx.Err())
		case <-time.After(apiPause):
		}
	}
}
