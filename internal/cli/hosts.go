package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// tokenLife is how long a host has to register once 'create' waits for it.
const tokenLife = time.Hour

// wait is what is waited for on a host; its reason is empty for nothing.
type wait struct {
	host, reason string
	// of is what to look at to learn more.
	of target.Outputs
}

func isControlPlane(h target.Host) bool { return h.Role == node.ControlPlane }

// hostsThat are the chosen hosts.
func hostsThat(out target.Outputs, chosen func(target.Host) bool) []target.Host {
	return slices.DeleteFunc(slices.Clone(out.Hosts), func(h target.Host) bool { return !chosen(h) })
}

// hostsWait returns the first wait of phase 2 among hosts and machines of
// pools. No others are looked at: a look is work for a host that has enough of
// it.
func (c *creation) hostsWait(ctx context.Context, among target.Outputs) (wait, error) {
	began := time.Now()
	seen, err := c.target.Observe(ctx, c.cluster, among)
	if err != nil {
		return wait{}, err
	}
	c.recordLook(seen, began)
	for _, o := range seen {
		if isRegistered(o) {
			continue
		}
		if reason := stage(o); reason != "" {
			return wait{host: o.Host.Name, reason: reason}, nil
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

// isRegistered tells that a host waits for nothing but the pod network, which
// the addons bring.
func isRegistered(o target.Observation) bool {
	return o.Status != nil && o.Status.State == node.Running && o.Status.Stage == node.StageReady
}

// missingNode returns the first host that is not the node it is to become, or
// the first pool that has not as many nodes as it is to have.
func (c *creation) missingNode(ctx context.Context) wait {
	nodes, err := c.api.Nodes(ctx)
	if err != nil {
		return wait{host: c.out.Endpoint, reason: err.Error()}
	}
	for _, h := range c.out.Hosts {
		if reason := c.lacks(nodes, h.Name); reason != "" {
			return wait{h.Name, reason, target.Outputs{Hosts: []target.Host{h}}}
		}
	}
	for _, p := range c.out.Pools {
		if missing := c.lacksOf(nodes, p); missing.reason != "" {
			return missing
		}
	}
	return wait{}
}

// lacks says what a host lacks of being a node.
func (c *creation) lacks(nodes []kube.Node, host string) string {
	for _, n := range nodes {
		switch {
		case n.Name != host:
		case n.Ready || !c.hasNetwork():
			return ""
		default:
			return "registered, not ready: " + n.Reason
		}
	}
	return "its kubelet to register"
}

// lacksOf is the wait for a pool's nodes. Of a pool that something else scales,
// only the fewest that it may have are waited for.
func (c *creation) lacksOf(nodes []kube.Node, p target.Pool) wait {
	wanted, done, registered := p.Count, 0, 0
	if p.Max > 0 {
		wanted = minimum(c.cluster, p.Name)
	}
	of := target.Outputs{Pools: []target.Pool{p}}
	first := wait{}
	for _, n := range nodes {
		if n.Pool != p.Name {
			continue
		}
		registered++
		if reason := c.lacks(nodes, n.Name); reason == "" {
			done++
		} else if first.reason == "" {
			first = wait{n.Name, reason, of}
		}
	}
	switch {
	case done >= wanted:
		return wait{}
	case registered < wanted:
		return wait{"pool " + p.Name, fmt.Sprintf("%d of %s registered", registered, count(wanted, "node")), of}
	}
	return first
}

func minimum(cluster *config.Cluster, pool string) int {
	for _, p := range cluster.Spec.Pools {
		if p.Name == pool {
			return p.Min
		}
	}
	return 0
}

// forgetGone takes nodes out of the cluster whose machines are gone: a pool
// that became smaller, a machine that its group has replaced. Only nodes that
// do not answer are asked for.
func (c *creation) forgetGone(ctx context.Context, report phase.Reporter) error {
	nodes, err := c.api.Nodes(ctx)
	if err != nil {
		return nil // whoever waits for the nodes will say so
	}
	nodes = slices.DeleteFunc(nodes, func(n kube.Node) bool {
		named := slices.ContainsFunc(c.out.Hosts, func(h target.Host) bool { return h.Name == n.Name })
		return n.Ready || n.ControlPlane || n.Pool == "" || named
	})
	if len(nodes) == 0 {
		return nil
	}
	// Hosts with a name need no look: what is not among them is gone.
	seen, err := c.target.Observe(ctx, c.cluster, target.Outputs{Pools: c.out.Pools})
	if err != nil {
		return err
	}
	for _, n := range nodes {
		if slices.ContainsFunc(seen, func(o target.Observation) bool { return o.Host.Name == n.Name }) {
			continue
		}
		if err := c.api.DeleteNode(ctx, n.Name); err != nil {
			return err
		}
		report.Note("node %s is out of the cluster: its machine is gone", n.Name)
	}
	return nil
}
