package cli

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// rootOwn makes the paths of the user's own kustomizations whole: in a config
// they are relative to its folder, and the config is kept and read again from
// elsewhere.
func rootOwn(cluster *config.Cluster, file string) error {
	dir, err := filepath.Abs(filepath.Dir(file))
	if err != nil {
		return fmt.Errorf("finding the folder of %q: %w", file, err)
	}
	root := func(path *string) {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(dir, *path)
		}
	}
	if catalog.IsPath(cluster.Spec.Network.Layer) {
		root(&cluster.Spec.Network.Layer)
	}
	for i := range cluster.Spec.Addons {
		root(&cluster.Spec.Addons[i].Path)
	}
	return nil
}

// ownLayer is the declaration of the cluster's network layer where that is the
// user's own, else nil.
func ownLayer(cluster *config.Cluster) (*catalog.Layer, error) {
	at := cluster.Spec.Network.Layer
	if !catalog.IsPath(at) {
		return nil, nil
	}
	if info, err := os.Stat(at); err != nil || !info.IsDir() {
		return nil, &usageError{fmt.Errorf("spec.network.layer: there is no folder %q; write the path of a kustomization, or one of the layers of 'kubectl anywhere explain spec.network.layer'", at)}
	}
	layer, err := catalog.ReadLayer(os.DirFS(at), at)
	if err != nil {
		return nil, &usageError{err}
	}
	return &layer, nil
}
