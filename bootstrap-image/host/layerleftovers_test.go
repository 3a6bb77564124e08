package host

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
)

func TestResetPlan_FindsWhatAnyLayerLeft(t *testing.T) {
	own := catalog.Layer{Name: "/home/me/wires", Leftovers: catalog.Leftovers{
		Interfaces: []string{"wire0"}, Files: []string{"/etc/cni/net.d/10-wires.conflist"}, Chains: []string{"WIRES-*"},
	}}
	bundle, err := json.Marshal(node.Bundle{Layer: &own})
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]string{
		KeptBundle[1:]:                       string(bundle),
		"sys/class/net/cilium_vxlan/mtu":     "", // declared as cilium_*
		"sys/class/net/kube-bridge/mtu":      "",
		"sys/class/net/wire0/mtu":            "",
		"sys/class/net/flannel.1/mtu":        "", // there before
		"sys/class/net/eth0/mtu":             "",
		"sys/class/net/lxcbr0/mtu":           "", // LXC's
		"opt/cni/bin/cilium-cni":             "",
		"opt/cni/bin/bridge":                 "", // the user's
		"etc/cni/net.d/05-cilium.conflist":   "",
		"etc/cni/net.d/10-wires.conflist":    "",
		"etc/cni/net.d/10-flannel.conflist":  "", // there before
		"etc/cni/net.d/87-podman.conflist":   "",
		"run/cilium/state/of/endpoints/file": "",
		"run/calico/nodename":                "", // there before
		"var/lib/cni/flannel/0123":           "", // goes with the folder of components
	}
	r, _ := newRun(t, there)
	plan := resetPlan{rec: record{Before: []string{"/sys/class/net/flannel.1", "/etc/cni/net.d/10-flannel.conflist", "/run/calico"}}}
	plan.addNetwork(r.root)
	if want := []string{"cilium_vxlan", "kube-bridge", "wire0"}; !slices.Equal(plan.interfaces, want) {
		t.Errorf("the devices %q go, want %q", plan.interfaces, want)
	}
	slices.Sort(plan.files)
	if want := []string{"/etc/cni/net.d/05-cilium.conflist", "/etc/cni/net.d/10-wires.conflist", "/opt/cni/bin/cilium-cni"}; !slices.Equal(plan.files, want) {
		t.Errorf("the files %q go, want %q", plan.files, want)
	}
	if want := []string{"/run/cilium"}; !slices.Equal(plan.folders, want) {
		t.Errorf("the folders %q go, want %q", plan.folders, want)
	}
	chains := r.root.layerChains()
	for _, want := range []string{"CILIUM_", "KUBE-ROUTER-", "cali-", "WIRES-", "FLANNEL-FWD"} {
		if !slices.Contains(chains, want) {
			t.Errorf("chains that begin with %s stay; those that go are %q", want, chains)
		}
	}
}
