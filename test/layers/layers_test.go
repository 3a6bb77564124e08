package layers_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube/kubetest"
)

const version1371 = "v1.37.1"

// newCluster is a cluster on this machine with a network layer.
func newCluster(layer string) *config.Cluster {
	cluster := &config.Cluster{Metadata: config.Metadata{Name: "layers"}}
	cluster.Spec.Target, cluster.Spec.KubernetesVersion = "local", version1371
	cluster.Spec.Network = config.Network{
		Layer: layer, PodCIDR: config.DefaultPodCIDR, ServiceCIDR: config.DefaultServiceCIDR, DNSDomain: config.DefaultDNSDomain,
	}
	return cluster
}

func render(t *testing.T, cluster *config.Cluster, own *catalog.Layer) *addon.Set {
	t.Helper()
	set, err := addon.Render(addon.Values{
		Cluster: cluster, NodeEndpoint: "api.example:6443", Images: images.For(version1371, ""), Layer: own,
	})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func server(t *testing.T) *kube.Client {
	t.Helper()
	client, err := kube.New(kubetest.Start(t).Kubeconfig(kubetest.AdminToken))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// take applies the objects of a layer in order, strictly, and takes them away.
func take(t *testing.T, client *kube.Client, layer string, set *addon.Set) {
	t.Helper()
	var applied []kube.Ref
	for _, obj := range set.Objects {
		if obj.GetLabels()[addon.Label] != layer {
			continue
		}
		if _, err := client.Apply(t.Context(), obj, kube.Options{}); err != nil {
			t.Errorf("layer %s: %v", layer, err)
			continue
		}
		applied = append(applied, kube.RefOf(obj))
	}
	if len(applied) == 0 {
		t.Errorf("layer %s has no objects", layer)
	}
	for _, ref := range applied {
		if ref.Kind == "Namespace" {
			continue // which stays as long as nobody empties it
		}
		if err := client.Delete(t.Context(), ref); err != nil {
			t.Errorf("layer %s: %v", layer, err)
		}
	}
}

func all(t *testing.T) []catalog.Layer {
	t.Helper()
	layers, err := catalog.Layers()
	if err != nil {
		t.Fatal(err)
	}
	return layers
}

const (
	podsOfBoth     = config.DefaultPodCIDR + ",fd00:10:244::/56"
	servicesOfBoth = config.DefaultServiceCIDR + ",fd00:10:96::/112"
)

func TestLayers_AreTakenByAnAPIServer(t *testing.T) {
	client := server(t)
	for _, layer := range all(t) {
		if layer.Name == catalog.None {
			continue
		}
		cluster := newCluster(layer.Name)
		take(t, client, layer.Name, render(t, cluster, nil))
		if layer.DualStack {
			cluster.Spec.Network.PodCIDR, cluster.Spec.Network.ServiceCIDR = podsOfBoth, servicesOfBoth
			take(t, client, layer.Name, render(t, cluster, nil))
		}
	}
}

func TestLayers_ThatDeclareBothFamiliesHaveThem(t *testing.T) {
	for _, layer := range all(t) {
		if layer.Name == catalog.None || !layer.DualStack {
			continue
		}
		cluster := newCluster(layer.Name)
		one := objectsOf(t, cluster, layer.Name)
		cluster.Spec.Network.PodCIDR, cluster.Spec.Network.ServiceCIDR = podsOfBoth, servicesOfBoth
		switched := regexp.MustCompile(`(?i)ipv6"?[=:]\s*"?true`)
		if both := objectsOf(t, cluster, layer.Name); !switched.MatchString(both) || switched.MatchString(one) {
			t.Errorf("%s is switched to both families by nothing", layer.Name)
		}
	}
}

// objectsOf is what is rendered of a layer, as text.
func objectsOf(t *testing.T, cluster *config.Cluster, layer string) string {
	t.Helper()
	var own []string
	for name, content := range render(t, cluster, nil).Files() {
		if name != "kustomization.yaml" && strings.Contains(string(content), addon.Label+": "+layer+"\n") {
			own = append(own, string(content))
		}
	}
	return strings.Join(own, "")
}

// What a layer does by its manifests is what it declares. The left side is what
// makes a layer need, or not need, the right.
func TestDeclarations_AgreeWithTheManifests(t *testing.T) {
	for _, test := range []struct {
		layer, says string
		ports       string
		overhead    int
		sameSubnet  bool
		policy      bool
	}{
		{"flannel", `"Type": "vxlan"`, "8472/udp", 50, false, false},
		{"flannel-host-gw", `"Type": "host-gw"`, "none", 0, true, false},
		{"cilium", "tunnel-protocol: vxlan", "8472/udp, 4240/tcp", 50, false, true},
		{"calico", "CALICO_IPV4POOL_VXLAN\n          value: Always", "4789/udp", 50, false, true},
		{"kube-router", "--enable-overlay=false", "179/tcp", 0, true, true},
	} {
		layer, err := catalog.LayerOf(test.layer)
		if err != nil {
			t.Fatal(err)
		}
		text := objectsOf(t, newCluster(test.layer), test.layer)
		if !strings.Contains(text, test.says) {
			t.Errorf("%s no longer says %q: what it declares may be wrong", test.layer, test.says)
		}
		if ports(layer) != test.ports || layer.MTUOverhead != test.overhead || layer.SameSubnet != test.sameSubnet || layer.EnforcesPolicy != test.policy {
			t.Errorf("%s declares %+v", test.layer, layer)
		}
		if !strings.Contains(text, layer.Version) {
			t.Errorf("%s declares version %s and runs another", test.layer, layer.Version)
		}
		const folder = "/etc/cni/net.d/"
		if !slices.ContainsFunc(layer.Leftovers.Files, func(leftover string) bool {
			name, inFolder := strings.CutPrefix(leftover, folder)
			return inFolder && strings.Contains(text, name)
		}) {
			t.Errorf("%s leaves nothing in %s that it writes there: %q", test.layer, folder, layer.Leftovers.Files)
		}
	}
}

// What is on the host's network starts before Services work, wherever it runs.
func TestLayers_ReachTheAPIDirectly(t *testing.T) {
	for _, layer := range all(t) {
		if layer.Name == catalog.None {
			continue
		}
		for _, obj := range render(t, newCluster(layer.Name), nil).Objects {
			text, err := obj.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			own := obj.GetLabels()[addon.Label] == layer.Name && strings.Contains(string(text), `"hostNetwork":true`)
			if own && (!strings.Contains(string(text), `"value":"api.example"`) || strings.Contains(string(text), "control-plane.invalid")) {
				t.Errorf("%s %s of %s does not reach the API directly", obj.GetKind(), obj.GetName(), layer.Name)
			}
		}
	}
}
