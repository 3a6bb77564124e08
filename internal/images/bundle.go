package images

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
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

// bundleDir is where the archives of a version and an architecture lie.
func bundleDir(cache, version, arch string) string {
	return filepath.Join(cache, "images", version+"-"+arch)
}

// Find returns the archive that hosts load: the one at path, or without a path
// the one in the cache. Where neither is there the bundle is empty and hosts
// pull; Reachable tells whether they can.
func Find(version, path string) (*Bundle, error) {
	if path != "" {
		return open(path)
	}
	cache, err := CacheDir()
	if err != nil {
		return nil, err
	}
	found, err := cached(cache, version, runtime.GOARCH)
	if errors.Is(err, fs.ErrNotExist) {
		return &Bundle{KubernetesVersion: version, Arch: runtime.GOARCH}, nil
	}
	return found, err
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

// cached returns the bundle that is in the cache. The error is fs.ErrNotExist
// where there is none.
func cached(cache, version, arch string) (*Bundle, error) {
	dir := bundleDir(cache, version, arch)
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
func writeBundle(cache, version, arch, key string, imgs []Tagged) (*Bundle, error) {
	dir := bundleDir(cache, version, arch)
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
		entry, err := describe(img)
		if err != nil {
			return nil, err
		}
		out.Images = append(out.Images, entry)
		if img.Component == "bootstrap" {
			if _, err := WriteArchive(out.BootstrapPath, []Tagged{img}); err != nil {
				return nil, err
			}
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

// describe is an image's line in images.json; its size is that of its layers.
func describe(img Tagged) (Entry, error) {
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
		if out, err = cached(b.CacheDir, b.Version, b.Arch); err == nil && out.Key == key {
			return true, nil
		}
		imgs, err := assemble(b.parts, b.Arch, own)
		if err != nil {
			return false, err
		}
		out, err = writeBundle(b.CacheDir, b.Version, b.Arch, key, append(imgs, copied...))
		return false, err
	})
	return out, err
}

// bundleKey changes with any part. The parts in the cache carry their own key
// in the name of their folder.
func (b *build) bundleKey(own []spec, copied []Tagged) (string, error) {
	p := b.parts
	k := newKey("1", b.Version, p.base, p.kubernetes, p.etcd, p.coredns, p.flannel, p.ignition, p.plugins, p.flannelPlugin, p.pause)
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
