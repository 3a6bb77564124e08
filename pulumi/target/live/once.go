package live

import (
	"context"
	"sync"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// Connect makes a connection to a cloud, for one cluster.
type Connect[API any] = func(context.Context, *config.Cluster) (API, error)

// Once keeps a connection for as long as it is asked for the same cluster:
// waits ask every few seconds, and a token lasts an hour. A failure is not
// kept.
func Once[API any](connect Connect[API]) Connect[API] {
	var mu sync.Mutex
	var kept API
	var of *config.Cluster
	return func(ctx context.Context, cluster *config.Cluster) (API, error) {
		mu.Lock()
		defer mu.Unlock()
		if of != nil && of == cluster {
			return kept, nil
		}
		made, err := connect(ctx, cluster)
		if err == nil {
			kept, of = made, cluster
		}
		return made, err
	}
}
