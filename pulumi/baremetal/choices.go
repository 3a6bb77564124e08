package baremetal

import (
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

var _ config.Choosing = (*Block)(nil)

// Choices are what a config can say about hosts.
func (b *Block) Choices(cluster *config.Cluster) map[string]config.Choices {
	pools := config.Choices{Of: "spec.pools"}
	for _, pool := range cluster.Spec.Pools {
		pools.Values = append(pools.Values, pool.Name)
	}
	return map[string]config.Choices{
		"spec.baremetal.hosts[].role": {Values: []string{node.ControlPlane, node.Worker}},
		"spec.baremetal.hosts[].pool": pools,
	}
}
