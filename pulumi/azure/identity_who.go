package azure

import (
	"context"
	"fmt"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

var _ target.Identifying = (*Target)(nil)

// Identity is who the token is of, by its own words, and the subscription.
func (t *Target) Identity(ctx context.Context, cluster *config.Cluster) (string, error) {
	api, err := t.connect(ctx, cluster)
	if err != nil {
		return "", &target.Advised{Err: fmt.Errorf("reaching Azure: %w", err), Fix: login}
	}
	b := block(cluster)
	return fmt.Sprintf("%s, subscription %s, location %s", api.Who(), b.Subscription, b.Location), nil
}
