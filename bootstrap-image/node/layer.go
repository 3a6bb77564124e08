package node

import (
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
)

// NetworkLayer is the declaration of the cluster's network layer. One of the
// user's own that came without a declaration asks for nothing.
func (b Bundle) NetworkLayer() (catalog.Layer, error) {
	name := b.Cluster.Spec.Network.Layer
	switch {
	case b.Layer != nil:
		return *b.Layer, nil
	case catalog.IsPath(name):
		return catalog.Layer{Name: name, PodCIDR: catalog.PodCIDRFromNodes}, nil
	case name == "":
		return catalog.NoLayer(), nil
	}
	return catalog.LayerOf(name)
}

// Modules are the kernel modules that a node needs: overlay for containers'
// file systems, br_netfilter so that bridged traffic passes the firewall,
// nf_conntrack because its table is sized before kube-proxy loads it, and those
// of the network layer.
func Modules(layer catalog.Layer) []string {
	modules := []string{"overlay", "br_netfilter", "nf_conntrack"}
	for _, name := range layer.Kernel.Modules {
		if !slices.Contains(modules, name) {
			modules = append(modules, name)
		}
	}
	return modules
}

// layerSysctls are the lines that the network layer adds to the kernel's
// settings. On a host that is a container only those of the network are its own.
func (p plan) layerSysctls() []string {
	var lines []string
	for _, name := range sortedKeys(p.layer.Kernel.Sysctls) {
		if !p.facts.IsContainer || strings.HasPrefix(name, "net.") {
			lines = append(lines, name+" = "+p.layer.Kernel.Sysctls[name])
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return append([]string{"# The network layer " + catalog.Called(p.layer.Name) + " asks for these."}, lines...)
}
