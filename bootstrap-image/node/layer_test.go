package node

import (
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
)

// wires is a layer of the user's own with a need of every kind.
func wires() *catalog.Layer {
	return &catalog.Layer{
		Name: "/home/me/wires", PodCIDR: catalog.PodCIDRFromLayer,
		Kernel: catalog.Kernel{
			Modules: []string{"br_netfilter", "dummy"},
			Sysctls: map[string]string{"net.ipv4.conf.all.rp_filter": "0", "kernel.panic": "10"},
		},
	}
}

func TestIgnition_GivesALayerItsModulesAndSettings(t *testing.T) {
	b := newBundle(t, Worker)
	b.Cluster.Spec.Network.Layer, b.Layer = "/home/me/wires", wires()
	out := show(t, render(t, b, newFacts(Worker)))
	for _, want := range []string{
		"\nbr_netfilter\nnf_conntrack\ndummy\n",
		"# The network layer wires asks for these.\nkernel.panic = 10\nnet.ipv4.conf.all.rp_filter = 0\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in what was rendered", want)
		}
	}
	container := newFacts(Worker)
	container.IsContainer = true
	out = show(t, render(t, b, container))
	if strings.Contains(out, "kernel.panic") || !strings.Contains(out, "net.ipv4.conf.all.rp_filter = 0") {
		t.Error("a host that is a container has settings of the whole machine, or none of its own")
	}
}

func TestIgnition_LeavesAddressesToALayerThatKeepsThem(t *testing.T) {
	b := newBundle(t, ControlPlane)
	if out := show(t, render(t, b, newFacts(ControlPlane))); !strings.Contains(out, "- --allocate-node-cidrs=true\n    - --cluster-cidr=10.244.0.0/16\n") {
		t.Error("nodes get no ranges for flannel")
	}
	b.Cluster.Spec.Network.Layer, b.Layer = "/home/me/wires", wires()
	out := show(t, render(t, b, newFacts(ControlPlane)))
	if !strings.Contains(out, "- --allocate-node-cidrs=false\n") || strings.Contains(out, "--cluster-cidr") {
		t.Error("nodes get ranges that the layer does not use")
	}
}

func TestNetworkLayer_AsksForNothingWhereNothingIsDeclared(t *testing.T) {
	b := newBundle(t, Worker)
	b.Cluster.Spec.Network.Layer = "./wires"
	layer, err := b.NetworkLayer()
	if err != nil || len(layer.Kernel.Modules) > 0 || layer.PodCIDR != catalog.PodCIDRFromNodes {
		t.Errorf("got %+v, %v", layer, err)
	}
	b.Cluster.Spec.Network.Layer = "strings"
	if _, err := b.NetworkLayer(); err == nil || !strings.Contains(err.Error(), `"strings"`) {
		t.Errorf("a layer that is not there: %v", err)
	}
}
