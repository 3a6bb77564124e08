package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// tokenLife is how long a host has to register once 'create' waits for it.
const tokenLife = time.Hour

// wait is what is waited for on a host; its reason is empty for nothing.
type wait struct{ host, reason string }

func isControlPlane(h target.Host) bool { return h.Role == node.ControlPlane }

// hostsWait returns the first wait of phase 2 among the chosen hosts. The
// others are not looked at: a look is work for a host that has enough of it.
func (c *creation) hostsWait(ctx context.Context, chosen func(target.Host) bool) (wait, error) {
	out := c.out
	out.Hosts = slices.DeleteFunc(slices.Clone(out.Hosts), func(h target.Host) bool { return !chosen(h) })
	seen, err := c.target.Observe(ctx, c.cluster, out)
	if err != nil {
		return wait{}, err
	}
	for _, o := range seen {
		if reason := stage(o); reason != "" {
			return wait{o.Host.Name, reason}, nil
		}
	}
	return wait{}, nil
}

// stage says how far a host's bootstrap is, or nothing when it is done.
func stage(o target.Observation) string {
	s := o.Status
	switch {
	case s == nil:
		return o.Before
	case s.State == node.Done:
		return ""
	case s.State == node.Failed:
		return fmt.Sprintf("stage %d of %d, %s: failed, will be tried again: %s", s.N, s.Stages, s.Stage, s.Error)
	case s.Waiting != "":
		return fmt.Sprintf("stage %d of %d, %s: %s", s.N, s.Stages, s.Stage, s.Waiting)
	}
	return fmt.Sprintf("stage %d of %d, %s", s.N, s.Stages, s.Stage)
}

// missingNode returns the first host that is not the node it is to become.
func (c *creation) missingNode(ctx context.Context) wait {
	nodes, err := c.api.Nodes(ctx)
	if err != nil {
		return wait{c.out.Endpoint, err.Error()}
	}
	unready := map[string]string{}
	for _, n := range nodes {
		unready[n.Name] = ""
		if !n.Ready && c.hasNetwork() {
			unready[n.Name] = "registered, not ready: " + n.Reason
		}
	}
	for _, h := range c.out.Hosts {
		reason, registered := unready[h.Name]
		if !registered {
			reason = "its kubelet to register"
		}
		if reason != "" {
			return wait{h.Name, reason}
		}
	}
	return wait{}
}
