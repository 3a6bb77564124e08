package choice

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

func object(kind, name, of, image string) *unstructured.Unstructured {
	o := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": kind, "metadata": map[string]any{"name": name, "namespace": "n"}}}
	if of != "" {
		o.SetLabels(map[string]string{addon.Label: of})
	}
	if image != "" {
		_ = unstructured.SetNestedSlice(o.Object, []any{map[string]any{"image": image}}, "spec", "template", "spec", "containers")
	}
	return o
}

func TestStandings_TellEveryState(t *testing.T) {
	c := &config.Cluster{}
	c.Spec.Target, c.Spec.Network.Layer = "local", "flannel"
	c.Spec.Addons = []config.Addon{{Name: "coredns", Unmanaged: true}, {Name: "metrics-server", Enabled: new(false)}, {Name: "mine", Path: "mine"}}
	set := &addon.Set{
		Objects: []*unstructured.Unstructured{
			object("DaemonSet", "flannel", "flannel", "x/flannel:v1"), object("ConfigMap", "flannel", "flannel", ""),
			object("DaemonSet", "kube-proxy", "kube-proxy", "registry:5000/kube-proxy:v1.37.1@sha256:00"),
			object("Role", "join", "access", ""), object("Deployment", "mine", "mine", "registry:5000/mine"),
		},
		Unmanaged: []*unstructured.Unstructured{object("Deployment", "coredns", "coredns", "x/coredns:v9")},
	}
	seen := &Seen{
		Look: func(o *unstructured.Unstructured) (int, int, string) {
			switch o.GetKind() + o.GetName() {
			case "DaemonSetflannel":
				return 2, 3, "2 of 3 pods ready"
			case "DaemonSetkube-proxy":
				return 3, 3, ""
			case "Deploymentmine":
				return 0, 0, "does not exist yet"
			}
			return 0, 0, ""
		},
		Applied: []*unstructured.Unstructured{object("Deployment", "m", "metrics-server", ""), object("Role", "x", "headlamp", ""), object("Role", "join", "access", "")},
	}
	lines := func(all []Standing) (out []string) {
		for _, s := range all {
			out = append(out, fmt.Sprintf("%s|%s|%s %d/%d|%d|%s", s.Name, s.Version, s.State, s.Ready, s.Wanted, len(s.Objects), s.Reason))
		}
		return out
	}
	left := " objects are still applied: 'kubectl anywhere addons apply' prunes them"
	want := []string{
		"access||ready 0/0|1|",
		"coredns|v1.15.0|unmanaged 0/0|1|",
		"flannel|" + versionOf(c, "flannel", &addon.Set{}) + "|not ready 2/3|2|DaemonSet n/flannel: 2 of 3 pods ready",
		"headlamp|" + versionOf(c, "headlamp", &addon.Set{}) + "|disabled 0/0|0|1" + left,
		"kube-proxy|v1.37.1|ready 3/3|1|",
		"metrics-server|" + versionOf(c, "metrics-server", &addon.Set{}) + "|disabled 0/0|0|1" + left,
		"mine||not applied 0/0|1|none of its objects is there",
	}
	var got []string
	for _, line := range lines(Standings(c, set, seen)) {
		if name, _, _ := strings.Cut(line, "|"); strings.Contains(strings.Join(want, "\n"), name+"|") {
			got = append(got, line) // others may be there by default some day
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, s := range Standings(c, set, nil) {
		if len(s.Objects) > 0 && s.State != Unknown && s.Name != "coredns" {
			t.Errorf("without a cluster, %s is %s", s.Name, s.State)
		}
	}
}
