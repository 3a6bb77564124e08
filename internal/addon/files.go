package addon

import (
	"fmt"
	"maps"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/yaml"
)

// Files is the set as a folder that 'kubectl apply -k' takes: one file an
// object and a kustomization.yaml that lists them in order.
func (s *Set) Files() map[string][]byte { return maps.Clone(s.files) }

// FilesOf are the files of some objects, as a Set's Files are of its own: those
// that a cluster says it is to have, to be compared.
func FilesOf(objs []*unstructured.Unstructured) (map[string][]byte, error) { return filesOf(objs) }

func filesOf(objs []*unstructured.Unstructured) (map[string][]byte, error) {
	files := map[string][]byte{}
	k := types.Kustomization{}
	k.APIVersion, k.Kind = types.KustomizationVersion, types.KustomizationKind
	for _, obj := range objs {
		parts := []string{strings.ToLower(obj.GetKind()), obj.GetNamespace(), obj.GetName()}
		if obj.GetNamespace() == "" {
			parts = []string{parts[0], parts[2]}
		}
		// A colon is fine in a role's name and not in a file's on all systems.
		name := strings.ReplaceAll(strings.Join(parts, "-"), ":", "-") + ".yaml"
		if _, taken := files[name]; taken {
			return nil, fmt.Errorf("writing file %q: two objects want that name", name)
		}
		text, err := yaml.Marshal(obj.Object)
		if err != nil {
			return nil, fmt.Errorf("writing file %q: %w", name, err)
		}
		files[name] = text
		k.Resources = append(k.Resources, name)
	}
	text, err := yaml.Marshal(k)
	if err != nil {
		return nil, fmt.Errorf("writing kustomization.yaml: %w", err)
	}
	files["kustomization.yaml"] = text
	return files, nil
}
