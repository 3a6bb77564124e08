package addon

import (
	"fmt"
	"io/fs"
	"os"
	"path"

	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
)

// folder is one of the user's, as a tree of files.
func folder(name string) fs.FS { return os.DirFS(name) }

// adopt builds the kustomizations that are the user's own and adds what comes
// of them, each object with the label of an addon of its name.
func (o overlay) adopt(tree filesys.FileSystem, k *types.Kustomization) error {
	if o.Built {
		return nil
	}
	if layer := o.Cluster.Spec.Network.Layer; catalog.IsPath(layer) {
		if err := o.adoptOne(tree, k, catalog.Called(layer), layer, true); err != nil {
			return fmt.Errorf("building network layer %q: %w", layer, err)
		}
	}
	for _, a := range o.Cluster.Spec.Addons {
		if a.Path == "" || !a.On() {
			continue
		}
		if err := o.adoptOne(tree, k, a.Name, a.Path, false); err != nil {
			return fmt.Errorf("building addon %q: %w", a.Name, err)
		}
	}
	return nil
}

// adoptOne builds one folder and puts what comes of it into the tree. In a
// layer the words of the tree mean this cluster's values, too: it has no other
// way to know them.
func (o overlay) adoptOne(tree filesys.FileSystem, k *types.Kustomization, name, at string, words bool) error {
	built, err := run(filesys.MakeFsOnDisk(), at)
	if err != nil {
		return fmt.Errorf("%w; try it with: kubectl kustomize %s", err, at)
	}
	text, err := built.AsYaml()
	if err != nil {
		return err
	}
	if words {
		text = []byte(o.words().Replace(string(text)))
	}
	dir := path.Join("/own", name)
	if err := tree.WriteFile(path.Join(dir, "objects.yaml"), text); err != nil {
		return err
	}
	leaf := &types.Kustomization{Resources: []string{"objects.yaml"}}
	leaf.APIVersion, leaf.Kind = types.KustomizationVersion, types.KustomizationKind
	leaf.Labels = []types.Label{{Pairs: map[string]string{Label: name}}}
	if err := writeKustomization(tree, dir, leaf); err != nil {
		return err
	}
	k.Resources = append(k.Resources, own+name)
	return nil
}
