package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/health"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

const (
	// hostLimit is how long a host may take to compare its files: where that is
	// done by a pod, the pod has to start.
	hostLimit = 45 * time.Second
	// mostHosts is how many hosts are asked for their files, control planes
	// first; those of one pool are alike.
	mostHosts = 50
)

// addDrift looks for what is not as the config, or the last create, has it: by
// the plan of all three phases, and by asking the hosts for their files. Where
// there is no plan, the report says so, and has what hosts say nevertheless.
func (s *session) addDrift(ctx context.Context, out target.Outputs, report *health.Report) error {
	report.Drift = &health.Drift{Found: []health.Difference{}}
	p, failure := s.wholePlan(ctx, true)
	if failure == nil {
		drift, unknown := health.DriftOf(p)
		report.Drift = drift
		report.Unknown = append(report.Unknown, unknown...)
	} else {
		report.Unknown = append(report.Unknown, health.Unknown{What: "drift of resources and addons", Why: failure.Error()})
	}
	found, unknown := s.hostFiles(ctx, out, report)
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("asking hosts for their files: %w", err)
	}
	report.Drift.Found = append(report.Drift.Found, found...)
	report.Unknown = append(report.Unknown, unknown...)
	return failure
}

// hostFiles has every host compare its files with what was written there last.
func (s *session) hostFiles(ctx context.Context, out target.Outputs, report *health.Report) ([]health.Difference, []health.Unknown) {
	var unknown []health.Unknown
	hosts, err := s.machines(ctx, out)
	if err != nil {
		hosts = slices.Clone(out.Hosts)
		unknown = append(unknown, health.Unknown{What: "files of the pools' hosts", Why: inShort(err, hostLimit)})
	}
	// Without a node to run on, or a host to reach, there is only a wait.
	hosts = slices.DeleteFunc(hosts, func(h target.Host) bool {
		down := slices.ContainsFunc(report.Nodes, func(n health.Node) bool { return n.Name == h.Name && !n.Ready })
		if down {
			unknown = append(unknown, health.Unknown{What: "files of " + h.Name, Why: "it is not ready"})
		}
		return down
	})
	if more := len(hosts) - mostHosts; more > 0 {
		unknown = append(unknown, health.Unknown{What: "files of " + count(more, "host"), Why: fmt.Sprintf("no more than %d are asked", mostHosts)})
		hosts = hosts[:mostHosts]
	}
	r := s.hostRunner(out).directly()
	found := make([]node.Drift, len(hosts))
	failures := make([]error, len(hosts))
	someAtOnce(hosts, func(i int, host target.Host) {
		ctx, cancel := context.WithTimeout(ctx, hostLimit)
		defer cancel()
		found[i], failures[i] = askHost[node.Drift](ctx, r, host, "drift")
	})
	var differences []health.Difference
	for i, host := range hosts {
		if failures[i] != nil {
			unknown = append(unknown, health.Unknown{What: "files of " + host.Name, Why: lastSaid(failures[i])})
			continue
		}
		for _, file := range found[i].Files {
			differences = append(differences, differenceOf(host.Name, file))
		}
	}
	return differences, unknown
}

func differenceOf(host string, file node.FileDrift) health.Difference {
	d := health.Difference{Phase: health.Bootstrap, Of: "host " + host, What: file.Path + " " + file.What, Wanted: file.Wanted, Is: file.Is}
	if !strings.HasPrefix(file.What, "is ") && file.Is != "" {
		d.What = file.Path + " has another " + file.What
	}
	if file.What == "content" {
		d.What = file.Path + " has other content than the last apply wrote"
		d.Wanted, d.Is = "sha256 "+file.Wanted[:min(12, len(file.Wanted))], "sha256 "+file.Is[:min(12, len(file.Is))]
	}
	return d
}

// lastSaid is why a host could not be asked: the last it said, where it said
// anything, or what lies at the bottom of the error.
func lastSaid(err error) string {
	var failure *phase.Failure
	if errors.As(err, &failure) && len(failure.Log) > 0 {
		return strings.TrimPrefix(failure.Log[len(failure.Log)-1], "bootstrap: ")
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return inShort(err, hostLimit)
	}
	for {
		below := errors.Unwrap(err)
		if below == nil {
			return err.Error()
		}
		err = below
	}
}
