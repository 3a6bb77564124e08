package kube

import (
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// networkSet has one container of an image, and a sidecar where that is told.
func networkSet(image string, generation string, sidecar bool) *unstructured.Unstructured {
	containers := []any{map[string]any{"name": "main", "image": image, "args": []any{"--a", "--b=" + image}}}
	if sidecar {
		containers = append([]any{map[string]any{"name": "sidecar"}}, containers...)
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"kind": "DaemonSet",
		"metadata": map[string]any{
			"name": "a", "resourceVersion": generation,
			"annotations": map[string]any{"deprecated.daemonset.template.generation": generation},
		},
		"spec": map[string]any{"containers": containers},
	}}
}

func TestFields_FollowListsByNameAndByPlace(t *testing.T) {
	change := Change{Action: Configured, Before: networkSet("x", "1", false), After: networkSet("y", "2", true)}
	want := []string{
		"spec.containers[main].args[1]: --b=x -> --b=y",
		"spec.containers[main].image: x -> y",
		`spec.containers[sidecar]: (none) -> {"name":"sidecar"}`,
	}
	if got := change.Fields(); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestCompare_IgnoresWhatTheServerCounts(t *testing.T) {
	if action := compare(networkSet("x", "1", false), networkSet("x", "2", false)); action != Unchanged {
		t.Errorf("it is %s", action)
	}
	bare := networkSet("x", "1", false)
	unstructured.RemoveNestedField(bare.Object, "metadata", "annotations")
	if action := compare(bare, networkSet("x", "1", false)); action != Unchanged {
		t.Errorf("without the annotation it is %s", action)
	}
}
