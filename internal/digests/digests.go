// Package digests writes into the kustomizations of a tree which content the
// images there have, as the registries tell it, so that a tag that is moved
// changes nothing.
package digests

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Options say what is pinned.
type Options struct {
	// Folder is the tree to go through: addons/.
	Folder string
	// Skip are images, as HOST/PATH without a tag, that get no digest: those
	// whose version depends on the cluster, and those that hosts load from an
	// archive, where they have a tag and no registry's digest.
	Skip []string
	// Resolve asks a registry for an image's digest; nil asks the real one.
	Resolve func(ctx context.Context, reference string) (digest string, err error)
	// Say takes a line for each image.
	Say func(format string, args ...any)
}

const file = "kustomization.yaml"

// note is above what is written, and tells it from images that somebody else
// has put there.
const note = "# The content of these tags, as written by hack/digests.sh.\nimages:\n"

// Pin goes through a tree. An image whose registry does not answer keeps what it
// has; which these are is the error. Nothing else is left out because of it.
func Pin(ctx context.Context, o Options) error {
	if o.Resolve == nil {
		o.Resolve = resolve
	}
	var failed []string
	err := filepath.WalkDir(o.Folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || entry.Name() != file {
			return err
		}
		return o.pin(ctx, filepath.Dir(path), &failed)
	})
	if err != nil {
		return err
	}
	if len(failed) > 0 {
		return fmt.Errorf("pinning %d images: %s; run it again where their registries can be reached", len(failed), strings.Join(failed, "; "))
	}
	return nil
}

// pinned is one image of a folder.
type pinned struct{ name, tag, digest string }

// pin writes the kustomization of one folder.
func (o Options) pin(ctx context.Context, folder string, failed *[]string) error {
	references, err := used(folder)
	if err != nil {
		return err
	}
	path := filepath.Join(folder, file)
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, old, _ := strings.Cut(string(text), note)
	if slices.ContainsFunc(strings.Split(before, "\n"), func(line string) bool { return strings.HasPrefix(line, "images:") }) {
		return fmt.Errorf("pinning images in %q: it has images of its own; move them elsewhere", path)
	}
	var pins []pinned
	for _, reference := range references {
		repository, tag, _ := strings.Cut(reference[strings.LastIndex(reference, "/")+1:], ":")
		image := pinned{name: reference[:strings.LastIndex(reference, "/")+1] + repository, tag: tag}
		if slices.Contains(o.Skip, image.name) {
			continue
		}
		if image.digest, err = o.Resolve(ctx, reference); err != nil {
			*failed = append(*failed, fmt.Sprintf("%s (%v)", reference, err))
			if image.digest = kept(old, image); image.digest == "" {
				continue
			}
		}
		o.Say("%s@%s", reference, image.digest)
		pins = append(pins, image)
	}
	return os.WriteFile(path, []byte(before+block(pins)), 0o644)
}

// kept is the digest that was written for the same tag before.
func kept(old string, image pinned) string {
	_, rest, found := strings.Cut(old, block([]pinned{image})[len(note):])
	if digest, _, ok := strings.Cut(rest, "\n"); found && ok {
		return digest
	}
	return ""
}

// block is the list of images of a kustomization.
func block(pins []pinned) string {
	if len(pins) == 0 {
		return ""
	}
	var out strings.Builder
	out.WriteString(note)
	for _, image := range pins {
		fmt.Fprintf(&out, "- name: %s\n  newTag: %s\n  digest: %s", image.name, image.tag, image.digest)
		if image.digest != "" {
			out.WriteString("\n")
		}
	}
	return out.String()
}

// used are the images that the manifests of a folder name, without those of the
// folders below it.
func used(folder string) ([]string, error) {
	// Of a container, so indented; and with a tag, so that it can be pinned.
	image := regexp.MustCompile(`(?m)^ +(?:- )?image: "?([a-z0-9.:-]+/[a-z0-9._/-]+:[A-Za-z0-9._-]+)"?$`)
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return nil, err
	}
	var references []string
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		for _, match := range image.FindAllStringSubmatch(string(text), -1) {
			references = append(references, match[1])
		}
	}
	slices.Sort(references)
	return slices.Compact(references), nil
}

// resolve asks the image's own registry. What is for many kinds of machine has
// one digest for all.
func resolve(ctx context.Context, reference string) (string, error) {
	parsed, err := name.ParseReference(reference)
	if err != nil {
		return "", err
	}
	described, err := remote.Head(parsed, remote.WithContext(ctx))
	if err != nil {
		return "", err
	}
	return described.Digest.String(), nil
}
