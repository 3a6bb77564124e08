package addon

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// dual are the values of a cluster with two families, none of them a default.
func dual(layer string) Values {
	v := asInTree()
	v.Cluster.Spec.Network = config.Network{
		Layer: layer, PodCIDR: "10.32.0.0/12,fd00:32::/48", ServiceCIDR: "172.20.0.0/20,fd00:172::/112", DNSDomain: "cluster.local",
	}
	return v
}

func find(t *testing.T, set *Set, kind, name string) *unstructured.Unstructured {
	t.Helper()
	for _, obj := range set.Objects {
		if obj.GetKind() == kind && strings.HasPrefix(obj.GetName(), name) {
			return obj
		}
	}
	t.Fatalf("there is no %s %s", kind, name)
	return nil
}

func data(t *testing.T, set *Set, name, file string) string {
	t.Helper()
	text, found, err := unstructured.NestedString(find(t, set, "ConfigMap", name).Object, "data", file)
	if err != nil || !found {
		t.Fatalf("%s has no %s: %v", name, file, err)
	}
	return text
}

func TestRender_TellsFlannelOfBothFamilies(t *testing.T) {
	for layer, backend := range map[string]string{"flannel": "vxlan", "flannel-host-gw": "host-gw"} {
		var net struct {
			Network, IPv6Network string
			EnableIPv6           bool
			Backend              struct{ Type string }
		}
		if err := json.Unmarshal([]byte(data(t, render(t, dual(layer)), "kube-flannel-cfg", "net-conf.json")), &net); err != nil {
			t.Fatal(err)
		}
		if net.Network != "10.32.0.0/12" || net.IPv6Network != "fd00:32::/48" || !net.EnableIPv6 || net.Backend.Type != backend {
			t.Errorf("%s has %+v", layer, net)
		}
		one := asInTree()
		one.Cluster.Spec.Network.Layer = layer
		if text := data(t, render(t, one), "kube-flannel-cfg", "net-conf.json"); strings.Contains(text, "IPv6") {
			t.Errorf("%s of one family has %s", layer, text)
		}
	}
}

// The template is filled in by the shell, on the host: what it makes is what
// one family has, with the size of packets.
func TestRender_LetsFlannelsPodsKnowWhatFitsBetweenHosts(t *testing.T) {
	set := render(t, dual("flannel"))
	text := data(t, set, "kube-flannel-cfg", "cni-conf.json")
	if strings.Count(text, "MTU") != 1 {
		t.Fatalf("the shell finds no one place for the size in %s", text)
	}
	one := asInTree()
	var with, without any
	if err := json.Unmarshal([]byte(strings.Replace(text, `, "mtu": MTU`, "", 1)), &with); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(data(t, render(t, one), "kube-flannel-cfg", "cni-conf.json")), &without); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(without, with); diff != "" {
		t.Errorf("(-one family +two):\n%s", diff)
	}
	daemon := find(t, set, "DaemonSet", "kube-flannel")
	containers, _, err := unstructured.NestedSlice(daemon.Object, "spec", "template", "spec", "containers")
	if err != nil || len(containers) != 1 {
		t.Fatalf("flannel has %d containers: %v", len(containers), err)
	}
	command, _, err := unstructured.NestedStringSlice(containers[0].(map[string]any), "lifecycle", "postStart", "exec", "command")
	if err != nil || len(command) != 5 || !strings.Contains(command[4], "flannel-v6.1/mtu") {
		t.Errorf("after its start it runs %q: %v", command, err)
	}
}

func TestRender_TellsKubeProxyOfBothFamilies(t *testing.T) {
	for _, mode := range []string{config.ProxyAuto, config.ProxyNFTables, config.ProxyIPTables} {
		v := dual("flannel")
		v.Cluster.Spec.Network.ProxyMode = mode
		set := render(t, v)
		obj := find(t, set, "ConfigMap", "kube-proxy")
		all, _, err := unstructured.NestedStringMap(obj.Object, "data")
		if err != nil {
			t.Fatal(err)
		}
		for file, content := range all {
			if strings.Contains(content, "clusterCIDR") && !strings.Contains(content, "clusterCIDR: 10.32.0.0/12,fd00:32::/48\n") {
				t.Errorf("mode %s, %s:\n%s", mode, file, content)
			}
		}
		if !strings.Contains(strings.Join(values(all), ""), "clusterCIDR: ") {
			t.Errorf("mode %s has no clusterCIDR", mode)
		}
	}
}

func values(all map[string]string) (list []string) {
	for _, value := range all {
		list = append(list, value)
	}
	return list
}

func TestRender_GivesDNSAnAddressOfEachFamily(t *testing.T) {
	spec := func(v Values) map[string]any {
		return find(t, render(t, v), "Service", "kube-dns").Object["spec"].(map[string]any)
	}
	if got := spec(dual("flannel")); got["ipFamilyPolicy"] != "PreferDualStack" || got["clusterIP"] != "172.20.0.10" {
		t.Errorf("got %v", got)
	}
	if got := spec(asInTree()); got["ipFamilyPolicy"] != nil {
		t.Errorf("DNS of one family has %v", got["ipFamilyPolicy"])
	}
}

// What is no list of ranges gets none, and no word for a range is left.
func TestRender_LeavesNoRangeOfAnother(t *testing.T) {
	all := string(text(render(t, dual("flannel")).Files()))
	for _, stale := range []string{config.DefaultPodCIDR, config.DefaultServiceCIDR, config.DefaultPodCIDR6, config.DefaultServiceCIDR6, "172.20.0.0/20,fd00"} {
		if strings.Contains(all, stale) {
			t.Errorf("%s is in what was rendered", stale)
		}
	}
}
