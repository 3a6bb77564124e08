package baremetal

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// Observe looks at all hosts, as many at a time as may be worked on.
func (t *Target) Observe(ctx context.Context, cluster *config.Cluster, out target.Outputs) ([]target.Observation, error) {
	seen := make([]target.Observation, len(out.Hosts))
	var all sync.WaitGroup
	var places gate
	for i, host := range out.Hosts {
		all.Go(func() {
			seen[i] = target.Observation{Host: host, Before: "not looked at"}
			leave, err := places.enter(ctx, mostParallel)
			if err != nil {
				return
			}
			defer leave()
			seen[i] = t.observe(ctx, cluster, host)
		})
	}
	all.Wait()
	return seen, ctx.Err()
}

// observe looks at one host. A host that does not answer is something seen, no
// failure to look.
func (t *Target) observe(ctx context.Context, cluster *config.Cluster, host target.Host) target.Observation {
	seen := target.Observation{Host: host}
	m, found := find(cluster, host.Name)
	if !found {
		seen.Before = fmt.Sprintf("spec.baremetal.hosts does not name it any more; '%s' brings the state up to date", "kubectl anywhere create")
		return seen
	}
	on, err := t.connect(ctx, m.reach)
	if err != nil {
		seen.Before = err.Error()
		return seen
	}
	defer func() { _ = on.Close() }()
	out, err := script(ctx, on, statusScript, nil, node.StatusPath)
	if err != nil {
		seen.Before = err.Error()
		return seen
	}
	read := node.Status{}
	if out != "" && json.Unmarshal([]byte(out), &read) == nil {
		seen.Status = &read
		return seen
	}
	return t.restarted(ctx, on, seen)
}

// restarted is a host without a status: the file does not outlive a reboot,
// and a node does.
func (*Target) restarted(ctx context.Context, on shell, seen target.Observation) target.Observation {
	if _, err := script(ctx, on, "systemctl is-active --quiet "+node.KubeletUnit, nil); err == nil {
		seen.Status = &node.Status{State: node.Done}
		return seen
	}
	seen.Before = "the bootstrap has not run since the host was started, and there is no kubelet; 'kubectl anywhere create' runs it"
	return seen
}

// Run runs a command as root on a host.
func (t *Target) Run(ctx context.Context, cluster *config.Cluster, host target.Host, command target.Command) error {
	m, found := find(cluster, host.Name)
	if !found {
		return fmt.Errorf("running a command on host %q: spec.baremetal.hosts has none of that name", host.Name)
	}
	on, err := t.connect(ctx, m.reach)
	if err != nil {
		return fmt.Errorf("running a command on host %q: %w", host.Name, err)
	}
	defer func() { _ = on.Close() }()
	return on.Run(ctx, command)
}
