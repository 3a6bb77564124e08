package cli

import (
	"context"
	"errors"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

const (
	// lookEvery is the pace at which hosts that come up are looked at: a look
	// runs a program on each.
	lookEvery = time.Second
	// lookRarely is that pace where a look asks a cloud, which counts them, and
	// whose consoles are seconds behind.
	lookRarely = 5 * time.Second
	// askEvery is the pace at which the API alone is asked, which is cheap.
	askEvery = 300 * time.Millisecond
)

// creation is what the phases of create hand on to each other.
type creation struct {
	*session
	kubeconfig string
	// switchContext makes the cluster's context the current one.
	switchContext       bool
	replaceControlPlane bool
	// allAtOnce changes control planes at the same time.
	allAtOnce bool
	// patience is the longest wait between two control planes.
	patience time.Duration
	// accepted is called once the config is known to be one that can be had,
	// and before anything is touched; it may be nil.
	accepted func() error
	// held is the plan that it is held to; nil holds it to none.
	held *heldPlan

	stack *engine.Stack
	in    target.Inputs
	// first is what the config changes of a cluster that exists, pending its
	// list, and order how that is done.
	first   provisionPlan
	pending []planned
	order   roll
	// health is asked between two control planes; nil asks the cluster.
	health planeHealth
	// touched is set once there may be something to delete.
	touched bool
	out     target.Outputs
	api     *kube.Client
	set     *addon.Set
}

func (c *creation) close() {
	if c.stack != nil {
		c.stack.Close()
	}
}

// provision is phase 1: hosts and network, by the Pulumi engine.
func (c *creation) provision(ctx context.Context, report phase.Reporter) error {
	if err := c.sparesControlPlane(ctx, report); err != nil {
		return err
	}
	if err := c.restAsPlanned(ctx, report); err != nil {
		return err
	}
	if err := c.planRoll(ctx, report); err != nil {
		return err
	}
	if c.accepted != nil {
		if err := c.accepted(); err != nil {
			return err
		}
	}
	data, err := config.Marshal(c.cluster)
	if err != nil {
		return err
	}
	if err := c.dir.SaveConfig(data, c.backend); err != nil {
		return err
	}
	c.touch()
	if c.stack == nil {
		if c.stack, err = c.session.stack(ctx, noted(report)); err != nil {
			return err
		}
	}
	if err := c.admit(ctx, report); err != nil {
		return err
	}
	defer c.hear(report)()
	changes, err := c.bringUp(ctx, report)
	if err != nil {
		return err
	}
	report.Note("%s", describe(changes, ""))
	outputs, err := c.stack.Outputs(ctx)
	if err != nil {
		return err
	}
	c.out, err = target.ParseOutputs(outputs)
	return err
}

// touch marks the moment from which there may be something to delete. A plan
// is used up by then: what goes on from here is the config it was made of.
func (c *creation) touch() {
	c.touched = true
	if c.held != nil {
		c.again = c.held.again
	}
}

// pace is how long to leave hosts alone between two looks.
func (c *creation) pace() time.Duration {
	if _, cloud := c.target.(target.Pulling); cloud {
		return lookRarely
	}
	return lookEvery
}

// awaitControlPlane is phase 2 on the control plane: the API answers.
func (c *creation) awaitControlPlane(ctx context.Context, report phase.Reporter) error {
	api, err := c.connect(c.out)
	if err != nil {
		return err
	}
	c.api = api
	planes := target.Outputs{Hosts: hostsThat(c.out, isControlPlane)}
	return phase.Poll(ctx, c.pace(), report, func(ctx context.Context) (string, string, error) {
		waiting, err := c.hostsWait(ctx, planes)
		if err != nil || waiting.reason != "" {
			return waiting.host, waiting.reason, err
		}
		if err := c.api.Healthz(ctx); err != nil {
			return c.out.Endpoint, err.Error(), nil
		}
		return "", "", nil
	})
}

// awaitNodes waits until each host is a node, and a Ready one where the pod
// network is ours.
func (c *creation) awaitNodes(ctx context.Context, report phase.Reporter) error {
	if err := c.forgetGone(ctx, report); err != nil {
		return err
	}
	renewed := false
	err := phase.Poll(ctx, c.pace(), report, func(ctx context.Context) (string, string, error) {
		missing := c.missingNode(ctx)
		if missing.reason == "" {
			return "", "", nil
		}
		if !renewed {
			// The token that hosts were given may have run out since.
			err := c.api.EnsureBootstrapToken(ctx, c.out.BootstrapToken, tokenLife)
			if err != nil {
				return c.retry(err)
			}
			renewed = true
		}
		if waiting, err := c.hostsWait(ctx, missing.of); err == nil && waiting.reason != "" {
			missing.host, missing.reason = waiting.host, waiting.reason
		}
		return missing.host, missing.reason, nil
	})
	if err != nil {
		return err
	}
	return c.labelPools(ctx, report)
}

// advise adds to an error what to type next, and the log of what failed.
func (c *creation) advise(err error) error {
	var failure *phase.Failure
	var problems *diag.Error
	if errors.As(err, &failure) || errors.As(err, &problems) || !c.touched {
		return err
	}
	name := c.cluster.Metadata.Name
	failure = &phase.Failure{Err: err, Next: []string{
		c.again + "   # goes on where it stopped",
		"kubectl anywhere delete " + name + "   # takes away what was made",
	}}
	if !errors.Is(err, context.Canceled) {
		failure.Subject, failure.Log = c.failingLog()
		failure.Next = append([]string{"kubectl anywhere status " + name}, failure.Next...)
	}
	return failure
}
