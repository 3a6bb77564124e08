package host

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
)

// layerLeftovers are what network layers declare that they leave on a host: all
// that are built in, as a host may have had one after the other, and the user's
// own of the kept bundle.
func (r root) layerLeftovers() (all catalog.Leftovers) {
	// A test reads every declaration that is built in.
	layers, _ := catalog.Layers()
	var kept node.Bundle
	if document, err := r.read(KeptBundle); err == nil && json.Unmarshal(document, &kept) == nil && kept.Layer != nil {
		layers = append(layers, *kept.Layer)
	}
	for _, layer := range layers {
		all.Interfaces = append(all.Interfaces, layer.Leftovers.Interfaces...)
		all.Files = append(all.Files, layer.Leftovers.Files...)
		all.Chains = append(all.Chains, layer.Leftovers.Chains...)
	}
	return all
}

// podInterfaces are the folders of those network devices that pod networks
// make on a host. Those of pods go with the pods.
func (r root) podInterfaces() []string {
	var found []string
	for _, name := range append(r.layerLeftovers().Interfaces, "kube-ipvs0", "antrea-gw0") {
		devices, _ := r.glob("/sys/class/net/" + name)
		found = append(found, devices...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// layerFiles are the single files that pod networks left outside of the
// folders of components, such as their configuration and their plugins.
func (r root) layerFiles() []string {
	patterns := r.layerLeftovers().Files
	for _, name := range []string{"*flannel*", "*cilium*", "*calico*", "*antrea*"} {
		patterns = append(patterns, networkFolder+"/"+name)
	}
	var found []string
	for _, pattern := range patterns {
		files, _ := r.glob(pattern)
		for _, file := range files {
			if info, err := r.stat(file); err == nil && !info.IsDir() && !slices.Contains(found, file) {
				found = append(found, file)
			}
		}
	}
	return found
}

// layerChains are how the names of layers' chains of iptables begin.
func (r root) layerChains() []string {
	var prefixes []string
	for _, chain := range r.layerLeftovers().Chains {
		prefixes = append(prefixes, strings.TrimSuffix(chain, "*"))
	}
	return prefixes
}
