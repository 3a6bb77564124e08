package aws

import (
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

var _ target.Assuming = (*Target)(nil)

// AssumedFacts are those of the machine type and the OS that the config names.
func (*Target) AssumedFacts(cluster *config.Cluster, role, pool string) (node.Facts, bool) {
	b := block(cluster)
	return target.MachineFacts(cluster, role, pool, b.OS, b.Region), true
}
