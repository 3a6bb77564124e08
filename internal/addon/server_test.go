package addon

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube/kubetest"
)

// Every object of every addon and layer, on every target, is one that a real API
// server takes: it knows the kind, each field, and what may be in it. Kinds that
// an addon brings itself, and namespaces, are made for real first.
func TestAddons_AreTakenByAnAPIServer(t *testing.T) {
	server := kubetest.Start(t)
	client, err := kube.New(server.Kubeconfig(kubetest.AdminToken))
	if err != nil {
		t.Fatal(err)
	}
	objs := map[string]*unstructured.Unstructured{}
	for _, set := range allSets(t) {
		for _, obj := range set.Objects {
			files, err := FilesOf([]*unstructured.Unstructured{obj})
			if err != nil {
				t.Fatal(err)
			}
			for name, content := range files {
				if name != "kustomization.yaml" {
					objs[name+string(content)] = obj
				}
			}
		}
	}
	keys := slices.Sorted(maps.Keys(objs))
	for _, key := range keys {
		if kind := objs[key].GetKind(); kind == "Namespace" || kind == "CustomResourceDefinition" {
			if _, err := client.Apply(t.Context(), objs[key].DeepCopy(), kube.Options{}); err != nil {
				t.Errorf("making %s: %v", objs[key].GetName(), err)
			}
		}
	}
	for _, key := range keys {
		if _, err := client.Apply(t.Context(), objs[key].DeepCopy(), kube.Options{DryRun: true}); err != nil {
			name, _, _ := strings.Cut(key, ".yaml")
			t.Errorf("%s of addon %s: %v", name, objs[key].GetLabels()[Label], err)
		}
	}
	misspelt := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": map[string]any{"name": "misspelt", "namespace": "kube-system"},
		"spec": map[string]any{"maxUnavailables": int64(1)},
	}}
	if _, err := client.Apply(t.Context(), misspelt, kube.Options{DryRun: true}); err == nil {
		t.Error("a field that does not exist was taken: this test would not notice a mistake")
	}
	t.Logf("%d different objects were taken", len(keys))
	if len(keys) < 100 {
		t.Errorf("only %d objects were tried", len(keys))
	}
}
