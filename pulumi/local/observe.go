package local

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/containerd/errdefs"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// logLines is how much of the first boot's log an observation carries.
const logLines = "20"

// Observe looks at all hosts at once.
func (t *Target) Observe(ctx context.Context, _ *config.Cluster, out target.Outputs) ([]target.Observation, error) {
	docker, err := t.connect()
	if err != nil {
		return nil, err
	}
	seen := make([]target.Observation, len(out.Hosts))
	failures := make([]error, len(out.Hosts))
	var all sync.WaitGroup
	for i, host := range out.Hosts {
		all.Go(func() { seen[i], failures[i] = observe(ctx, docker, host) })
	}
	all.Wait()
	for _, err := range failures {
		if err != nil {
			return nil, err
		}
	}
	return seen, nil
}

// observe looks at one host. A host that is gone or stopped is something seen,
// no failure to look.
func observe(ctx context.Context, docker Docker, host target.Host) (target.Observation, error) {
	seen := target.Observation{Host: host}
	found, err := docker.ContainerInspect(ctx, host.Name)
	switch {
	case errdefs.IsNotFound(err):
		seen.Before = "its container is gone; 'kubectl anywhere create' makes it again"
		return seen, nil
	case err != nil:
		return seen, fmt.Errorf("looking at host %q: %w", host.Name, err)
	case found.State == nil || !found.State.Running:
		seen.Before = fmt.Sprintf("its container is not running; 'kubectl anywhere create' or 'docker start %s' starts it", host.Name)
		return seen, nil
	}
	// By the field, not by --unit: systemd's own words about the unit are not
	// what one looks for.
	log, err := run(ctx, docker, host.Name, "journalctl", "_SYSTEMD_UNIT="+bootUnit, "--lines", logLines, "--output", "cat", "--no-pager", "--quiet")
	if err != nil {
		return unreachable(ctx, seen, err)
	}
	if text := strings.TrimSpace(log.Stdout); log.Code == 0 && text != "" {
		seen.Log = strings.Split(text, "\n")
	}
	status, err := run(ctx, docker, host.Name, "cat", node.StatusPath)
	if err != nil {
		return unreachable(ctx, seen, err)
	}
	read := node.Status{}
	if status.Code == 0 && json.Unmarshal([]byte(status.Stdout), &read) == nil {
		seen.Status = &read
		return seen, nil
	}
	seen.Before = "booting"
	if len(seen.Log) > 0 {
		seen.Before = seen.Log[len(seen.Log)-1]
	}
	// The status is gone with a restart, and what it said last stays true: the
	// first boot is not run again because it went through.
	if strings.HasPrefix(seen.Before, bootedBefore) {
		seen.Before, seen.Status = "", &node.Status{State: node.Done, Stage: node.StageReady}
	}
	return seen, nil
}

// bootedBefore begins what a host says that was restarted after its first boot
// (hostimage/rootfs/usr/local/lib/user-data/run).
const bootedBefore = "user-data: already run for instance"

// unreachable is a host in which nothing runs although it did a moment ago: it
// is on its way down or up. Only the caller's own end is a failure.
func unreachable(ctx context.Context, seen target.Observation, err error) (target.Observation, error) {
	if ctx.Err() != nil {
		return seen, err
	}
	seen.Before = err.Error()
	return seen, nil
}
