// Package catalog is what addons and network layers there are, as they declare
// themselves in the folders of addons/. Phase 1 reads which ports and
// permissions they need, phase 2 what hosts must have, the config what can be
// chosen; none of them needs to know an addon by name.
package catalog

import (
	"fmt"
	"io/fs"
	"sync"

	"sigs.k8s.io/yaml"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/addons"
)

// files is the tree of addons/.
func files() fs.FS { return addons.Files() }

// read decodes a declaration strictly: a misspelt field is an error.
func read(folder fs.FS, name string, into any) error {
	text, err := fs.ReadFile(folder, name)
	if err != nil {
		return err
	}
	if err := yaml.UnmarshalStrict(text, into); err != nil {
		return fmt.Errorf("decoding %s: %w", name, err)
	}
	return nil
}

// What is built in does not change while the program runs, and is asked for at
// every answer of the wizard: it is read once.
var (
	builtInAddons = sync.OnceValue(func() map[string]reading[Addon] { return readAll(AddonNames(), readAddon) })
	builtInLayers = sync.OnceValue(func() map[string]reading[Layer] { return readAll(LayerNames(), readBuiltIn) })
)

// reading is a declaration, or why it cannot be read.
type reading[T any] struct {
	declared T
	err      error
}

func readAll[T any](names []string, read func(string) (T, error)) map[string]reading[T] {
	all := map[string]reading[T]{}
	for _, name := range names {
		declared, err := read(name)
		all[name] = reading[T]{declared, err}
	}
	return all
}
