package kube

import (
	"encoding/json"
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
	unstructured.RemoveNestedField(content, "metadata", "annotations", "deprecated.daemonset.template.generation")
	if annotations, _, _ := unstructured.NestedMap(content, "metadata", "annotations"); len(annotations) == 0 {
		unstructured.RemoveNestedField(content, "metadata", "annotations")
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
	b, bHasParts := parts(before)
	a, aHasParts := parts(after)
	if !bHasParts || !aHasParts || !alike(before, after) {
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
		if _, isMap := before.(map[string]any); isMap && path != "" {
			at = "." + key
		}
		differences(path+at, b[key], a[key], lines)
	}
}

// parts are what a map or a list is made of. The items of a list go by their
// names where all have one, as containers do, and otherwise by their places.
func parts(value any) (map[string]any, bool) {
	if m, isMap := value.(map[string]any); isMap {
		return m, true
	}
	list, isList := value.([]any)
	if !isList {
		return nil, false
	}
	named, placed := map[string]any{}, map[string]any{}
	for i, item := range list {
		placed[fmt.Sprintf("[%d]", i)] = item
		if m, isMap := item.(map[string]any); isMap {
			if name, isText := m["name"].(string); isText {
				named["["+name+"]"] = item
			}
		}
	}
	if len(named) == len(list) {
		return named, true
	}
	return placed, true
}

// alike tells whether both are maps, or both lists.
func alike(a, b any) bool { return reflect.TypeOf(a) == reflect.TypeOf(b) }

// show is a value in one line, as JSON where it has parts.
func show(value any) string {
	if value == nil {
		return "(none)"
	}
	if _, hasParts := parts(value); hasParts {
		if text, err := json.Marshal(value); err == nil {
			return string(text)
		}
	}
	return fmt.Sprintf("%v", value)
}
