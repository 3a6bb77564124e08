package images

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// probeTimeout is how long a registry may take to say that it has an image. A
// network that drops packets must not hold up a build for minutes.
const probeTimeout = 5 * time.Second

// Reachable tells whether a registry answers for a reference: nil, or what is
// in the way.
func Reachable(ctx context.Context, reference string) error {
	ref, err := name.ParseReference(reference)
	if err != nil {
		return fmt.Errorf("reading the image name %q: %w", reference, err)
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	if _, err := remote.Head(ref, remoteOptions(ctx)...); err != nil {
		return fmt.Errorf("asking %s for %q: %w; build the images from source instead, or name a mirror in spec.images.registry", ref.Context().RegistryStr(), reference, err)
	}
	return nil
}

func remoteOptions(ctx context.Context) []remote.Option {
	return []remote.Option{
		remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain),
		remote.WithTransport(http.DefaultTransport),
	}
}

// Copy fetches the images from a registry, builds the bootstrap image, which
// is ours, and writes the archives into the cache. An empty registry means the
// upstream ones.
func Copy(ctx context.Context, o BuildOptions, registry string) (*Bundle, error) {
	b, err := newBuild(ctx, &o)
	if err != nil {
		return nil, err
	}
	own, foreign := divide(b.specs(registry))
	needed := bootstrapComponents()
	b.of = 1 + len(needed) + 1 + len(foreign) + 1
	unlock, err := b.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	// The network first: where it fails, it fails before a long build.
	copied, err := b.fetch(ctx, foreign)
	if err != nil {
		return nil, err
	}
	if err := b.base(ctx); err != nil {
		return nil, err
	}
	if err := b.programs(ctx, needed); err != nil {
		return nil, err
	}
	if err := b.bootstrap(ctx); err != nil {
		return nil, err
	}
	return b.bundle(ctx, own, copied)
}

// divide separates the bootstrap image from those that others publish.
func divide(all []spec) (own, foreign []spec) {
	for _, s := range all {
		if s.component == "bootstrap" {
			own = append(own, s)
		} else {
			foreign = append(foreign, s)
		}
	}
	return own, foreign
}

// bootstrapComponents are the components that the bootstrap image holds.
func bootstrapComponents() []component {
	return slices.DeleteFunc(components(), func(c component) bool {
		return !slices.Contains([]string{"kubernetes", "ignition", "cni", "cni-flannel"}, c.dir)
	})
}

// fetch finds the images in their registries. Layers are read when they are
// written to the archive.
func (b *build) fetch(ctx context.Context, wanted []spec) ([]Tagged, error) {
	var found []Tagged
	for _, s := range wanted {
		err := b.step(ctx, "fetching "+s.reference, func(ctx context.Context) (bool, error) {
			img, err := fetch(ctx, s.reference, b.Arch)
			found = append(found, Tagged{s.component, s.reference, img})
			return false, err
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

func fetch(ctx context.Context, reference, arch string) (v1.Image, error) {
	ref, err := name.ParseReference(reference)
	if err != nil {
		return nil, fmt.Errorf("reading the image name %q: %w", reference, err)
	}
	options := append(remoteOptions(ctx), remote.WithPlatform(v1.Platform{OS: "linux", Architecture: arch}))
	img, err := remote.Image(ref, options...)
	if err != nil {
		return nil, fmt.Errorf("fetching the image %q: %w; check the network, or build the images from source", reference, err)
	}
	return img, nil
}
