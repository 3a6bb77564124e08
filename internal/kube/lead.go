package kube

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// Lease says who may act: of all that campaign with the same name, one.
type Lease struct {
	Namespace, Name string
	// Identity is who campaigns: unique, and told to the others.
	Identity string
	// Observed is called with the identity of each new leader.
	Observed func(leader string)
}

// Lead waits until the lease is held, then runs act, whose context ends when
// the lease is lost. It returns once act has; losing the lease is an error.
func (c *Client) Lead(ctx context.Context, lease Lease, act func(context.Context) error) error {
	campaign, cancel := context.WithCancel(ctx)
	defer cancel()
	var started atomic.Bool
	result := make(chan error, 1)
	lock := &resourcelock.LeaseLock{
		LeaseMeta:  metav1.ObjectMeta{Namespace: lease.Namespace, Name: lease.Name},
		Client:     c.clientset.CoordinationV1(),
		LockConfig: resourcelock.ResourceLockConfig{Identity: lease.Identity},
	}
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock: lock, Name: lease.Name, ReleaseOnCancel: true,
		LeaseDuration: 15 * time.Second, RenewDeadline: 10 * time.Second, RetryPeriod: 2 * time.Second,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(leading context.Context) {
				started.Store(true)
				defer cancel()
				result <- act(leading)
			},
			OnStoppedLeading: func() {},
			OnNewLeader:      lease.Observed,
		},
	})
	if err != nil {
		return fmt.Errorf("campaigning for lease %s/%s: %w", lease.Namespace, lease.Name, err)
	}
	elector.Run(campaign)
	if started.Load() {
		err = <-result
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil {
		err = errors.New("another holder may have it now")
	}
	return fmt.Errorf("holding lease %s/%s: %w", lease.Namespace, lease.Name, err)
}
