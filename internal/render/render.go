// Package render writes every byte that will exist of a cluster, without
// making any of it: what phase 1 declares, what phase 2 puts on a host, what
// phase 3 applies. It needs no credentials, no network and no container
// engine, and what it returns holds no secret. What exists of a cluster can be
// read back from its records in the same form, to be compared.
package render

import (
	"fmt"
	"maps"
	"net"
	"path"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// The folders of the three phases.
const (
	ProvisionDir = "1-provision"
	BootstrapDir = "2-bootstrap"
	AddonsDir    = "3-addons"
)

// Options are what is known beyond the config; the zero value is nothing.
type Options struct {
	// Recorded answers with what became of a resource that exists, its id as
	// the output "id": see Recall. With it the bundles, and so the nodes'
	// digests, are those that create would make. Nil, or not found, has
	// stand-ins instead.
	Recorded func(typ, name string) (outputs resource.PropertyMap, found bool)
	// Facts are those of real hosts, by "control-plane" or the pool's name, in
	// place of assumed ones. Those by the empty name are any other host's, save
	// for its name and addresses where they are not such a host's.
	Facts map[string]node.Facts
	// Existing are the nodes there are (see Existing): what hosts decided when
	// they began, and keep, is taken over from them.
	Existing map[string]Node
	// Command is what the reader is told to type for the same again.
	Command string
}

// Rendered is a cluster as files.
type Rendered struct {
	// Files are paths and contents, without any secret.
	Files map[string][]byte
	// Nodes are by "control-plane" or the pool's name.
	Nodes map[string]Node
	// Endpoint is host:port of the API as nodes reach it.
	Endpoint string
}

// Cluster renders all three phases.
func Cluster(t target.Target, in target.Inputs, o Options) (*Rendered, error) {
	records, err := declarations(t, in, o)
	if err != nil {
		return nil, fmt.Errorf("rendering phase 1 of cluster %q: %w", in.Cluster.Metadata.Name, err)
	}
	out, err := rendered(t, in, records, o)
	if err != nil {
		return nil, err
	}
	if _, _, err := net.SplitHostPort(out.Endpoint); err != nil {
		return nil, fmt.Errorf("rendering the addons: no resource of target %q carries a node bundle with an endpoint", t.Name())
	}
	set, err := addons(t, in, out.Endpoint)
	if err != nil {
		return nil, err
	}
	under(out.Files, AddonsDir, set.Files())
	out.guide(t, in, o)
	return out, nil
}

// Existing renders phases 1 and 2 as the records of a cluster have them. What
// of phase 3 exists, the cluster itself knows. in is the config that the
// cluster was made from, as far as it is known.
func Existing(t target.Target, in target.Inputs, records []Record, o Options) (*Rendered, error) {
	out, err := rendered(t, in, tidied(records), o)
	if err != nil {
		return nil, fmt.Errorf("reading what exists of cluster %q: %w", in.Cluster.Metadata.Name, err)
	}
	return out, nil
}

// rendered are phases 1 and 2 of what is declared or recorded.
func rendered(t target.Target, in target.Inputs, records []Record, o Options) (*Rendered, error) {
	bundles, err := bundlesOf(records)
	if err != nil {
		return nil, err
	}
	out := &Rendered{Files: map[string][]byte{}, Nodes: map[string]Node{}}
	provisioned, err := provision(records)
	if err != nil {
		return nil, err
	}
	provisioned[resourcesFile] = resourceGraph(records)
	under(out.Files, ProvisionDir, provisioned)
	for name, b := range bundles {
		facts, given, err := o.factsOf(t, in, b.Bundle)
		if err != nil {
			return nil, err
		}
		made, files, err := bootstrap(b, facts, given)
		if err != nil {
			return nil, fmt.Errorf("rendering phase 2 of a %s: %w", b.Role, err)
		}
		out.Endpoint, out.Nodes[name] = b.Endpoint, made
		under(out.Files, path.Join(BootstrapDir, name), files)
	}
	return out, holdsNone(out, records, bundles)
}

// addons are phase 3.
func addons(t target.Target, in target.Inputs, endpoint string) (*addon.Set, error) {
	spec := in.Cluster.Spec
	return addon.Render(addon.Values{
		Cluster: in.Cluster, NodeEndpoint: endpoint,
		Images: images.For(spec.KubernetesVersion, spec.Images.Registry), Layer: in.Layer,
		Of: target.WordsOf(t, in.Cluster),
	})
}

// Put adds files below a folder, such as one of a phase.
func Put(files map[string][]byte, dir string, more map[string][]byte) { under(files, dir, more) }

// Drop takes away all files below a folder.
func Drop(files map[string][]byte, dir string) {
	maps.DeleteFunc(files, func(name string, _ []byte) bool { return strings.HasPrefix(name, dir+"/") })
}

func under(files map[string][]byte, dir string, more map[string][]byte) {
	for name, data := range more {
		files[path.Join(dir, name)] = data
	}
}
