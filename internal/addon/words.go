package addon

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// defaultDNS is the address of DNS in the default range of services.
const defaultDNS = "10.96.0.10"

// clusterCIDR is the one place that takes the pods' ranges of both families:
// kube-proxy's config. Everywhere else the IPv4 range stands, and what is for
// two families has the IPv6 one apart.
const clusterCIDR = "clusterCIDR: " + config.DefaultPodCIDR

// words puts this cluster's values where the files of the tree have the
// defaults, which are good values for plain 'kubectl apply -k', or a word that
// ends in .invalid (RFC 2606) where there can be no default. It works on text,
// so that configs of any format are edited and the comments in them kept.
func (o overlay) words() *strings.Replacer {
	spec := o.Cluster.Spec
	values := map[string]string{
		config.DefaultPodCIDR:         config.First(spec.Network.PodCIDR),
		config.DefaultServiceCIDR:     config.First(spec.Network.ServiceCIDR),
		config.DefaultPodCIDR6:        config.Second(spec.Network.PodCIDR),
		config.DefaultServiceCIDR6:    config.Second(spec.Network.ServiceCIDR),
		clusterCIDR:                   strings.Replace(clusterCIDR, config.DefaultPodCIDR, spec.Network.PodCIDR, 1),
		defaultDNS:                    o.dns,
		config.DefaultDNSDomain:       spec.Network.DNSDomain,
		"cluster-name.invalid":        o.Cluster.Metadata.Name,
		config.DefaultLogFolder + "/": strings.TrimSuffix(spec.Logging.Folder(), "/") + "/",
	}
	maps.Copy(values, endpointWords(spec.Logging.Endpoint))
	for name, value := range o.Of {
		values[name+".invalid"] = value
	}
	var pairs []string
	for _, old := range slices.Sorted(maps.Keys(values)) {
		if values[old] != "" {
			pairs = append(pairs, old, values[old])
		}
	}
	return strings.NewReplacer(pairs...)
}

// endpointWords are the parts of the URL that logs are sent to: Fluent Bit wants
// each by itself.
func endpointWords(endpoint string) map[string]string {
	parsed, err := url.Parse(endpoint)
	if err != nil || parsed.Hostname() == "" {
		return nil
	}
	port, tls := "80", "Off"
	if parsed.Scheme == "https" {
		port, tls = "443", "On"
	}
	return map[string]string{
		"logs-host.invalid": parsed.Hostname(), "logs-port.invalid": cmp.Or(parsed.Port(), port),
		"/logs-path.invalid": cmp.Or(parsed.RequestURI(), "/"), "logs-tls.invalid": tls,
	}
}

// imageOf replaces the reference of one image in the tree.
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

// relocate takes images from the cluster's own registry, those of the user's
// own kustomizations excepted.
func (o overlay) relocate(objs []*unstructured.Unstructured) {
	registry := o.Cluster.Spec.Images.Registry
	if registry == "" {
		return
	}
	for _, obj := range objs {
		if said, _ := o.Cluster.Addon(obj.GetLabels()[Label]); said.Path != "" {
			continue
		}
		eachImage(obj, func(reference string) string {
			host, path, found := strings.Cut(reference, "/")
			if !found || !strings.ContainsAny(host, ".:") || strings.HasPrefix(reference, registry+"/") {
				return reference
			}
			return registry + "/" + path
		})
	}
}

// eachImage changes the image of every container of what runs pods.
func eachImage(obj *unstructured.Unstructured, change func(string) string) {
	pod := []string{"spec", "template", "spec"}
	if obj.GetKind() == "CronJob" {
		pod = append([]string{"spec", "jobTemplate"}, pod...)
	}
	for _, list := range []string{"initContainers", "containers"} {
		at := append(slices.Clone(pod), list)
		containers, found, err := unstructured.NestedSlice(obj.Object, at...)
		if err != nil || !found {
			continue
		}
		for _, entry := range containers {
			if container, ok := entry.(map[string]any); ok {
				if image, ok := container["image"].(string); ok {
					container["image"] = change(image)
				}
			}
		}
		// What was read from it can be written to it.
		_ = unstructured.SetNestedSlice(obj.Object, containers, at...)
	}
}

// Images are the references of all images of the set, without those of addons
// in the user's hands.
func (s *Set) Images() []string {
	seen := map[string]bool{}
	for _, obj := range s.Objects {
		eachImage(obj.DeepCopy(), func(reference string) string {
			seen[reference] = true
			return reference
		})
	}
	return slices.Sorted(maps.Keys(seen))
}
