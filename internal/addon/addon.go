// Package addon renders what runs inside a cluster: the kustomizations of
// addons/ and kustomize/ with the values of one cluster put in. Nothing here
// talks to a cluster.
package addon

import (
	"fmt"
	"net"
	"slices"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Values are all that the addons of a cluster depend on.
type Values struct {
	Cluster *config.Cluster
	// NodeEndpoint is host:port of the API as nodes reach it.
	NodeEndpoint string
	Images       images.Set
}

// Set is the rendered addons, in the order in which they are to be applied.
type Set struct {
	Objects []*unstructured.Unstructured
	files   map[string][]byte
}

// NoLayer is the network layer of a cluster that brings its own.
const NoLayer = "none"

// Render builds the addons of a cluster. Equal values give equal bytes.
func Render(v Values) (*Set, error) {
	host, port, err := net.SplitHostPort(v.NodeEndpoint)
	if err != nil {
		return nil, fmt.Errorf("reading node endpoint %q: %w; write host:port", v.NodeEndpoint, err)
	}
	dns, err := DNSAddress(v.Cluster.Spec.Network.ServiceCIDR)
	if err != nil {
		return nil, err
	}
	objs, err := build(overlay{Values: v, host: host, port: port, dns: dns})
	if err != nil {
		return nil, fmt.Errorf("rendering addons of cluster %q: %w", v.Cluster.Metadata.Name, err)
	}
	slices.SortStableFunc(objs, func(a, b *unstructured.Unstructured) int { return rank(a) - rank(b) })
	files, err := filesOf(objs)
	if err != nil {
		return nil, fmt.Errorf("rendering addons of cluster %q: %w", v.Cluster.Metadata.Name, err)
	}
	return &Set{Objects: objs, files: files}, nil
}

// DNSAddress is the service address of the cluster's DNS: the tenth of the
// service range.
func DNSAddress(serviceCIDR string) (string, error) {
	address, err := config.Nth(serviceCIDR, config.DNSServiceIndex)
	if err != nil {
		return "", fmt.Errorf("finding the address of DNS in the service range: %w", err)
	}
	return address, nil
}

// rank orders kinds by need: what others live in or run with comes first. The
// network runs as DaemonSets and DNS as a Deployment, so it comes up before.
func rank(obj *unstructured.Unstructured) int {
	order := []string{
		"Namespace", "CustomResourceDefinition", "PriorityClass", "ServiceAccount",
		"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding",
		"ConfigMap", "Secret", "Service", "DaemonSet", "StatefulSet", "Deployment",
	}
	if i := slices.Index(order, obj.GetKind()); i >= 0 {
		return i
	}
	return len(order)
}
