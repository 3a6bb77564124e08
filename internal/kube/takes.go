package kube

import (
	"context"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
)

// mostTaken bounds how many objects of one kind are looked at: it is only to
// be known that there are some, and of what kind.
const mostTaken = 100

// takes are the objects that go with a namespace or a definition and that no
// set of ours brought. An error to look is none to prune.
func (c *Client) takes(ctx context.Context, live *unstructured.Unstructured, inventory []Ref) ([]Ref, error) {
	switch live.GetKind() {
	case "Namespace":
		lists, err := discovery.ServerPreferredNamespacedResources(c.clientset.Discovery())
		if len(lists) == 0 && err != nil {
			return nil, fmt.Errorf("asking what kinds of objects there are: %w", err)
		}
		var all []Ref
		for _, list := range lists {
			group, err := schema.ParseGroupVersion(list.GroupVersion)
			if err != nil {
				continue
			}
			for _, resource := range list.APIResources {
				if !slices.Contains(resource.Verbs, "list") || passing(resource.Kind) {
					continue
				}
				gvk := group.WithKind(resource.Kind)
				all = append(all, c.others(ctx, group.WithResource(resource.Name), gvk, live.GetName(), inventory)...)
			}
		}
		return all, ctx.Err()
	case definition:
		group, _, _ := unstructured.NestedString(live.Object, "spec", "group")
		kind, _, _ := unstructured.NestedString(live.Object, "spec", "names", "kind")
		plural, _, _ := unstructured.NestedString(live.Object, "spec", "names", "plural")
		version := storedVersion(live)
		gvk := schema.GroupVersionKind{Group: group, Version: version, Kind: kind}
		return c.others(ctx, gvk.GroupVersion().WithResource(plural), gvk, "", inventory), ctx.Err()
	}
	return nil, nil
}

// storedVersion is a version that a definition serves.
func storedVersion(crd *unstructured.Unstructured) string {
	versions, _, _ := unstructured.NestedSlice(crd.Object, "spec", "versions")
	for _, entry := range versions {
		if version, ok := entry.(map[string]any); ok && version["served"] == true {
			name, _ := version["name"].(string)
			return name
		}
	}
	return ""
}

// passing are the kinds that the cluster itself makes, in every namespace or
// about what is in it.
func passing(kind string) bool {
	return slices.Contains([]string{"Event", "Endpoints", "EndpointSlice", "Lease", "ControllerRevision"}, kind)
}

// others lists what is neither in the inventory nor made by what is.
func (c *Client) others(ctx context.Context, resource schema.GroupVersionResource, gvk schema.GroupVersionKind, namespace string, inventory []Ref) (found []Ref) {
	list, err := c.metadata.Resource(resource).Namespace(namespace).List(ctx, metav1.ListOptions{Limit: mostTaken})
	if err != nil {
		return nil // such as a kind whose server does not answer
	}
	for _, item := range list.Items {
		ref := Ref{Group: gvk.Group, Version: gvk.Version, Kind: gvk.Kind, Namespace: item.Namespace, Name: item.Name}
		ours := slices.ContainsFunc(inventory, func(known Ref) bool { return known.identity() == ref.identity() })
		standard := ref.Group == "" && (ref.Kind == "ServiceAccount" && ref.Name == "default" || ref.Kind == "ConfigMap" && strings.HasSuffix(ref.Name, "-ca.crt"))
		if !ours && !standard && len(item.OwnerReferences) == 0 {
			found = append(found, ref)
		}
	}
	return found
}
