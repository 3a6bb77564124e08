package target

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// BundleInput is what the bundles of all hosts of a cluster are made from.
type BundleInput struct {
	Cluster *config.Cluster
	// Endpoint is host:port of the API as nodes reach it.
	Endpoint      string
	ControlPlanes []node.Member
	ExtraSANs     []string
	// ImageArchive is the archive's path on the hosts.
	ImageArchive string
	// Balanced is as in node.Bundle.
	Balanced bool
	// Cloud and CloudController are as in node.Bundle.
	Cloud           string
	CloudController bool
	// Layer is as in node.Bundle.
	Layer *catalog.Layer
	// Credentials are the whole cluster's; each role gets its part of them.
	Credentials node.Credentials
}

// ControlPlaneBundle is the bundle of every control plane: the same bytes for
// each, and for each run with the same input.
func ControlPlaneBundle(in BundleInput) ([]byte, error) {
	if in.Credentials.CA.Key == "" {
		return nil, fmt.Errorf("writing the bundle of the control planes: the key of the authority is missing; give the cluster's credentials")
	}
	bundle := in.bundle(node.ControlPlane)
	bundle.ExtraSANs = in.ExtraSANs
	bundle.Credentials = in.Credentials
	return marshalBundle(bundle)
}

// WorkerBundle is the bundle of every worker of a pool. It holds trust in the
// authority and the bootstrap token, and no key at all.
func WorkerBundle(in BundleInput, pool string) ([]byte, error) {
	bundle := in.bundle(node.Worker)
	bundle.Pool = pool
	for _, candidate := range in.Cluster.Spec.Pools {
		if candidate.Name == pool {
			// How many there are, and of what, is nothing to a worker; with it
			// in the bundle, every worker would be set up again whenever its
			// pool is scaled.
			bundle.Cluster.Spec.Pools = []config.Pool{{
				Name: candidate.Name, Count: 1, Labels: candidate.Labels, Taints: candidate.Taints,
			}}
		}
	}
	if len(bundle.Cluster.Spec.Pools) == 0 {
		return nil, fmt.Errorf("writing the bundle of pool %q: the config has no such pool", pool)
	}
	bundle.Credentials = node.Credentials{
		CA:             node.Authority{Certificate: in.Credentials.CA.Certificate},
		BootstrapToken: in.Credentials.BootstrapToken,
	}
	return marshalBundle(bundle)
}

// bundle is what both roles have in common. The target's block and the path of
// the archive on the user's machine stay behind: they are no node's business.
func (in BundleInput) bundle(role string) node.Bundle {
	cluster := *in.Cluster
	cluster.Schema = ""
	cluster.Spec.Block = nil
	cluster.Spec.Images.Bundle = ""
	cluster.Spec.Pools = nil
	// What runs in the cluster is applied to it; of most of it hosts know nothing.
	cluster.Spec.Addons, cluster.Spec.Logging = hostAddons(in.Cluster), config.Logging{}
	cluster.Spec.Network.Policy, cluster.Spec.Network.ProxyMode = "", ""
	plane := config.ControlPlane{Count: cluster.Spec.ControlPlane.Count}
	if role == node.ControlPlane {
		// Of workers they are none's business: other snapshots replace no pool.
		plane.Snapshots = cluster.Spec.ControlPlane.Snapshots
	}
	cluster.Spec.ControlPlane = plane
	return node.Bundle{
		APIVersion:      node.APIVersion,
		Kind:            node.Kind,
		Role:            role,
		Cluster:         cluster,
		Endpoint:        in.Endpoint,
		ControlPlanes:   in.ControlPlanes,
		ImageArchive:    in.ImageArchive,
		Balanced:        in.Balanced,
		Cloud:           in.Cloud,
		CloudController: in.CloudController,
		Layer:           in.Layer,
	}
}

// hostAddons are the addons that hosts are set up for in another way.
func hostAddons(cluster *config.Cluster) (listed []config.Addon) {
	for _, name := range cluster.EnabledAddons() {
		if declared, err := catalog.AddonOf(name); err == nil && declared.Hosts {
			listed = append(listed, config.Addon{Name: name})
		}
	}
	return listed
}

func marshalBundle(bundle node.Bundle) ([]byte, error) {
	data, err := json.MarshalIndent(bundle, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the bundle of a %s: %w", bundle.Role, err)
	}
	return append(data, '\n'), nil
}

// BundleDigest is what the first-boot script checks a bundle against. A bundle
// holds far more entropy than can be guessed, so its digest is no secret.
func BundleDigest(bundle []byte) string {
	sum := sha256.Sum256(bundle)
	return hex.EncodeToString(sum[:])
}
