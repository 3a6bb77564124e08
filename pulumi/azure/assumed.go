package azure

import (
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

var _ target.Assuming = (*Target)(nil)

// AssumedFacts are those of the machine size and the OS that the config names.
// A zone is called after its region, as in the machine's own words.
func (*Target) AssumedFacts(cluster *config.Cluster, role, pool string) (node.Facts, bool) {
	b := block(cluster)
	facts := target.MachineFacts(cluster, role, pool, b.OS, b.Location)
	if zone := &facts.Instance.Zone; *zone != "" {
		*zone = b.Location + "-" + *zone
	}
	return facts, true
}
