package cli

import (
	"context"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
)

// labelPools has nodes that registered before the labels of their pool were
// changed follow the config.
func (c *creation) labelPools(ctx context.Context, report phase.Reporter) error {
	for _, pool := range c.cluster.Spec.Pools {
		changed, err := c.api.LabelPool(ctx, pool.Name, pool.Labels)
		if err != nil {
			return err
		}
		for _, node := range changed {
			report.Note("node %s has the labels of pool %s", node, pool.Name)
		}
	}
	return nil
}
