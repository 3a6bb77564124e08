package catalog_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
)

func TestLayers_AreAllThere(t *testing.T) {
	layers, err := catalog.Layers()
	if err != nil {
		t.Fatal(err)
	}
	names := catalog.LayerNames()
	if len(layers) != len(names) || names[0] != catalog.DefaultLayer || names[len(names)-1] != catalog.None {
		t.Errorf("the layers are called %q", names)
	}
	for _, name := range []string{"flannel", "flannel-host-gw", "cilium", "kube-router", "calico"} {
		if !slices.Contains(names, name) {
			t.Errorf("there is no %s among %q", name, names)
		}
	}
	for _, layer := range layers {
		for _, port := range layer.Ports {
			if !strings.HasPrefix(port.Why, layer.Name+": ") {
				t.Errorf("a firewall's rule would not say that port %d is %s's: %q", port.From, layer.Name, port.Why)
			}
		}
	}
}

func TestReadLayer_RefusesWhatCannotBeMeant(t *testing.T) {
	const fine = "description: wires\npodCIDR: nodes\n"
	for said, want := range map[string]string{
		"podCIDR: nodes\n":                              "no description",
		"description: wires\npodCIDR: somewhere\n":      `podCIDR is "somewhere"; write nodes or layer`,
		fine + "port: 1\n":                              `unknown field "port"`,
		fine + "ports: [{from: 1, protocol: sctp}]\n":   `protocol "sctp"; write tcp or udp`,
		fine + "ports: [{from: 9, to: 3}]\n":            "9 to 3 is no range",
		fine + "ports: [{from: 70000}]\n":               "70000 to 0 is no range",
		fine + "leftovers: {files: [/etc]}\n":           `leftover "/etc"`,
		fine + "leftovers: {files: [run/toy]}\n":        `leftover "run/toy"`,
		fine + "replaceKubeProxy: true\n":               `unknown field "replaceKubeProxy"`,
		fine + "leftovers: {chains: ['*']}\n":           `leftover "*"`,
		fine + "leftovers: {interfaces: ['et*']}\n":     `leftover "et*"`,
		fine + "leftovers: {ipsets: ['a*c-', toy-x]}\n": `leftover "a*c-"`,
	} {
		folder := fstest.MapFS{"layer.yaml": {Data: []byte(said)}}
		if _, err := catalog.ReadLayer(folder, "wires"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", said, err, want)
		}
	}
}

func TestReadLayer_TakesAFolderOfOnesOwnWithoutADeclaration(t *testing.T) {
	layer, err := catalog.ReadLayer(fstest.MapFS{}, "./wires")
	if err != nil || layer.PodCIDR != catalog.PodCIDRFromNodes || len(layer.Ports) > 0 || layer.ReplacesKubeProxy {
		t.Errorf("got %+v, %v", layer, err)
	}
	if _, err := catalog.ReadLayer(fstest.MapFS{}, "wires"); err == nil {
		t.Error("a layer that is built in may lack a declaration")
	}
}

func TestServes_SaysWhatATargetOrItsRangesLack(t *testing.T) {
	one := []netip.Prefix{netip.MustParsePrefix("10.244.0.0/16")}
	both := append(slices.Clone(one), netip.MustParsePrefix("fd00::/56"))
	for _, test := range []struct {
		layer      catalog.Layer
		ownNetwork bool
		ranges     []netip.Prefix
		want       string
	}{
		{catalog.Layer{SameSubnet: true}, false, one, ""},
		{catalog.Layer{SameSubnet: true}, true, one, "without a router in between"},
		{catalog.Layer{Protocols: []string{"ipip"}}, false, one, ""},
		{catalog.Layer{Protocols: []string{"ipip"}}, true, one, "IP protocol ipip"},
		{catalog.Layer{}, true, one, ""},
		{catalog.Layer{}, false, both, "one family only"},
		{catalog.Layer{DualStack: true}, true, both, ""},
	} {
		got := test.layer.Serves(test.ownNetwork, test.ranges)
		if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%+v on a network of its own %t, %d ranges: %q, want %q", test.layer, test.ownNetwork, len(test.ranges), got, test.want)
		}
	}
}

func TestLayerOf_NamesWhatThereIs(t *testing.T) {
	_, err := catalog.LayerOf("wires")
	if err == nil || !strings.Contains(err.Error(), `"wires"`) || !strings.Contains(err.Error(), "flannel, ") {
		t.Errorf("got %v", err)
	}
	if catalog.Called("/home/me/wires/") != "wires" || catalog.Called("flannel") != "flannel" {
		t.Error("a layer of one's own is not called by its folder")
	}
}
