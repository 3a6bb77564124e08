package cli

import (
	"context"
	"fmt"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// preflight finds what would make a later phase fail, while nothing is touched.
func (c *creation) preflight(ctx context.Context, report phase.Reporter) error {
	defer c.hear(report)()
	problems := c.nameInUse()
	in, err := c.inputs()
	if err != nil {
		return err
	}
	c.in = in
	problems = append(problems, c.target.Preflight(ctx, in)...)
	problems = append(problems, c.imagesCanBeHad(ctx)...)
	return refuse(problems)
}

// imagesCanBeHad tells hosts that would wait for an image that never comes
// from those that load an archive, or whose registry answers this machine.
func (c *creation) imagesCanBeHad(ctx context.Context) []diag.Problem {
	if c.in.ImageArchive != "" {
		return nil
	}
	err := c.env.Reachable(ctx, c.in.BootstrapImage)
	if err == nil {
		return nil
	}
	if _, pulls := c.target.(target.Pulling); pulls {
		return []diag.Problem{{
			Path:    "spec.images.registry",
			Message: fmt.Sprintf("hosts of target %q pull their images, and the one of phase 2 cannot be pulled: %v", c.target.Name(), err),
			Fix:     "name a registry that holds the images and that the hosts reach",
		}}
	}
	needs, unknown := c.needs()
	if unknown != nil {
		return []diag.Problem{{Message: unknown.Error()}}
	}
	return []diag.Problem{noArchive(needs, err)}
}

// sparesControlPlane refuses a change of the config that would take away what
// the cluster is kept in, unless the user has said that it may. What it finds
// to be pending serves all that follows: each such look costs seconds.
func (c *creation) sparesControlPlane(ctx context.Context, report phase.Reporter) error {
	stack, err := c.existing(ctx, noted(report))
	if err != nil {
		return err
	}
	c.stack = stack
	if err := c.stateAsPlanned(ctx); err != nil || stack == nil {
		return err
	}
	report.Wait("", "the state to be compared with what exists")
	if _, err := stack.Refresh(ctx, nil, sink(report)); err != nil {
		return err
	}
	if c.first, err = c.plan(ctx, stack, c.in); err != nil {
		return err
	}
	c.pending = c.first.Changes
	if c.replaceControlPlane {
		return nil
	}
	problems, err := c.fixed()
	if err != nil {
		return err
	}
	for _, p := range c.pending {
		if p.Destroys == "" {
			continue
		}
		problems = append(problems, diag.Problem{
			Path:    "spec",
			Message: p.Loss(),
			Fix:     "undo the change of the config; if that may be lost, add --replace-control-plane",
		})
	}
	return refuse(problems)
}

// noted sends what is said to a phase's reporter.
func noted(report phase.Reporter) func(string) {
	return func(text string) { report.Note("%s", text) }
}

// isKept tells what is lost with a resource that is replaced or deleted, or
// nothing where it can be made again as it was. Where etcd has disks of its
// own, its data outlives the machines.
func isKept(cluster, typ, name string, disks bool) string {
	if typ == credentialsType {
		return "every certificate and key of the cluster"
	}
	for n := range target.MostControlPlanes {
		switch {
		case name == target.EtcdDiskName(cluster, n+1):
			return "what etcd keeps on it"
		case name == target.ControlPlaneName(cluster, n+1) && disks:
			return "service while it is made again (etcd's data stays on its own disk)"
		case name == target.ControlPlaneName(cluster, n+1):
			return "what etcd keeps on it"
		}
	}
	return ""
}
