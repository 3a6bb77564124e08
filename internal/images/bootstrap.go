package images

import (
	"context"
	"fmt"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// WithBootstrap builds the bootstrap image alone from source, and hands it
// over for as long as use runs: its layers are read from the cache, which
// nobody else may change meanwhile.
func WithBootstrap(ctx context.Context, o BuildOptions, use func(v1.Image) error) error {
	b, err := newBuild(ctx, &o)
	if err != nil {
		return err
	}
	// The base layer and our own program go with the components.
	b.of = len(bootstrapComponents()) + 2
	unlock, err := b.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if err := b.base(ctx); err != nil {
		return err
	}
	if err := b.programs(ctx, bootstrapComponents()); err != nil {
		return err
	}
	if err := b.bootstrap(ctx); err != nil {
		return err
	}
	own := slices.DeleteFunc(b.specs(""), func(s spec) bool { return s.component != "bootstrap" })
	made, err := assemble(b.parts, b.Arch, own)
	if err != nil {
		return err
	}
	if len(made) != 1 {
		return fmt.Errorf("assembling the bootstrap image: there are %d", len(made))
	}
	return use(made[0])
}
