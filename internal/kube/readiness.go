package kube

import (
	"context"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Readiness is how one object is that was applied.
type Readiness struct {
	Object Ref
	// Ready and Wanted count the pods of what runs pods; both zero of all else.
	Ready, Wanted int
	// Reason says why it is not ready; empty where it is.
	Reason string
}

// looksAtOnce is how many objects are looked at side by side: within what the
// client may ask in one go.
const looksAtOnce = 8

// Readiness looks at every object, several at once, and tells of each in the
// order given. An object that cannot be read is not ready, for that reason.
func (c *Client) Readiness(ctx context.Context, objs []*unstructured.Unstructured) ([]Readiness, error) {
	out := make([]Readiness, len(objs))
	slots := make(chan struct{}, looksAtOnce)
	var all sync.WaitGroup
	for i, obj := range objs {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			out[i] = c.readiness(ctx, RefOf(obj))
		})
	}
	all.Wait()
	return out, ctx.Err()
}

func (c *Client) readiness(ctx context.Context, ref Ref) Readiness {
	out := Readiness{Object: ref}
	live, found, err := c.Get(ctx, ref)
	switch {
	case err != nil:
		out.Reason = err.Error()
		return out
	case !found:
		out.Reason = "does not exist"
		return out
	}
	out.Ready, out.Wanted = podCounts(live)
	if out.Reason, err = c.unready(ctx, live); err != nil {
		out.Reason = err.Error()
	}
	return out
}

// podCounts are how many of a workload's pods are ready, and how many it is to
// have.
func podCounts(live *unstructured.Unstructured) (ready, wanted int) {
	number := func(absent int64, fields ...string) int {
		n, found, err := unstructured.NestedInt64(live.Object, fields...)
		if err != nil || !found {
			n = absent
		}
		return int(n)
	}
	switch live.GetKind() {
	case "DaemonSet":
		return number(0, "status", "numberReady"), number(0, "status", "desiredNumberScheduled")
	case "Deployment", "StatefulSet":
		return number(0, "status", "readyReplicas"), number(1, "spec", "replicas")
	}
	return 0, 0
}
