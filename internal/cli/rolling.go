package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// roll is an order in which what exists is changed, where all at once would
// take down more than one control plane, or have workers ask one that is not
// yet what they are told.
type roll struct {
	// planes are changed one after the other, and each only while all others
	// are healthy.
	planes []rolledPlane
	// last are the URNs of the workers, and of what makes them: no kubelet may
	// be newer than an API server, or ask one that does not know its authority.
	last []string
}

// rolledPlane is a control plane that is to be changed, and how.
type rolledPlane struct {
	host target.Host
	urns []string
}

// planeHealth is asked how the control planes are, between two of them.
type planeHealth interface {
	// answers is nil where the cluster's API serves.
	answers(ctx context.Context, out target.Outputs) error
	// lacks is the first thing that some control planes lack of health.
	lacks(ctx context.Context, out target.Outputs, planes []target.Host) (wait, error)
}

// answerTime is how long an API may take to answer before a roll begins:
// longer than a leader takes to change, or a balancer to find another server.
const answerTime = 30 * time.Second

// planRoll works out the order of the pending changes, before anything is
// touched. There is none where no control plane that exists is changed.
func (c *creation) planRoll(ctx context.Context, report phase.Reporter) error {
	c.order = roll{}
	if c.stack == nil || c.allAtOnce {
		return nil
	}
	outputs, err := c.stack.Outputs(ctx)
	if err != nil {
		return err
	}
	before, err := target.ParseOutputs(outputs)
	if err != nil {
		return nil // it was never complete: there is no service to keep up
	}
	recorded, err := c.stack.Resources(ctx)
	if err != nil {
		return err
	}
	order := rollOf(c.pending, before, recorded)
	if len(order.planes) == 0 {
		return nil
	}
	c.out = before
	keeps, err := c.keepsService(ctx, report)
	if err == nil && keeps {
		c.order = order
	}
	return err
}

// rollOf sorts pending changes of what exists.
func rollOf(pending []planned, before target.Outputs, recorded []engine.Resource) roll {
	var order roll
	changes := slices.DeleteFunc(slices.Clone(pending), func(p planned) bool { return p.Op == "create" })
	for _, host := range hostsThat(before, isControlPlane) {
		one := rolledPlane{host: host}
		for _, p := range changes {
			if p.Name == host.Name || p.Name == host.Name+etcdDiskSuffix {
				one.urns = append(one.urns, p.URN)
			}
		}
		if len(one.urns) > 0 {
			order.planes = append(order.planes, one)
		}
	}
	workers := workersOf(before, recorded)
	for _, p := range changes {
		if workers[p.URN] {
			order.last = append(order.last, p.URN)
		}
	}
	return order
}

// etcdDiskSuffix is what target.EtcdDiskName adds to the name of its host.
const etcdDiskSuffix = "-etcd"

// workersOf are the URNs of the workers, and of all that their groups are made
// from and no control plane is: their bundle, their template, their identity.
func workersOf(before target.Outputs, recorded []engine.Resource) map[string]bool {
	by := map[string]engine.Resource{}
	for _, r := range recorded {
		by[r.URN] = r
	}
	isPlane := func(r engine.Resource) bool {
		return slices.ContainsFunc(before.Hosts, func(h target.Host) bool { return isControlPlane(h) && h.Name == r.Name })
	}
	isWorker := func(r engine.Resource) bool {
		return slices.ContainsFunc(before.Hosts, func(h target.Host) bool { return !isControlPlane(h) && h.Name == r.Name }) ||
			slices.ContainsFunc(before.Pools, func(p target.Pool) bool { return r.ID != "" && p.Group == r.ID })
	}
	workers := madeFrom(by, isWorker)
	for of := range madeFrom(by, isPlane) {
		delete(workers, of)
	}
	return workers
}

// madeFrom are the URNs of the chosen resources and of all they are made from.
func madeFrom(by map[string]engine.Resource, chosen func(engine.Resource) bool) map[string]bool {
	all := map[string]bool{}
	var add func(urn string)
	add = func(urn string) {
		if all[urn] {
			return
		}
		all[urn] = true
		for _, other := range by[urn].DependsOn {
			add(other)
		}
	}
	for urn, r := range by {
		if chosen(r) {
			add(urn)
		}
	}
	return all
}

// keepsService tells whether there is a service that a roll would keep up. A
// cluster that never came up has none, nor has one whose only control plane is
// down. Of several that do not answer, the user is to judge: which of them may
// be taken down cannot be told.
func (c *creation) keepsService(ctx context.Context, report phase.Reporter) (bool, error) {
	reason := c.planeHealth().answers(ctx, c.out)
	planes := hostsThat(c.out, isControlPlane)
	if reason == nil || len(planes) == 1 {
		return reason == nil, nil
	}
	seen, err := c.target.Observe(ctx, c.cluster, target.Outputs{Hosts: planes})
	if err != nil {
		return false, err
	}
	if !slices.ContainsFunc(seen, func(o target.Observation) bool { return stage(o) == "" }) {
		return false, nil
	}
	limited, cancel := context.WithTimeout(ctx, min(answerTime, c.patience))
	defer cancel()
	err = phase.Poll(limited, c.pace(), report, func(ctx context.Context) (string, string, error) {
		if reason = c.planeHealth().answers(ctx, c.out); reason == nil {
			return "", "", nil
		}
		return c.out.Endpoint, reason.Error(), nil
	})
	report.Wait("", "")
	if err == nil || ctx.Err() != nil {
		return true, ctx.Err()
	}
	return false, refuse([]diag.Problem{{
		Message: fmt.Sprintf("control planes are changed one after the other, while the others serve, and the API at %s does not answer: %v", c.out.Endpoint, reason),
		Fix:     "mend the way to it; if the cluster is down anyway, add --all-at-once",
	}})
}

// planeHealth is the real one unless a test has given another.
func (c *creation) planeHealth() planeHealth {
	if c.health != nil {
		return c.health
	}
	return apiHealth{c}
}

// bringUp makes reality what the program declares: at once, or in the order
// that was planned.
func (c *creation) bringUp(ctx context.Context, report phase.Reporter) (engine.Changes, error) {
	if len(c.order.planes) == 0 {
		return c.stack.Up(ctx, c.target.Program(c.in), sink(report))
	}
	held := slices.Clone(c.order.last)
	for _, plane := range c.order.planes {
		held = append(held, plane.urns...)
	}
	total, err := c.upExcept(ctx, report, engine.Changes{}, held)
	if err != nil {
		return total, err
	}
	for i, plane := range c.order.planes {
		others := hostsThat(c.out, func(h target.Host) bool { return isControlPlane(h) && h.Name != plane.host.Name })
		if err := c.awaitPlanes(ctx, report, others); err != nil {
			return total, err
		}
		report.Note("changing control plane %s, the %s of %d", plane.host.Name, ordinal(i+1), len(c.order.planes))
		held = slices.DeleteFunc(held, func(urn string) bool { return slices.Contains(plane.urns, urn) })
		if total, err = c.upExcept(ctx, report, total, held); err != nil {
			return total, err
		}
	}
	// Workers, which ask any of them, come when all are as they are to be.
	if err := c.awaitPlanes(ctx, report, hostsThat(c.out, isControlPlane)); err != nil {
		return total, err
	}
	return c.upExcept(ctx, report, total, nil)
}

// upExcept brings up all but the held resources, adds up what changed, and
// learns how the cluster is reached now.
func (c *creation) upExcept(ctx context.Context, report phase.Reporter, total engine.Changes, held []string) (engine.Changes, error) {
	changed := total.Create + total.Update + total.Replace
	made, err := c.stack.UpExcept(ctx, c.target.Program(c.in), held, sink(report))
	total.Create += made.Create
	total.Update += made.Update
	total.Replace += made.Replace
	total.Delete += made.Delete
	// What an earlier part has changed is as wanted now.
	total.Same = max(0, made.Same-changed)
	if err != nil {
		return total, err
	}
	// A step of the authorities is taken once: Back would go back again.
	c.in.Rotation = ""
	outputs, err := c.stack.Outputs(ctx)
	if err != nil {
		return total, err
	}
	c.out, err = target.ParseOutputs(outputs)
	return total, err
}

// awaitPlanes waits until control planes are healthy, each for no longer than
// one phase may take.
func (c *creation) awaitPlanes(ctx context.Context, report phase.Reporter, planes []target.Host) error {
	limited, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	err := phase.Poll(limited, c.pace(), report, func(ctx context.Context) (string, string, error) {
		missing, err := c.planeHealth().lacks(ctx, c.out, planes)
		if err != nil {
			return c.retry(err)
		}
		return missing.host, missing.reason, nil
	})
	report.Wait("", "")
	if err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("waiting for the other control planes before the next is changed: %w", err)
	}
	return err
}

// ordinal is 1st, 2nd, 3rd, 4th, …: there are never more than a few.
func ordinal(n int) string {
	if n <= 3 {
		return []string{"1st", "2nd", "3rd"}[n-1]
	}
	return fmt.Sprintf("%dth", n)
}
