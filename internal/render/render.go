// Package render writes every byte that will exist of a cluster, without
// making any of it: what phase 1 declares, what phase 2 puts on a host, what
// phase 3 applies. It needs no credentials, no network and no container
// engine, and holds no secret.
package render

import (
	"fmt"
	"net"
	"path"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// The folders of the three phases.
const (
	provisionDir = "1-provision"
	bootstrapDir = "2-bootstrap"
	addonsDir    = "3-addons"
)

// Cluster renders all three phases as paths and contents.
func Cluster(t target.Target, in target.Inputs) (map[string][]byte, error) {
	seen, err := declarations(t, in)
	if err != nil {
		return nil, fmt.Errorf("rendering phase 1 of cluster %q: %w", in.Cluster.Metadata.Name, err)
	}
	files := map[string][]byte{}
	provisioned, err := provision(seen)
	if err != nil {
		return nil, err
	}
	under(files, provisionDir, provisioned)
	if _, published := t.(target.Published); published {
		files[path.Join(provisionDir, "README.md")] = []byte(assumedWords)
	}
	bundles, err := bundlesOf(seen)
	if err != nil {
		return nil, err
	}
	endpoint := ""
	for _, b := range bundles {
		endpoint = b.Endpoint
		host, err := bootstrap(b)
		if err != nil {
			return nil, fmt.Errorf("rendering phase 2 of a %s: %w", b.Role, err)
		}
		under(files, path.Join(bootstrapDir, folderOf(b.Bundle)), host)
	}
	if _, _, err := net.SplitHostPort(endpoint); err != nil {
		return nil, fmt.Errorf("rendering the addons: no resource of target %q carries a node bundle with an endpoint", t.Name())
	}
	spec := in.Cluster.Spec
	set, err := addon.Render(addon.Values{
		Cluster: in.Cluster, NodeEndpoint: endpoint,
		Images: images.For(spec.KubernetesVersion, spec.Images.Registry),
	})
	if err != nil {
		return nil, err
	}
	under(files, addonsDir, set.Files())
	return files, nil
}

// folderOf names what a bundle is for: the control planes, or a pool.
func folderOf(b node.Bundle) string {
	if b.Role == node.ControlPlane {
		return node.ControlPlane
	}
	return b.Pool
}

func under(files map[string][]byte, dir string, more map[string][]byte) {
	for name, data := range more {
		files[path.Join(dir, name)] = data
	}
}
