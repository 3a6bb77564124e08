// Package network_test brings up a real cluster of one control plane and two
// workers with a network layer, and asks of it what Kubernetes asks of a pod
// network: from pods and hosts, on every pair of nodes.
package network_test

import (
	"os"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/test/cluster"
)

// What hack/network.sh sets. Without the first these tests are skipped.
const (
	// layerVariable is what spec.network.layer says.
	layerVariable = "ANYWHERE_TEST_LAYER"
	// policyVariable is what spec.network.policy says.
	policyVariable = "ANYWHERE_TEST_POLICY"
)

func TestLayer(t *testing.T) {
	layer := layerOfRun(t)
	policy := os.Getenv(policyVariable)
	size := cluster.Config{APIPort: 16444, NodeCIDR: "172.31.244.0/24", Workers: 2}
	if policy == config.PolicyAddon && !queues(t) {
		t.Log("this kernel has no queue of nftables (CONFIG_NFT_QUEUE): all that is asked is whether create says so")
		of(t, "net", size, network{Layer: layer, Policy: policy}).testNoQueue(t)
		return
	}
	c := up(t, "net", size, network{Layer: layer, Policy: policy})
	c.start(t)

	c.connectivity(t)
	t.Run("full-size packets pass whole", c.testPackets)
	if c.enforces(t) {
		t.Run("network policy is enforced", c.testPolicy)
	} else {
		t.Run("network policy has no effect, as create says", c.testNoPolicy)
	}
	t.Run("a worker survives a reboot", c.testReboot)
}

// layerOfRun is the layer that this run is about; a run about none is skipped.
func layerOfRun(t *testing.T) string {
	t.Helper()
	layer := os.Getenv(layerVariable)
	if layer == "" {
		t.Skipf("%s is not set: 'make test-network LAYER=flannel' builds images and hosts and sets it", layerVariable)
	}
	return layer
}

// network is what tests say in spec.network. The fields are the config's.
type network struct {
	Layer       string `json:"layer,omitempty"`
	Policy      string `json:"policy,omitempty"`
	ProxyMode   string `json:"proxyMode,omitempty"`
	PodCIDR     string `json:"podCIDR,omitempty"`
	ServiceCIDR string `json:"serviceCIDR,omitempty"`
	NodeCIDR    string `json:"nodeCIDR,omitempty"`
}

// up brings up a local cluster, which goes when the test ends. Its hosts load
// the images of the tests' pods, of the layer and of whatever components are
// named besides: a test that switches to another layer names that.
func up(t *testing.T, name string, size cluster.Config, n network, with ...string) *suite {
	t.Helper()
	c := of(t, name, size, n, with...)
	c.said = c.Anywhere(t, "create", "-f", c.File)
	return c
}

// of writes the config of such a cluster, and makes nothing yet.
func of(t *testing.T, name string, size cluster.Config, n network, with ...string) *suite {
	t.Helper()
	if n.NodeCIDR == "" {
		n.NodeCIDR = size.NodeCIDR
	}
	return &suite{network: n, Cluster: cluster.Of(t, name, size, map[string]any{
		"target":       "local",
		"controlPlane": map[string]any{"count": max(1, size.ControlPlanes)},
		"pools":        []any{map[string]any{"name": "workers", "count": size.Workers}},
		"network":      n,
		"local":        map[string]any{"apiPort": size.APIPort},
		"images":       map[string]any{"bundle": archive(t, append(with, n.Layer, n.Policy)...)},
	})}
}

// archive is the one in the cache with the images of tests' pods and of those
// names that are components with images of their own.
func archive(t *testing.T, names ...string) string {
	t.Helper()
	with := []string{"agnhost"}
	for _, name := range names {
		for _, optional := range images.Optional() {
			if name == optional {
				with = append(with, name)
			}
		}
	}
	bundle, err := images.Find(config.DefaultKubernetesVersion, "", with...)
	if err != nil {
		t.Fatal(err)
	}
	if bundle.Path == "" {
		t.Fatalf("no archive has the images of %v: make one with: make images WITH=%s", with, strings.Join(with, ","))
	}
	return bundle.Path
}

// enforces tells whether NetworkPolicy objects shall take effect.
func (c *suite) enforces(t *testing.T) bool {
	t.Helper()
	return c.network.Policy != "" || c.declared(t).EnforcesPolicy
}

// declared is what the layer says of itself.
func (c *suite) declared(t *testing.T) catalog.Layer {
	t.Helper()
	var layer catalog.Layer
	var err error
	if catalog.IsPath(c.network.Layer) {
		layer, err = catalog.ReadLayer(os.DirFS(c.network.Layer), catalog.Called(c.network.Layer))
	} else {
		layer, err = catalog.LayerOf(c.network.Layer)
	}
	if err != nil {
		t.Fatal(err)
	}
	return layer
}
