package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// tokenLife is how long a host has to register once 'create' waits for it.
const tokenLife = time.Hour

// wait is what is waited for on a host; its reason is empty for nothing.
type wait struct{ host, reason string }

func isControlPlane(h target.Host) bool { return h.Role == node.ControlPlane }

// hostsWait returns the first wait of phase 2 among the chosen hosts.
func (c *creation) hostsWait(ctx context.Context, chosen func(target.Host) bool) (wait, error) {
	seen, err := c.target.Observe(ctx, c.cluster, c.out)
	if err != nil {
		return wait{}, err
	}
	for _, o := range seen {
		if !chosen(o.Host) {
			continue
		}
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

// missingNode returns the first host that is no Ready node yet.
func (c *creation) missingNode(ctx context.Context) (wait, error) {
	nodes, err := c.api.Nodes(ctx)
	if err != nil {
		return wait{c.out.Endpoint, err.Error()}, nil
	}
	reasons := map[string]string{}
	for _, n := range nodes {
		reasons[n.Name] = "ready"
		if !n.Ready {
			reasons[n.Name] = "registered, not ready: " + n.Reason
		}
	}
	for _, h := range c.out.Hosts {
		switch reason, ok := reasons[h.Name]; {
		case !ok:
			return wait{h.Name, "its kubelet to register"}, nil
		case reason != "ready":
			return wait{h.Name, reason}, nil
		}
	}
	return wait{}, nil
}

// renewToken lets hosts that have not registered do so: the token that they
// were given may have run out since the control plane started.
func (c *creation) renewToken(ctx context.Context) error {
	missing, err := c.missingNode(ctx)
	if err != nil || missing.reason == "" {
		return err
	}
	return c.api.EnsureBootstrapToken(ctx, c.out.BootstrapToken, tokenLife)
}

// failingLog is the end of the log of the first host that is not done. It has
// a deadline of its own: the one that passed brought us here.
func (c *creation) failingLog() (string, []string) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	seen, err := c.target.Observe(ctx, c.cluster, c.out)
	if err != nil {
		return "", nil
	}
	for _, o := range seen {
		if stage(o) == "" {
			continue
		}
		if o.Status != nil && len(o.Status.LogTail) > 0 {
			return o.Host.Name, o.Status.LogTail
		}
		return o.Host.Name, o.Log
	}
	return "", nil
}
