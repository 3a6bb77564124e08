package azure

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Words and lengths of names.
const (
	controlPlaneRole    = "control-plane"
	kubernetesAnywhere  = "kubernetes-anywhere"
	charactersOfVault   = 20
	charactersOfSecrets = 8
)

// Group is the name of the resource group that a cluster is in.
func (b *Block) Group(cluster string) string {
	if b.Existing.ResourceGroup != "" {
		return b.Existing.ResourceGroup
	}
	return kubernetesAnywhere + "-" + cluster
}

func (p *program) groupName() string { return p.block.Group(p.in.Cluster.Metadata.Name) }

// called is the name of one of the cluster's resources.
func (p *program) called(what string) string { return p.in.Cluster.Metadata.Name + "-" + what }

// id is the ARM id of one of the cluster's resources. A resource whose parts
// refer to one another needs it before there is one.
func (p *program) id(kind, name string) string {
	return fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/%s/%s", p.block.Subscription, p.groupName(), kind, name)
}

// tags are what a resource carries; a role and a pool where it has them.
func (p *program) tags(role, pool string) pulumi.StringMap {
	labels := target.Labels(p.in.Cluster.Metadata.Name)
	if role != "" {
		labels = target.HostLabels(p.in.Cluster.Metadata.Name, role, pool)
	}
	return pulumi.ToStringMap(labels)
}

// ofPool are the tags of a scale set. By the last four cluster-autoscaler finds
// one that is its to size, and how far
// (cluster-autoscaler/cloudprovider/azure/README.md in kubernetes/autoscaler).
func (p *program) ofPool(pool config.Pool) pulumi.StringMap {
	tags := p.tags(node.Worker, pool.Name)
	if pool.Max > 0 {
		tags["cluster-autoscaler-enabled"] = pulumi.String("true")
		tags["cluster-autoscaler-name"] = pulumi.String(p.in.Cluster.Metadata.Name)
		tags["min"], tags["max"] = pulumi.Sprintf("%d", pool.Min), pulumi.Sprintf("%d", pool.Max)
	}
	return tags
}

// fixedAddress is one that is given by hand, counted from the end of the nodes'
// range: 0 is the internal balancer's, n that of the nth control plane. Azure
// gives machines of scale sets the lowest that is free, so it comes to these
// last. The very last address of a subnet is Azure's own.
func fixedAddress(network config.Network, n int) (string, error) {
	prefix, err := netip.ParsePrefix(network.NodeCIDR)
	if err != nil {
		return "", fmt.Errorf("reading spec.network.nodeCIDR %q: %w", network.NodeCIDR, err)
	}
	address := network.NodeAddress(1<<(32-prefix.Bits()) - 2 - n)
	if !address.IsValid() {
		return "", fmt.Errorf("finding address %d from the end of spec.network.nodeCIDR %q: it is too small; use a /24 or larger", n, network.NodeCIDR)
	}
	return address.String(), nil
}

// vaultName is a name that no other vault in the world has, in the 24
// characters that there are. A deleted vault keeps its name for a week, so it
// goes by an identity that is new each time a cluster is made.
func vaultName(clientID string) string { return "ka-" + digest(clientID)[:charactersOfVault] }

// secretName is new for each identity: a deleted secret keeps its name for as
// long as the vault lives, and a pool that is removed may be added again.
func secretName(role, clientID string) string {
	return role + "-" + digest(clientID)[:charactersOfSecrets]
}

// grantName is the UUID of the assignment of a role: the same on each run, and
// another for another identity.
func grantName(principalID, role string) string {
	d := digest(principalID + " " + role)
	return fmt.Sprintf("%s-%s-5%s-8%s-%s", d[:8], d[8:12], d[12:15], d[15:18], d[18:30])
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
