package images

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Bundle is what Build and Copy leave in the cache: the archives, and the
// content of images.json beside them.
type Bundle struct {
	// Path is the archive of every image, BootstrapPath that of the bootstrap
	// image alone: the container engine of the first boot needs no other.
	// Both are empty where there is no archive and hosts pull.
	Path          string `json:"-"`
	BootstrapPath string `json:"-"`
	// Digest changes when any image does.
	Digest            string  `json:"digest"`
	KubernetesVersion string  `json:"kubernetesVersion"`
	Arch              string  `json:"arch"`
	Images            []Entry `json:"images"`
	// Key is a digest of all that the bundle was made from.
	Key string `json:"key"`
}

// Entry is one image of a bundle.
type Entry struct {
	Component string `json:"component"`
	Reference string `json:"reference"`
	Digest    string `json:"digest"`
	Size      int64  `json:"size"`
}

// bundleDir is where the archives of a version, an architecture and a choice
// of optional components lie: v1.37.1-amd64+agnhost+cilium.
func bundleDir(cache, version, arch string, with []string) string {
	name := version + "-" + arch
	for _, optional := range slices.Compact(slices.Sorted(slices.Values(with))) {
		name += "+" + optional
	}
	return filepath.Join(cache, "images", name)
}

// Find returns the archive that hosts load: the one at path, or without a path
// the one in the cache that has the images of the optional components named,
// and the fewest others. Where there is none the bundle is empty and hosts
// pull; Reachable tells whether they can.
func Find(version, path string, with ...string) (*Bundle, error) {
	if path != "" {
		return open(path)
	}
	cache, err := CacheDir()
	if err != nil {
		return nil, err
	}
	folders, err := bundleDirs(cache, version, runtime.GOARCH, with)
	if err != nil {
		return nil, err
	}
	for _, dir := range folders {
		// One that is not whole is no reason not to take a larger one.
		if found, err := cached(dir); !errors.Is(err, fs.ErrNotExist) {
			return found, err
		}
	}
	return &Bundle{KubernetesVersion: version, Arch: runtime.GOARCH}, nil
}

// bundleDirs are the folders in the cache whose archives have the images of
// all optional components named, the one with the fewest components first.
func bundleDirs(cache, version, arch string, with []string) ([]string, error) {
	least := bundleDir(cache, version, arch, nil)
	entries, err := os.ReadDir(filepath.Dir(least))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for built images: %w", err)
	}
	size := map[string]int{}
	for _, e := range entries {
		has := strings.Split(e.Name(), "+")
		lacks := func(name string) bool { return !slices.Contains(has[1:], name) }
		if has[0] == filepath.Base(least) && !slices.ContainsFunc(with, lacks) {
			size[filepath.Join(filepath.Dir(least), e.Name())] = len(has)
		}
	}
	// By name where as many others are in two.
	return slices.SortedStableFunc(slices.Values(slices.Sorted(maps.Keys(size))), func(a, b string) int { return size[a] - size[b] }), nil
}

// open reads what an archive says of itself. An archive of the bootstrap image
// alone, where one lies beside it, goes with it.
func open(path string) (*Bundle, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("opening the archive of images: %w", err)
	}
	digest, err := indexDigest(path)
	if err != nil {
		return nil, fmt.Errorf("opening the archive of images %q: %w; make one with: kubectl anywhere images bundle", path, err)
	}
	out := &Bundle{Path: path, Digest: digest}
	beside := filepath.Join(filepath.Dir(path), "bootstrap.tar")
	if _, err := os.Stat(beside); err == nil && beside != path {
		out.BootstrapPath = beside
	}
	return out, nil
}

// cached returns the bundle in a folder of the cache. The error is
// fs.ErrNotExist where there is none.
func cached(dir string) (*Bundle, error) {
	data, err := os.ReadFile(filepath.Join(dir, "images.json"))
	if err != nil {
		return nil, fmt.Errorf("looking for built images: %w", err)
	}
	out := &Bundle{}
	if err := json.Unmarshal(data, out); err != nil {
		return nil, fmt.Errorf("reading %q: %w; delete it and build again", filepath.Join(dir, "images.json"), err)
	}
	out.Path, out.BootstrapPath = filepath.Join(dir, "images.tar"), filepath.Join(dir, "bootstrap.tar")
	for _, path := range []string{out.Path, out.BootstrapPath} {
		if _, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("looking for built images: %w", err)
		}
	}
	return out, nil
}

// writeBundle writes both archives and then images.json, without which they
// count as not there.
func writeBundle(dir, version, arch, key string, imgs []Tagged) (*Bundle, error) {
	note := filepath.Join(dir, "images.json")
	if err := os.Remove(note); err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("replacing the archives: %w", err)
	}
	out := &Bundle{
		Path: filepath.Join(dir, "images.tar"), BootstrapPath: filepath.Join(dir, "bootstrap.tar"),
		KubernetesVersion: version, Arch: arch, Key: key,
	}
	var err error
	if out.Digest, err = WriteArchive(out.Path, imgs); err != nil {
		return nil, err
	}
	for _, img := range imgs {
		entry, err := img.Describe()
		if err != nil {
			return nil, err
		}
		out.Images = append(out.Images, entry)
		if img.Component != "bootstrap" || linkBootstrap(out.BootstrapPath, entry) {
			continue
		}
		if _, err := WriteArchive(out.BootstrapPath, []Tagged{img}); err != nil {
			return nil, err
		}
	}
	data, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(note, append(data, '\n'), 0o644); err != nil {
		return nil, fmt.Errorf("writing %q: %w", note, err)
	}
	return out, nil
}

// linkBootstrap takes the archive of the bootstrap image from another folder
// that has the same one: archives of several choices of components need not
// take its space each. None is ever written to again, only replaced.
func linkBootstrap(path string, image Entry) bool {
	notes, err := filepath.Glob(filepath.Join(filepath.Dir(filepath.Dir(path)), "*", "images.json"))
	if err != nil {
		return false
	}
	for _, note := range notes {
		other, err := cached(filepath.Dir(note))
		if err != nil || !slices.Contains(other.Images, image) {
			continue
		}
		// Beside the old one, which stays until there is another.
		fresh := filepath.Join(filepath.Dir(path), unfinished+"bootstrap")
		if os.Link(other.BootstrapPath, fresh) == nil {
			// Where both names were the same file already, it stays.
			defer os.Remove(fresh)
			return os.Rename(fresh, path) == nil
		}
	}
	return false
}

// Describe is an image's line in images.json; its size is that of its layers.
func (img Tagged) Describe() (Entry, error) {
	manifest, err := img.Manifest()
	if err != nil {
		return Entry{}, fmt.Errorf("reading the image %q: %w", img.Reference, err)
	}
	digest, err := img.Digest()
	if err != nil {
		return Entry{}, fmt.Errorf("reading the image %q: %w", img.Reference, err)
	}
	entry := Entry{Component: img.Component, Reference: img.Reference, Digest: digest.String()}
	for _, layer := range manifest.Layers {
		entry.Size += layer.Size
	}
	return entry, nil
}

// bundle writes the archives of images made by specs and of those given,
// unless the archives that are there were made from the same.
func (b *build) bundle(ctx context.Context, own []spec, copied []Tagged) (out *Bundle, err error) {
	err = b.step(ctx, "writing the archives", func(context.Context) (bool, error) {
		key, err := b.bundleKey(own, copied)
		if err != nil {
			return false, err
		}
		dir := bundleDir(b.CacheDir, b.Version, b.Arch, b.With)
		if out, err = cached(dir); err == nil && out.Key == key {
			return true, nil
		}
		imgs, err := assemble(b.parts, b.Arch, own)
		if err != nil {
			return false, err
		}
		out, err = writeBundle(dir, b.Version, b.Arch, key, append(imgs, copied...))
		return false, err
	})
	return out, err
}

// bundleKey changes with any part. The parts in the cache carry their own key
// in the name of their folder.
func (b *build) bundleKey(own []spec, copied []Tagged) (string, error) {
	p := b.parts
	k := newKey(append([]string{"2", b.Version}, p.folders()...)...)
	k.add(fmt.Sprint(own))
	for _, img := range copied {
		digest, err := img.Digest()
		if err != nil {
			return "", fmt.Errorf("reading the image %q: %w", img.Reference, err)
		}
		k.add(img.Reference + "@" + digest.String())
	}
	if err := errors.Join(k.addTree(p.rootfs), k.addFile(p.bootstrap)); err != nil {
		return "", fmt.Errorf("reading the files of the bootstrap image: %w", err)
	}
	return k.String(), nil
}
