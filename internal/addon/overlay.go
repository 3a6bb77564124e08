package addon

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// proxy is the component that brings kube-proxy; after a hyphen follows the
// one way of writing rules that it is held to.
const proxy = components + "kube-proxy"

// always is the component, in an addon's folder, by which it changes others.
const always = "component"

// dualStack is the component, in an addon's folder, that is added where pods
// and services have an address of each family.
const dualStack = "dual-stack"

// derive is the base overlay's kustomization with this cluster's addons,
// network layer, endpoint and images. It writes the endpoint beside where the
// kustomization will stand.
func (o overlay) derive(tree filesys.FileSystem, base string) (*types.Kustomization, error) {
	text, err := tree.ReadFile(path.Join(base, "kustomization.yaml"))
	if err != nil {
		return nil, fmt.Errorf("reading overlay %q: %w", base, err)
	}
	k := &types.Kustomization{}
	if err := yaml.UnmarshalStrict(text, k); err != nil {
		return nil, fmt.Errorf("reading overlay %q: %w", base, err)
	}
	layer, err := o.layer()
	if err != nil {
		return nil, err
	}
	k.Resources = o.resources(k.Resources, layer)
	k.Components = o.components(tree, k.Components, layer)
	if err := o.adopt(tree, k); err != nil {
		return nil, err
	}
	if err := o.writeEndpoint(tree, base); err != nil {
		return nil, err
	}
	k.Images = append(k.Images, imageOf("registry.k8s.io/kube-proxy", o.Images.Proxy), imageOf("ghcr.io/kubernetes-anywhere/bootstrap", o.Images.Bootstrap))
	return k, nil
}

// resources swaps the leaves that the target's overlay lists for the
// cluster's network layer and addons. What every cluster has comes with the
// base.
func (o overlay) resources(listed []string, layer catalog.Layer) []string {
	var kept []string
	for _, resource := range listed {
		if !strings.HasPrefix(resource, leaves) {
			kept = append(kept, resource)
		}
	}
	if isBuiltIn(layer) {
		kept = append(kept, network+layer.Name)
	}
	for _, name := range o.Cluster.EnabledAddons() {
		if declared, err := catalog.AddonOf(name); err == nil && !declared.Required {
			kept = append(kept, leaves+name)
		}
	}
	return kept
}

// isBuiltIn tells a layer whose folder is in the tree.
func isBuiltIn(layer catalog.Layer) bool {
	return layer.Name != config.None && !catalog.IsPath(layer.Name)
}

// components are those of the target's overlay, without kube-proxy where the
// layer does its work, and those that the folders of the layer and of addons
// have for a cluster like this.
func (o overlay) components(tree filesys.FileSystem, all []string, layer catalog.Layer) []string {
	var kept, folders []string
	for _, component := range all {
		switch {
		case component == proxy && layer.ReplacesKubeProxy:
		case component == proxy:
			kept = append(kept, o.proxy())
		default:
			kept = append(kept, component)
		}
	}
	if isBuiltIn(layer) {
		folders = append(folders, network+layer.Name)
	}
	for _, name := range o.Cluster.EnabledAddons() {
		folders = append(folders, leaves+name)
	}
	for _, folder := range folders {
		kept = append(kept, o.choices(tree, folder)...)
	}
	return kept
}

// layer is the declaration of the cluster's network layer. One of the user's
// own that is not on this machine counts as none.
func (o overlay) layer() (catalog.Layer, error) {
	name := o.Cluster.Spec.Network.Layer
	switch {
	case o.Layer != nil:
		return *o.Layer, nil
	case catalog.IsPath(name) && o.Built:
		return catalog.NoLayer(), nil
	case catalog.IsPath(name):
		return catalog.ReadLayer(folder(name), name)
	}
	layer, err := catalog.LayerOf(name)
	if err != nil {
		return layer, fmt.Errorf("choosing network layer %q: %w", name, err)
	}
	return layer, nil
}

// proxy is kube-proxy with the config's way of writing rules.
func (o overlay) proxy() string {
	if mode := o.Cluster.Spec.Network.ProxyMode; mode != "" && mode != config.ProxyAuto {
		return proxy + "-" + mode
	}
	return proxy
}

// choices are the components of an addon's folder that this cluster takes.
func (o overlay) choices(tree filesys.FileSystem, folder string) (taken []string) {
	wanted := map[string]bool{
		always:    true,
		dualStack: strings.Contains(o.Cluster.Spec.Network.PodCIDR, ","),
		// What differs from one target to another has the target's name.
		o.Cluster.Spec.Target: o.Cluster.Spec.Target != "",
	}
	if folder == leaves+config.LoggingAddon {
		wanted["output-"+o.Cluster.Spec.Logging.Sink()] = true
	}
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		if wanted[name] && tree.IsDir(path.Join(rendered, folder, name)) {
			taken = append(taken, folder+"/"+name)
		}
	}
	return taken
}

// writeEndpoint writes the base's endpoint.yaml with this cluster's endpoint.
func (o overlay) writeEndpoint(tree filesys.FileSystem, base string) error {
	text, err := tree.ReadFile(path.Join(base, "endpoint.yaml"))
	if err != nil {
		return fmt.Errorf("reading endpoint of overlay %q: %w", base, err)
	}
	endpoint := map[string]any{}
	if err := yaml.Unmarshal(text, &endpoint); err != nil {
		return fmt.Errorf("reading endpoint of overlay %q: %w", base, err)
	}
	endpoint["data"] = map[string]string{"host": o.host, "port": o.port}
	if text, err = yaml.Marshal(endpoint); err != nil {
		return fmt.Errorf("writing endpoint: %w", err)
	}
	return tree.WriteFile(path.Join(rendered, "endpoint.yaml"), text)
}
