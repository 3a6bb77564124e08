package swap_test

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/swap"
)

// side renders a cluster with one of the layers that are built in.
func side(t *testing.T, name string) swap.Side {
	t.Helper()
	cluster := config.New("local", nil)
	cluster.Metadata.Name = "a"
	cluster.Spec.Network.Layer = name
	layer, err := catalog.LayerOf(name)
	if err != nil {
		t.Fatal(err)
	}
	set, err := addon.Render(addon.Values{
		Cluster: cluster, NodeEndpoint: "192.0.2.1:6443", Images: images.For(cluster.Spec.KubernetesVersion, ""),
	})
	if err != nil {
		t.Fatal(err)
	}
	return swap.Side{Name: name, Layer: layer, Enforces: layer.EnforcesPolicy, Objects: set.Objects}
}

// name is an object's, whatever its version.
func name(obj *unstructured.Unstructured) string {
	return obj.GroupVersionKind().GroupKind().String() + " " + obj.GetNamespace() + "/" + obj.GetName()
}

func TestMerge_TakesAnyTwoLayersThatAreBuiltIn(t *testing.T) {
	sides := map[string]swap.Side{}
	for _, layer := range catalog.LayerNames() {
		if layer != catalog.None {
			sides[layer] = side(t, layer)
		}
	}
	for _, from := range sides {
		for _, to := range sides {
			if from.Name == to.Name {
				continue
			}
			t.Run(from.Name+" to "+to.Name, func(t *testing.T) {
				merged, err := swap.Merge(from, to)
				if err != nil {
					t.Fatal(err)
				}
				together(t, merged, from, to)
			})
		}
	}
}

// together checks that a transition has all of both, each object once, and
// that no DaemonSet of a layer runs where it should not.
func together(t *testing.T, merged swap.Transition, from, to swap.Side) {
	t.Helper()
	seen := map[string]*unstructured.Unstructured{}
	for _, obj := range merged.Objects {
		if seen[name(obj)] != nil {
			t.Errorf("%s is there twice", name(obj))
		}
		seen[name(obj)] = obj
	}
	for _, s := range []swap.Side{from, to} {
		for _, obj := range s.Objects {
			has := seen[name(obj)] != nil
			if obj.SetName(obj.GetName() + "-" + to.Name); !has && seen[name(obj)] == nil {
				t.Errorf("%s of %s is missing", name(obj), s.Name)
			}
			obj.SetName(strings.TrimSuffix(obj.GetName(), "-"+to.Name))
		}
	}
	if len(merged.From) == 0 || len(merged.To) == 0 {
		t.Errorf("tied to the one: %v, to the other: %v", merged.From, merged.To)
	}
	for _, tied := range append(merged.From, merged.To...) {
		text, _ := seen["DaemonSet.apps "+tied.Namespace+"/"+tied.Name].MarshalJSON()
		if !strings.Contains(string(text), `"key":"`+swap.NodeLabel+`"`) {
			t.Errorf("DaemonSet %s keeps to no nodes", tied.Name)
		}
	}
	if renames := len(merged.Renamed) > 0; renames != (merged.Retired != nil) || renames && len(merged.Objects) <= len(merged.Retired) {
		t.Errorf("%d renamed, %d of %d objects stay", len(merged.Renamed), len(merged.Retired), len(merged.Objects))
	}
}
