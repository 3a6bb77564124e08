// Package addon renders what runs inside a cluster: the kustomizations of
// addons/ and kustomize/ with the values of one cluster put in. Nothing here
// talks to a cluster.
package addon

import (
	"fmt"
	"net"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
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
	// Layer is the declaration of a network layer of the user's own; nil for
	// one that is built in.
	Layer *catalog.Layer
	// Of are what the target alone knows, such as the project: by the word
	// that stands for it in the tree, before ".invalid".
	Of map[string]string
	// Built leaves out what is the user's own, by path: it is not on this
	// machine; and addons that hold a word which is not in Of.
	Built bool
}

// Set is the rendered addons, in the order in which they are to be applied.
type Set struct {
	Objects []*unstructured.Unstructured
	// Unmanaged are the objects of addons that are in the user's hands: never
	// applied, and never deleted.
	Unmanaged []*unstructured.Unstructured
	files     map[string][]byte
}

// Label is on every object of an addon, with the addon's name.
const Label = "kubernetes-anywhere.io/addon"

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
	if err == nil && v.Built {
		objs, err = withoutUnsaid(objs)
	}
	if err != nil {
		return nil, fmt.Errorf("rendering addons of cluster %q: %w", v.Cluster.Metadata.Name, err)
	}
	set := &Set{}
	for _, obj := range objs {
		if said, _ := v.Cluster.Addon(obj.GetLabels()[Label]); said.Unmanaged {
			set.Unmanaged = append(set.Unmanaged, obj)
			continue
		}
		set.Objects = append(set.Objects, obj)
	}
	order(set.Objects, v.Cluster)
	if set.files, err = filesOf(set.Objects); err != nil {
		return nil, fmt.Errorf("rendering addons of cluster %q: %w", v.Cluster.Metadata.Name, err)
	}
	return set, nil
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
