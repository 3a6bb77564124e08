package addon

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/addons"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/kustomize"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// Folders of the tree that is built; the names are those of the repository,
// seen from a folder of overlays.
const (
	overlays   = "/kustomize/overlays"
	rendered   = overlays + "/rendered"
	components = "../../components/"
	leaves     = "../../../addons/"
	network    = leaves + "network/"
	own        = "../../../own/"
)

// kustomizing is held during a build: kustomize keeps one schema for the
// whole process.
var kustomizing sync.Mutex

// overlay is the values with those that follow from them.
type overlay struct {
	Values
	host, port, dns string
}

// build makes the overlay of these values on top of its target's and builds
// it.
func build(o overlay) ([]*unstructured.Unstructured, error) {
	tree, err := embedded(o.words())
	if err != nil {
		return nil, err
	}
	kustomization, err := o.derive(tree, path.Join(overlays, o.base(tree)))
	if err != nil {
		return nil, err
	}
	if err := writeKustomization(tree, rendered, kustomization); err != nil {
		return nil, err
	}
	built, err := run(tree, rendered)
	if err != nil {
		return nil, err
	}
	objs, err := objects(built)
	if err != nil {
		return nil, err
	}
	o.relocate(objs)
	return objs, nil
}

// base is the overlay to build on: the target's own where it has one.
func (o overlay) base(tree filesys.FileSystem) string {
	if tree.IsDir(path.Join(overlays, o.Cluster.Spec.Target)) && o.Cluster.Spec.Target != "" {
		return o.Cluster.Spec.Target
	}
	return "default"
}

// embedded is the repository's addons/ and kustomize/ in memory, with this
// cluster's values for the words that stand for them.
func embedded(words *strings.Replacer) (filesys.FileSystem, error) {
	tree := filesys.MakeFsInMemory()
	for folder, files := range map[string]fs.FS{"/addons": addons.Files(), "/kustomize": kustomize.Files()} {
		err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := fs.ReadFile(files, name)
			if err != nil {
				return err
			}
			return tree.WriteFile(path.Join(folder, name), []byte(words.Replace(string(content))))
		})
		if err != nil {
			return nil, fmt.Errorf("reading embedded files of %q: %w", folder, err)
		}
	}
	return tree, nil
}

// run builds one folder of a tree.
func run(tree filesys.FileSystem, folder string) (resmap.ResMap, error) {
	kustomizing.Lock()
	defer kustomizing.Unlock()
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(tree, folder)
	if err != nil {
		return nil, fmt.Errorf("building kustomization %q: %w", folder, err)
	}
	return built, nil
}

// objects takes the objects out of a build.
func objects(built resmap.ResMap) ([]*unstructured.Unstructured, error) {
	var objs []*unstructured.Unstructured
	for _, resource := range built.Resources() {
		content, err := resource.Map()
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", resource.CurId(), err)
		}
		text, err := yaml.Marshal(content)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", resource.CurId(), err)
		}
		obj := &unstructured.Unstructured{}
		if err := yaml.Unmarshal(text, obj); err != nil {
			return nil, fmt.Errorf("reading %s: %w", resource.CurId(), err)
		}
		objs = append(objs, obj)
	}
	return objs, nil
}

// writeKustomization writes a folder's kustomization.yaml.
func writeKustomization(tree filesys.FileSystem, folder string, k *types.Kustomization) error {
	text, err := yaml.Marshal(k)
	if err != nil {
		return fmt.Errorf("writing kustomization %q: %w", folder, err)
	}
	return tree.WriteFile(path.Join(folder, "kustomization.yaml"), text)
}
