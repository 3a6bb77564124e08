package images

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Versions of the optional components; as with the others, a test checks that
// each agrees with the nested module that it is built from.
const (
	// AgnhostVersion is that of test/images/agnhost in the Kubernetes module.
	AgnhostVersion             = "2.66.1"
	CiliumVersion              = "1.20.2"
	KubeNetworkPoliciesVersion = "1.1.0"
	KubeRouterVersion          = "2.10.0"
)

// optional is a component that only some clusters need, with its images.
type optional struct {
	component
	// tools are what its programs call beyond what the base layer has.
	tools tools
	// images are what it runs as.
	images []optionalImage
	// trees tells, as parts.trees does, how to make the content of its own
	// layers, from the folder that holds its programs.
	trees func(dir string, p parts) map[string]func() (tree, error)
}

// optionalImage is one image of an optional component.
type optionalImage struct {
	// component, config and layers are those of a spec.
	component string
	// host and path are the two parts of its reference upstream.
	host, path string
	config     v1.Config
	layers     []string
}

// optionals are all there are, by name.
func optionals() []optional {
	return []optional{agnhost(), cilium(), kubeNetworkPolicies(), kubeRouter()}
}

// Optional lists the names of the components that only some clusters need:
// layers of the network, and what tests run.
func Optional() []string {
	var names []string
	for _, o := range optionals() {
		names = append(names, o.name)
	}
	return names
}

// OptionalReferences are the references of an optional component's images, as
// For gives those of the others. A name that is not there has none.
func OptionalReferences(name, registry string) []string {
	var list []string
	for _, o := range optionals() {
		for _, img := range o.images {
			if o.name == name {
				list = append(list, reference(registry, img.host, img.path))
			}
		}
	}
	return list
}

// Needed tells which optional components have the images that addons name,
// sorted, whatever registry stands before their path. An image of another
// version than the one that is built here must be pulled, so it needs none.
func Needed(references []string) []string {
	owners := map[string]string{}
	for _, o := range optionals() {
		for _, img := range o.images {
			owners[img.path] = o.name
		}
	}
	needed := map[string]bool{}
	for _, ref := range references {
		// A digest, where there is one, says no more than the tag.
		ref, _, _ = strings.Cut(ref, "@")
		for known, owner := range owners {
			if strings.HasSuffix(ref, "/"+known) {
				needed[owner] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(needed))
}

// chosen are the optional components of names, by name and each once.
func chosen(names []string) ([]optional, error) {
	for _, name := range names {
		if !slices.Contains(Optional(), name) {
			return nil, fmt.Errorf("adding the images of %q: there is no such component; give some of: %s", name, strings.Join(Optional(), ", "))
		}
	}
	return slices.DeleteFunc(optionals(), func(o optional) bool { return !slices.Contains(names, o.name) }), nil
}

// specs are the component's images as they are put together.
func (o optional) specs(registry string) []spec {
	var list []spec
	for _, img := range o.images {
		list = append(list, spec{img.component, reference(registry, img.host, img.path), img.config, img.layers})
	}
	return list
}

// toolsLayer is the name of the layer of a component's tools.
func toolsLayer(name string) string { return "tools of " + name }

// at makes the layer of files that lie in dir on this machine and, by the same
// names, in the folder to of the image.
func at(to, dir string, names ...string) tree {
	t := tree{}
	for _, name := range names {
		t.file(path.Join(to, name), path.Join(dir, name), 0o755)
	}
	return t
}

// steps is how many steps it takes.
func (o optional) steps() int {
	if len(o.tools.packages) > 0 {
		return 2
	}
	return 1
}

// optionals builds the optional components, and unpacks what they call.
func (b *build) optionals(ctx context.Context) error {
	b.parts.called = map[string]string{}
	for _, o := range b.with {
		if len(o.tools.packages) > 0 {
			err := b.step(ctx, "unpacking the tools of "+o.name, func(ctx context.Context) (cached bool, err error) {
				b.parts.called[o.name], cached, err = b.unpackTools(ctx, o.name, o.tools, b.parts.base)
				return cached, err
			})
			if err != nil {
				return err
			}
		}
		if err := b.programs(ctx, []component{o.component}); err != nil {
			return err
		}
	}
	return nil
}
