package kube

import (
	"fmt"
	"reflect"
	"sort"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// equal says whether two states of an object differ in nothing that anybody
// asked for.
func equal(a, b *unstructured.Unstructured) bool {
	return reflect.DeepEqual(intent(a), intent(b))
}

// intent is an object without what the server keeps for itself.
func intent(obj *unstructured.Unstructured) map[string]any {
	if obj == nil {
		return map[string]any{}
	}
	content := obj.DeepCopy().Object
	for _, field := range []string{"managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink"} {
		unstructured.RemoveNestedField(content, "metadata", field)
	}
	delete(content, "status")
	return content
}

// Fields lists what differs before and after a change, one line a field:
// spec.replicas: 1 -> 2. An object that is new or goes has none, and a
// Secret's content is not for reading.
func (c Change) Fields() []string {
	switch {
	case c.Before == nil || c.After == nil:
		return nil
	case c.Ref.Kind == "Secret" && c.Action != Unchanged:
		return []string{"data: (hidden)"}
	}
	var lines []string
	differences("", intent(c.Before), intent(c.After), &lines)
	sort.Strings(lines)
	return lines
}

func differences(path string, before, after any, lines *[]string) {
	if reflect.DeepEqual(before, after) {
		return
	}
	b, bIsMap := before.(map[string]any)
	a, aIsMap := after.(map[string]any)
	if !bIsMap || !aIsMap {
		*lines = append(*lines, fmt.Sprintf("%s: %s -> %s", path, show(before), show(after)))
		return
	}
	keys := map[string]bool{}
	for key := range b {
		keys[key] = true
	}
	for key := range a {
		keys[key] = true
	}
	for key := range keys {
		at := key
		if path != "" {
			at = path + "." + key
		}
		differences(at, b[key], a[key], lines)
	}
}

func show(value any) string {
	if value == nil {
		return "(none)"
	}
	return fmt.Sprintf("%v", value)
}
