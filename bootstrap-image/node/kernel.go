package node

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/version"
)

// ProxyLabel, with the value iptables, is on nodes whose kernel kube-proxy's
// nftables mode does not run on. The DaemonSets of addons/kube-proxy go by it.
const ProxyLabel = "kubernetes-anywhere.io/kube-proxy"

// nftablesKernel is the oldest kernel that kube-proxy takes for its nftables
// mode: NFTablesKubeProxyKernelVersion of k8s.io/kubernetes/pkg/util/kernel. It
// stands for nft 1.0.1 on the host, which an older one's rules would break.
const nftablesKernel = "5.13"

// needsIPTables tells whether kube-proxy must write its rules with iptables on
// this host. A kernel that nothing is known of has nftables, as all have that
// are kept up to date.
func (f Facts) needsIPTables() bool {
	if f.WithoutNFTables {
		return true
	}
	kernel, err := version.ParseGeneric(f.Kernel)
	return err == nil && kernel.LessThan(version.MustParseGeneric(nftablesKernel))
}

// kernelLabels are those that tell what a node's kernel lacks. A kubelet sets
// them when its node is made: a node whose kernel is replaced by one that has
// nftables keeps the label until somebody takes it off.
func (p plan) kernelLabels() []string {
	if !p.facts.needsIPTables() {
		return nil
	}
	return []string{fmt.Sprintf("%s=iptables", ProxyLabel)}
}

// nodeLocalDNS is the addon that answers DNS on every node, and where.
const (
	nodeLocalDNS        = "node-local-dns"
	nodeLocalDNSAddress = "169.254.20.10"
)

// resolvers are the addresses of DNS that pods are given: the node's own first,
// where there is one, and then the service's, for when the first does not answer.
func (p plan) resolvers() []string {
	if p.bundle.Cluster.HasAddon(nodeLocalDNS) {
		return []string{nodeLocalDNSAddress, p.dns}
	}
	return []string{p.dns}
}
