package swap

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMerge_RefusesOtherContentUnderOneName(t *testing.T) {
	had, other := layerSide("flannel", "f"), layerSide("toy", "t")
	had.Objects = append(had.Objects, object("ConfigMap", "cni", "flannel", "x"))
	other.Objects = append(other.Objects, object("ConfigMap", "cni", "toy", "x"))
	if _, err := Merge(had, other); err != nil {
		t.Errorf("the same content: %v", err)
	}
	other.Objects[len(other.Objects)-1] = object("ConfigMap", "cni", "toy", "y")
	if _, err := Merge(had, other); err == nil || !strings.Contains(err.Error(), "ConfigMap net/cni") {
		t.Errorf("got %v", err)
	}
}

func TestMerge_KeepsWhatOnlyOneSideHasToItsNodes(t *testing.T) {
	had, other := layerSide("flannel", "kube-flannel"), layerSide("cilium", "cilium")
	had.Objects = append(had.Objects, object("DaemonSet", "kube-proxy", "kube-proxy", ""))
	got, err := Merge(had, other)
	if err != nil {
		t.Fatal(err)
	}
	want := Transition{From: []Workload{{"net", "kube-flannel"}, {"net", "kube-proxy"}}, To: []Workload{{"net", "cilium"}}}
	if diff := cmp.Diff(want.From, got.From); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want.To, got.To); diff != "" || got.Retired != nil {
		t.Errorf("%s retired %v", diff, got.Retired)
	}
	seen := map[string]bool{}
	for _, obj := range got.Objects {
		if seen[identity(obj)] {
			t.Errorf("%s is there twice", identity(obj))
		}
		seen[identity(obj)] = true
	}
	if len(seen) != 7 {
		t.Errorf("got %v", seen)
	}
	if diff := cmp.Diff(layerSide("flannel", "kube-flannel").Objects, had.Objects[:4]); diff != "" {
		t.Errorf("the side itself was changed: %s", diff)
	}
}

func TestLeftovers_AreOfBothAndOfKubeProxyWhereOnlyOneHasIt(t *testing.T) {
	a, b := layerSide("a", "a").Layer, layerSide("b", "b").Layer
	a.Leftovers.Interfaces, b.Leftovers.Interfaces = []string{"x", "cni0"}, []string{"cni0"}
	b.Leftovers.Routes = true
	got := Leftovers(a, b)
	if !slices.Equal(got.Interfaces, []string{"cni0", "x"}) || !got.Routes || len(got.Chains) > 0 {
		t.Errorf("got %+v", got)
	}
	b.ReplacesKubeProxy = true
	if got := Leftovers(a, b); !slices.Contains(got.Chains, "KUBE-SERVICES") || slices.Contains(got.Chains, "KUBE-FIREWALL") {
		t.Errorf("got %+v", got)
	}
}
