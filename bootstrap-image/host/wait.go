package host

import (
	"context"
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// wait is something that becomes true by itself, or does not.
type wait struct {
	what  string
	ready func(context.Context) error
	// reasons says each new reason why it is not ready, as it comes.
	reasons bool
	// pause is between two looks where the host's own is too short.
	pause time.Duration
	// tail is the end of the log of what is waited for; next is what to type.
	tail func(context.Context) []string
	next string
}

// until looks again and again, and gives up with the reason and the log.
func (r *run) until(ctx context.Context, w wait) error {
	limited, cancel := context.WithTimeout(ctx, r.Patience)
	defer cancel()
	err := w.ready(limited)
	if err == nil {
		return nil
	}
	said := r.sayWaiting(w, err, "")
	for err != nil {
		select {
		case <-limited.Done():
			if ctx.Err() != nil {
				return fmt.Errorf("waiting for %s: %w", w.what, ctx.Err())
			}
			return &failure{
				err: fmt.Errorf("waiting for %s%s: not there after %s: %w (%w); see %s",
					w.what, r.where(), r.Patience, err, limited.Err(), w.next),
				tail: w.tail(ctx),
			}
		case <-time.After(max(r.Pause, w.pause)):
			err = keepReason(w.ready(limited), err, limited)
			said = r.sayWaiting(w, err, said)
		}
	}
	r.report.waiting("")
	return nil
}

// sayWaiting says what is waited for, and why where that helps, unless it was
// said before.
func (r *run) sayWaiting(w wait, err error, said string) string {
	what := w.what
	if err == nil {
		return said
	}
	if w.reasons {
		what = fmt.Sprintf("%s: %v", w.what, err)
	}
	if what != said {
		r.report.waiting(what)
	}
	return what
}

// where is the host, once it knows its name.
func (r *run) where() string {
	if r.self.Name == "" {
		return ""
	}
	return " on " + r.self.Name
}

// keepReason keeps the reason of the look before when the last one only says
// that time was up.
func keepReason(err, before error, ctx context.Context) error {
	if err != nil && ctx.Err() != nil {
		return before
	}
	return err
}

// healthy is a look at a health endpoint.
func (r *run) healthy(url string, authority []byte) func(context.Context) error {
	return func(ctx context.Context) error { return r.Prober.Healthy(ctx, url, authority) }
}

func (r *run) waitForKubelet(ctx context.Context) error {
	return r.until(ctx, wait{
		what:  "the kubelet to answer",
		ready: r.healthy(node.KubeletHealth, nil),
		tail:  func(ctx context.Context) []string { return r.journal(ctx, node.KubeletUnit) },
		next:  "journalctl -u " + node.KubeletUnit,
	})
}

func (r *run) waitForEtcd(ctx context.Context) error { return r.waitFor(ctx, node.EtcdHealth()) }

func (r *run) waitForAPI(ctx context.Context) error { return r.waitFor(ctx, node.APIHealth()) }

func (r *run) waitForControllers(ctx context.Context) error {
	return r.waitFor(ctx, node.ControllerHealth())
}

// waitFor follows static pods in the order in which they need each other. A
// worker has none.
func (r *run) waitFor(ctx context.Context, components []node.Component) error {
	if !r.isControlPlane() {
		return nil
	}
	for _, component := range components {
		var authority []byte
		if component.Verified {
			authority = []byte(r.bundle.Credentials.CA.Certificate)
		}
		if err := r.until(ctx, wait{
			what:  component.Name + " to be ready",
			ready: r.healthy(component.URL, authority),
			tail:  func(ctx context.Context) []string { return r.podLog(ctx, component.Name) },
			next:  fmt.Sprintf("%s, and journalctl -u %s", r.podLogs(component.Name), node.KubeletUnit),
		}); err != nil {
			return err
		}
	}
	return nil
}

// podLogs is where the host keeps the logs of a static pod.
func (r *run) podLogs(component string) string {
	return path.Join("/var/log/pods", fmt.Sprintf("kube-system_%s-%s_*", component, r.self.Name), component, "*.log")
}

// podLog is the end of the newest log of a static pod, or the kubelet's where
// the pod has not come so far.
func (r *run) podLog(ctx context.Context, component string) []string {
	logs, err := r.root.glob(r.podLogs(component))
	if err != nil || len(logs) == 0 {
		return r.journalAbout(ctx, node.KubeletUnit, component)
	}
	newest := slices.MaxFunc(logs, func(a, b string) int { return r.root.modified(a).Compare(r.root.modified(b)) })
	content, err := r.root.read(newest)
	if err != nil {
		return []string{fmt.Sprintf("(no log: %v)", err)}
	}
	return tail(content, logLines)
}
