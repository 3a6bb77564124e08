package azure

import (
	"context"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// Leftovers lists what still exists of a deleted cluster. Not written yet.
func (t *Target) Leftovers(ctx context.Context, cluster *config.Cluster) ([]string, error) {
	_, err := t.connect(ctx, cluster)
	return nil, err
}
