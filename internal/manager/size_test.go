package manager

import (
	"encoding/base64"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube/kubetest"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// The cluster keeps its set in one ConfigMap, of which the API takes 1 MiB. The
// largest set there can be has to fit, with room for as much of the user's own.
func TestSet_FitsWithEveryAddonAndAnyLayer(t *testing.T) {
	const most = 512 << 10
	server := kubetest.Start(t)
	admin, err := kube.New(server.Kubeconfig(kubetest.AdminToken))
	if err != nil {
		t.Fatal(err)
	}
	addons, err := catalog.Addons()
	if err != nil {
		t.Fatal(err)
	}
	for _, layer := range catalog.LayerNames() {
		// Of all targets, Azure's own addons have the most objects.
		c := config.Cluster{Metadata: config.Metadata{Name: "all"}}
		c.Spec.Target, c.Spec.KubernetesVersion = "azure", "v1.37.1"
		c.Spec.Network = config.Network{Layer: layer, PodCIDR: "10.244.0.0/16", ServiceCIDR: "10.96.0.0/16", DNSDomain: "cluster.local"}
		c.Spec.Logging.Output = config.LogsToStdout
		for _, a := range addons {
			if a.On(c.Spec.Target) {
				c.Spec.Addons = append(c.Spec.Addons, config.Addon{Name: a.Name})
			}
		}
		set, err := addon.Render(addon.Values{Cluster: &c, NodeEndpoint: "10.240.0.2:6443", Images: images.For("v1.37.1", "")})
		if err != nil {
			t.Fatal(err)
		}
		if err := admin.WriteDesired(t.Context(), set.Objects); err != nil {
			t.Errorf("%s: %v", layer, err)
			continue
		}
		size := sizeOf(t, admin)
		t.Logf("%s: %d objects take %d bytes", layer, len(set.Objects), size)
		if size > most {
			t.Errorf("%s: that is more than %d", layer, most)
		}
	}
}

// sizeOf is how many bytes the ConfigMap of the set holds.
func sizeOf(t *testing.T, admin *kube.Client) (size int) {
	t.Helper()
	cm, found, err := admin.Get(t.Context(), kube.Ref{Version: "v1", Kind: "ConfigMap", Namespace: kube.SetNamespace, Name: kube.SetName})
	if err != nil || !found {
		t.Fatalf("found %t, %v", found, err)
	}
	packed, _, _ := unstructured.NestedStringMap(cm.Object, "binaryData")
	for _, text := range packed {
		size += base64.StdEncoding.DecodedLen(len(text))
	}
	plain, _, _ := unstructured.NestedStringMap(cm.Object, "data")
	for _, text := range plain {
		size += len(text)
	}
	return size
}
