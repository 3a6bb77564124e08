package addon

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
)

// unsaid ends every word of the tree that only somebody else can fill in
// (RFC 2606).
const unsaid = ".invalid"

// withoutUnsaid leaves out all of an addon that holds a word which nobody has
// filled in. Inside a cluster, before the first set of the user's machine is
// there, that is what only the target knows: a controller that acted on such a
// config would look for machines where there are none. What no cluster is
// without, and the network, know no such word.
func withoutUnsaid(objs []*unstructured.Unstructured) ([]*unstructured.Unstructured, error) {
	waiting := map[string]bool{}
	for _, obj := range objs {
		text, err := yaml.Marshal(obj.Object)
		if err != nil {
			return nil, err
		}
		name := obj.GetLabels()[Label]
		if declared, err := catalog.AddonOf(name); err == nil && !declared.Required && strings.Contains(string(text), unsaid) {
			waiting[name] = true
		}
	}
	return slices.DeleteFunc(objs, func(obj *unstructured.Unstructured) bool { return waiting[obj.GetLabels()[Label]] }), nil
}
