package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// ErrNotConfirmed is a reset that only said what it would take away.
var ErrNotConfirmed = errors.New("nothing was taken away: add --yes to do so")

// ResetOptions is all that making a host a blank one depends on.
type ResetOptions struct {
	// HostRoot is where the root of the host is mounted.
	HostRoot string
	// Yes takes away what is listed; without it there is only the list.
	Yes bool
	// Force goes on where a control plane cannot leave its cluster in good
	// order, as when the whole cluster goes.
	Force bool
	// Out gets the list, Log a line for every step.
	Out, Log io.Writer

	Runner Runner
	Leaver Leaver
}

// reset is one run of it.
type reset struct {
	ResetOptions
	root root
	plan resetPlan
}

// Reset takes away all that was put on a host, and nothing else: it goes by
// the record that every apply keeps. A run that was killed is finished by the
// next; on a host with nothing of ours it does nothing.
func Reset(ctx context.Context, o ResetOptions) error {
	root, err := openRoot(o.HostRoot)
	if err != nil {
		return err
	}
	defer root.close()
	unlock, err := root.lock(lockPath)
	if err != nil {
		return err
	}
	defer unlock()
	r := &reset{ResetOptions: o, root: root}
	if err := r.makePlan(ctx); err != nil {
		return err
	}
	if r.plan.isEmpty() {
		_ = root.removeIfEmpty(stateFolder)
		if o.Yes {
			_ = root.root.RemoveAll(rel(path.Dir(lockPath))) // of an apply that was refused
		}
		_, err := fmt.Fprintln(o.Out, "nothing of kubernetes-anywhere is on this host")
		return err
	}
	if err := r.plan.print(o.Out); err != nil {
		return err
	}
	if !o.Yes {
		return ErrNotConfirmed
	}
	return r.run(ctx)
}

// run is the order in which things depend on each other. The record goes last,
// so that until then the next run knows what is left to do.
func (r *reset) run(ctx context.Context) error {
	for _, step := range []struct {
		what string
		run  func(context.Context) error
	}{
		{"stopping the node's services", r.stopUnits},
		{"leaving the cluster", r.leave},
		{"ending the pods", r.endPods},
		{"unmounting what was the pods'", r.unmount},
		{"removing the pod network", r.removeNetwork},
		{"removing data", r.removeData},
		{"removing files, and putting back what they replaced", r.putBack},
		{"putting back kernel settings", r.putBackSettings},
	} {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("%s: %w; run the same command again to go on", step.what, err)
		}
		r.say("%s", step.what)
		if err := step.run(ctx); err != nil {
			return fmt.Errorf("%s: %w; run the same command again to go on", step.what, err)
		}
	}
	if err := r.restartContainerd(ctx); err != nil {
		return err
	}
	if err := r.removeState(); err != nil {
		return err
	}
	r.say("done: this host is what it was before")
	return nil
}

// restartLater is how long after the end of a reset containerd is restarted.
const restartLater = "5s"

// restartContainerd has the host do so once this program is gone: where Docker
// is bound to containerd that would end it, and where Docker is not, a container
// that ends while containerd is away runs for good in Docker's eyes.
func (r *reset) restartContainerd(ctx context.Context) error {
	if !r.plan.restartContainerd {
		return nil
	}
	_, err := r.onHost(ctx, "systemd-run", "--collect", "--on-active="+restartLater, "--timer-property=AccuracySec=100ms",
		"systemctl", "restart", "containerd.service")
	if err != nil {
		return fmt.Errorf("restarting containerd with its former configuration: %w; type: systemctl restart containerd", err)
	}
	r.say("containerd restarts with its former configuration in %s", restartLater)
	return nil
}

func (r *reset) say(format string, args ...any) {
	_, _ = fmt.Fprintf(r.Log, "reset: "+format+"\n", args...)
}

func (r *reset) onHost(ctx context.Context, name string, args ...string) ([]byte, error) {
	return r.Runner.Run(ctx, Command{OnHost: true, Name: name, Args: args})
}

// try runs a command whose failure means that there was nothing to do, or that
// the rest must be done all the same.
func (r *reset) try(ctx context.Context, name string, args ...string) {
	if _, err := r.onHost(ctx, name, args...); err != nil {
		r.say("  %v", err)
	}
}

// stopUnits stops what would bring back the rest, mounts excepted: what is in
// them goes first.
func (r *reset) stopUnits(ctx context.Context) error {
	for _, unit := range r.plan.units {
		if isMount(unit) {
			continue
		}
		if err := r.stop(ctx, unit); err != nil {
			return err
		}
		_, _ = r.onHost(ctx, "systemctl", "disable", "--quiet", unit) // many are never enabled
	}
	// The kubelet's container outlives a service that was killed.
	if r.plan.rec.Engine != "" {
		_, _ = r.onHost(ctx, r.plan.rec.Engine, "rm", "--force", "kubelet")
	}
	return nil
}

// stop stops a unit; one whose file is gone was stopped before.
func (r *reset) stop(ctx context.Context, unit string) error {
	_, err := r.onHost(ctx, "systemctl", "stop", unit)
	if !r.root.isThere(unitsFolder + unit) {
		return nil
	}
	return err
}

// leave takes a control plane out of its cluster.
func (r *reset) leave(ctx context.Context) error {
	if r.plan.rec.Role != node.ControlPlane || r.Leaver == nil {
		return nil
	}
	said, err := r.Leaver.Leave(ctx, r.HostRoot)
	for _, line := range said {
		r.say("  %s", line)
	}
	if err != nil && r.Force {
		r.say("  %v", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w; where the whole cluster goes, --force leaves this out", err)
	}
	return nil
}
