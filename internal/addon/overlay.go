package addon

import (
	"encoding/json"
	"fmt"
	"path"
	"sort"
	"strings"

	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/kustomize/kyaml/resid"
	"sigs.k8s.io/yaml"
)

// derive is the base overlay's kustomization with this cluster's network
// layer, endpoint, images and addresses. It writes the endpoint beside where
// the kustomization will stand.
func (o overlay) derive(tree filesys.FileSystem, base string) (*types.Kustomization, error) {
	text, err := tree.ReadFile(path.Join(base, "kustomization.yaml"))
	if err != nil {
		return nil, fmt.Errorf("reading overlay %q: %w", base, err)
	}
	k := &types.Kustomization{}
	if err := yaml.UnmarshalStrict(text, k); err != nil {
		return nil, fmt.Errorf("reading overlay %q: %w", base, err)
	}
	if k.Components, err = o.components(tree, k.Components); err != nil {
		return nil, err
	}
	if err := o.writeEndpoint(tree, base); err != nil {
		return nil, err
	}
	k.Images = o.images()
	k.Patches = append(k.Patches, types.Patch{
		Target: &types.Selector{ResId: resid.ResId{Gvk: resid.Gvk{Version: "v1", Kind: "Service"}, Name: "kube-dns"}},
		Patch:  fmt.Sprintf("- op: replace\n  path: /spec/clusterIP\n  value: %q\n", o.dns),
	})
	return k, nil
}

// components swaps the network layer for the cluster's own.
func (o overlay) components(tree filesys.FileSystem, all []string) ([]string, error) {
	layer := o.Cluster.Spec.Network.Layer
	if layer != NoLayer && (layer == "" || !tree.IsDir(path.Join(rendered, network, layer))) {
		return nil, fmt.Errorf("choosing network layer %q: there is none of that name; use flannel or none", layer)
	}
	var kept []string
	for _, component := range all {
		switch {
		case !isNetwork(component):
			kept = append(kept, component)
		case layer != NoLayer:
			kept = append(kept, network+layer)
		}
	}
	return kept, nil
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

// images replaces the references in the tree by this cluster's.
func (o overlay) images() []types.Image {
	var list []types.Image
	for name, reference := range map[string]string{
		"registry.k8s.io/kube-proxy":      o.Images.Proxy,
		"registry.k8s.io/coredns/coredns": o.Images.CoreDNS,
		"ghcr.io/flannel-io/flannel":      o.Images.Flannel,
	} {
		list = append(list, imageOf(name, reference))
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list
}

func imageOf(name, reference string) types.Image {
	if repository, digest, ok := strings.Cut(reference, "@"); ok {
		return types.Image{Name: name, NewName: repository, Digest: digest}
	}
	// A colon before the last slash is a registry's port.
	if colon := strings.LastIndex(reference, ":"); colon > strings.LastIndex(reference, "/") {
		return types.Image{Name: name, NewName: reference[:colon], NewTag: reference[colon+1:]}
	}
	return types.Image{Name: name, NewName: reference}
}

// edit is one config file inside a ConfigMap and what these values make of it.
type edit struct {
	configMap, file string
	apply           func(text string) (string, error)
}

// configs merges edited config files into the ConfigMaps of a build. Names
// get a new hash by that, so pods restart when their config changes.
func (o overlay) configs(built resmap.ResMap) ([]types.ConfigMapArgs, error) {
	var generators []types.ConfigMapArgs
	for _, e := range []edit{
		{"kube-proxy", "config.conf", o.proxyConfig},
		{"coredns", "Corefile", o.corefile},
		{"kube-flannel-cfg", "net-conf.json", o.flannelConfig},
	} {
		for _, resource := range built.Resources() {
			// What was built has a hash after its name.
			if resource.GetKind() != "ConfigMap" || !strings.HasPrefix(resource.GetName(), e.configMap+"-") {
				continue
			}
			text, err := e.apply(resource.GetDataMap()[e.file])
			if err != nil {
				return nil, fmt.Errorf("editing %s of ConfigMap %q: %w", e.file, e.configMap, err)
			}
			merge := types.ConfigMapArgs{}
			merge.Name, merge.Namespace, merge.Behavior = e.configMap, resource.GetNamespace(), "merge"
			merge.LiteralSources = []string{e.file + "=" + text}
			generators = append(generators, merge)
		}
	}
	return generators, nil
}

func (o overlay) proxyConfig(text string) (string, error) {
	return replaceOnce(text, "clusterCIDR: 10.244.0.0/16", "clusterCIDR: "+o.Cluster.Spec.Network.PodCIDR)
}

func (o overlay) corefile(text string) (string, error) {
	return replaceOnce(text, "kubernetes cluster.local ", "kubernetes "+o.Cluster.Spec.Network.DNSDomain+" ")
}

func (o overlay) flannelConfig(text string) (string, error) {
	if !json.Valid([]byte(text)) {
		return "", fmt.Errorf("it is not JSON")
	}
	return replaceOnce(text, `"Network": "10.244.0.0/16"`, fmt.Sprintf(`"Network": %q`, o.Cluster.Spec.Network.PodCIDR))
}

// replaceOnce keeps the rest of a file, comments included, as people wrote it.
func replaceOnce(text, old, replacement string) (string, error) {
	if strings.Count(text, old) != 1 {
		return "", fmt.Errorf("looking for %q: it is there %d times, not once", old, strings.Count(text, old))
	}
	return strings.Replace(text, old, replacement, 1), nil
}
