package azure

import (
	"context"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// Observe tells how far phase 2 is on each host. Not written yet.
func (t *Target) Observe(ctx context.Context, cluster *config.Cluster, _ target.Outputs) ([]target.Observation, error) {
	_, err := t.connect(ctx, cluster)
	return nil, err
}
