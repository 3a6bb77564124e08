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
		all.Tables = append(all.Tables, layer.Leftovers.Tables...)
		all.IPSets = append(all.IPSets, layer.Leftovers.IPSets...)
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

// layerFiles are the files and folders that pod networks left outside of the
// folders of components, such as their configuration and their plugins.
func (r root) layerFiles() (files, folders []string) {
	patterns := r.layerLeftovers().Files
	for _, name := range []string{"*flannel*", "*cilium*", "*calico*", "*antrea*"} {
		patterns = append(patterns, networkFolder+"/"+name)
	}
	for _, pattern := range patterns {
		found, _ := r.glob(pattern)
		for _, name := range found {
			info, err := r.stat(name)
			switch {
			case err != nil || slices.ContainsFunc(componentFolders(), func(folder string) bool { return within(name, folder) }):
			case !info.IsDir():
				files = append(files, name)
			default:
				folders = append(folders, name)
			}
		}
	}
	slices.Sort(files)
	slices.Sort(folders)
	return slices.Compact(files), slices.Compact(folders)
}

// within tells whether a path is a folder, or below it.
func within(name, folder string) bool { return strings.HasPrefix(name+"/", folder+"/") }

// layerChains are how the names of layers' chains of iptables begin.
func (r root) layerChains() []string {
	var prefixes []string
	for _, chain := range r.layerLeftovers().Chains {
		prefixes = append(prefixes, strings.TrimSuffix(chain, "*"))
	}
	return prefixes
}
