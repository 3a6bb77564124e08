package images

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Mirrored is the name of an image in a registry that stands before the paths
// of upstream's, as spec.images.registry says it.
func Mirrored(registry, reference string) string {
	_, path, _ := strings.Cut(reference, "/")
	return strings.TrimSuffix(registry, "/") + "/" + path
}

// Push writes images into a registry, under the paths that they have upstream,
// with the rights that the user's Docker configuration gives. What the registry
// has already is not sent again, so a run that was cut off goes on. Log hears of
// every image; nil is allowed.
func Push(ctx context.Context, images []Tagged, registry string, log func(Event)) error {
	if _, err := name.NewRepository(registry + "/pause"); err != nil {
		return fmt.Errorf("reading the registry %q: %w; write host[:port][/path]", registry, err)
	}
	for i, img := range images {
		target := Mirrored(registry, img.Reference)
		ref, err := name.ParseReference(target)
		if err != nil {
			return fmt.Errorf("reading the image name %q: %w", target, err)
		}
		step := Event{Step: "pushing " + target, N: i + 1, Of: len(images)}
		if log != nil {
			log(step)
		}
		started := time.Now()
		if err := remote.Write(ref, img.Image, remoteOptions(ctx)...); err != nil {
			return fmt.Errorf("pushing the image %q to %s: %w; 'docker login %s' gives rights, and the same command goes on", img.Reference, ref.Context(), err, ref.Context().RegistryStr())
		}
		if step.Done, step.Elapsed = true, time.Since(started); log != nil {
			log(step)
		}
	}
	return nil
}
