package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// lookEvery is the pace at which a cluster that comes up is looked at.
const lookEvery = time.Second

// creation is what the phases of create hand on to each other.
type creation struct {
	*session
	kubeconfig string

	stack *engine.Stack
	in    target.Inputs
	out   target.Outputs
	api   *kube.Client
	set   *addon.Set
}

func (c *creation) close() {
	if c.stack != nil {
		c.stack.Close()
	}
}

// provision is phase 1: hosts and network, by the Pulumi engine.
func (c *creation) provision(ctx context.Context, report phase.Reporter) error {
	data, err := config.Marshal(c.cluster)
	if err != nil {
		return err
	}
	if err := c.dir.SaveConfig(data); err != nil {
		return err
	}
	if c.stack, err = c.session.stack(ctx); err != nil {
		return err
	}
	report.Wait("", "the state to be compared with what exists")
	if _, err := c.stack.Refresh(ctx, nil, sink(report)); err != nil {
		return err
	}
	changes, err := c.stack.Up(ctx, c.target.Program(c.in), sink(report))
	if err != nil {
		return err
	}
	report.Note("%s", describe(changes))
	outputs, err := c.stack.Outputs(ctx)
	if err != nil {
		return err
	}
	c.out, err = target.ParseOutputs(outputs)
	return err
}

// awaitControlPlane is phase 2 on the control plane: the API answers.
func (c *creation) awaitControlPlane(ctx context.Context, report phase.Reporter) error {
	kubeconfig, err := c.adminKubeconfig(c.out)
	if err != nil {
		return err
	}
	if c.api, err = kube.New(kubeconfig); err != nil {
		return err
	}
	return phase.Poll(ctx, lookEvery, report, func(ctx context.Context) (string, string, error) {
		waiting, err := c.hostsWait(ctx, isControlPlane)
		if err != nil || waiting.reason != "" {
			return waiting.host, waiting.reason, err
		}
		if err := c.api.Healthz(ctx); err != nil {
			return c.out.Endpoint, err.Error(), nil
		}
		return "", "", nil
	})
}

// applyAddons is phase 3.
func (c *creation) applyAddons(ctx context.Context, report phase.Reporter) error {
	set, err := addon.Render(c.addonValues(c.out))
	if err != nil {
		return err
	}
	c.set = set
	applied, err := c.api.ApplySet(ctx, set.Objects, kube.Options{})
	if err != nil {
		return err
	}
	changed := 0
	for _, a := range applied {
		if a.Action != kube.Unchanged {
			changed++
		}
	}
	report.Note("%s, %d changed", count(len(applied), "object"), changed)
	return nil
}

// awaitNodes waits until each host is a Ready node.
func (c *creation) awaitNodes(ctx context.Context, report phase.Reporter) error {
	if err := c.renewToken(ctx); err != nil {
		return err
	}
	return phase.Poll(ctx, lookEvery, report, func(ctx context.Context) (string, string, error) {
		missing, err := c.missingNode(ctx)
		if err != nil || missing.reason == "" {
			return "", "", err
		}
		if waiting, err := c.hostsWait(ctx, func(h target.Host) bool { return h.Name == missing.host }); err == nil && waiting.reason != "" {
			missing.reason = waiting.reason
		}
		return missing.host, missing.reason, nil
	})
}

// awaitAddons waits until what runs in the cluster runs.
func (c *creation) awaitAddons(ctx context.Context, report phase.Reporter) error {
	return phase.Poll(ctx, lookEvery, report, func(ctx context.Context) (string, string, error) {
		pending, err := c.api.Ready(ctx, c.set.Objects)
		if err != nil || len(pending) == 0 {
			return "", "", err
		}
		return pending[0].Object.String(), pending[0].Reason, nil
	})
}

// inputs is what the target's program depends on.
func (s *session) inputs() (target.Inputs, error) {
	spec := s.cluster.Spec
	bundle, err := images.Find(spec.KubernetesVersion, spec.Images.Bundle)
	if err != nil {
		return target.Inputs{}, err
	}
	return target.Inputs{
		Cluster:          s.cluster,
		ImageArchive:     bundle.Path,
		BootstrapArchive: bundle.BootstrapPath,
		ImageDigest:      bundle.Digest,
		BootstrapImage:   images.For(spec.KubernetesVersion, spec.Images.Registry).Bootstrap,
	}, nil
}

func (s *session) addonValues(out target.Outputs) addon.Values {
	return addon.Values{
		Cluster:      s.cluster,
		NodeEndpoint: out.NodeEndpoint,
		Images:       images.For(s.cluster.Spec.KubernetesVersion, s.cluster.Spec.Images.Registry),
	}
}

// advise adds to an error what to type next, and the log of what failed.
func (c *creation) advise(err error) error {
	var failure *phase.Failure
	if errors.As(err, &failure) {
		return err
	}
	name := c.cluster.Metadata.Name
	failure = &phase.Failure{Err: err}
	switch {
	case c.stack == nil:
		return err
	case errors.Is(err, context.Canceled):
		failure.Next = fmt.Sprintf("kubectl anywhere create to go on where it stopped, or kubectl anywhere delete %s", name)
	default:
		failure.Subject, failure.Log = c.failingLog()
		failure.Next = fmt.Sprintf("kubectl anywhere status %s", name)
	}
	return failure
}
