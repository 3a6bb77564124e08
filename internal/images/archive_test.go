package images

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// fakeParts are parts whose programs are small files.
func fakeParts(t *testing.T) parts {
	t.Helper()
	dir := t.TempDir()
	for path, content := range map[string]string{
		"base/usr/share/ca-certificates/mozilla/b.crt": "B\n", "base/usr/share/ca-certificates/mozilla/a.crt": "A\n",
		"base/usr/sbin/xtables-nft-multi": "x", "base/usr/share/man/man1/x.1": "manual", "base/usr/share/doc/x/copyright": "licence",
		"k/kube": "kube", "e/etcd": "etcd", "c/coredns": "coredns", "f/flanneld": "flanneld", "ms/metrics-server": "metrics-server", "i/ignition": "ignition",
		"p/bridge": "1", "p/loopback": "2", "p/host-local": "3", "p/portmap": "4", "p/bandwidth": "5", "fp/flannel": "6",
		"pause/pause": "pause", "router/kube-router": "kube-router", "router-tools/usr/sbin/ipset": "ipset", "bootstrap": "bootstrap", "rootfs/etc/example": "example",
	} {
		at := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	return parts{
		base: at("base"), kubernetes: at("k"), etcd: at("e"), coredns: at("c"), flannel: at("f"), metricsServer: at("ms"), ignition: at("i"),
		plugins: at("p"), flannelPlugin: at("fp"), pause: at("pause"), bootstrap: at("bootstrap"), rootfs: at("rootfs"),
		more: map[string]string{"kube-router": at("router")}, called: map[string]string{"kube-router": at("router-tools")},
	}
}

func fakeImages(t *testing.T) []Tagged {
	t.Helper()
	imgs, err := assemble(fakeParts(t), "amd64", specs(For("v1.37.1", "")))
	if err != nil {
		t.Fatal(err)
	}
	return imgs
}

// unpack returns the files of an archive by name and fails on one that is
// there twice.
func unpack(t *testing.T, path string) map[string][]byte {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	files := map[string][]byte{}
	for r := tar.NewReader(file); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if files[header.Name] != nil {
			t.Errorf("%s is in the archive twice", header.Name)
		}
		if files[header.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWriteArchive_GivesTheSameBytesForTheSameImages(t *testing.T) {
	dir := t.TempDir()
	var archives [2][]byte
	var digests [2]string
	for i := range archives {
		path := filepath.Join(dir, "images.tar")
		var err error
		// Each time from files of another place and time.
		if digests[i], err = WriteArchive(path, fakeImages(t)); err != nil {
			t.Fatal(err)
		}
		if archives[i], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	if digests[0] != digests[1] || !bytes.Equal(archives[0], archives[1]) {
		t.Errorf("two archives of the same images differ: %s, %s", digests[0], digests[1])
	}
	if found, err := indexDigest(filepath.Join(dir, "images.tar")); err != nil || found != digests[0] {
		t.Errorf("the archive's digest is read as %q (%v), it was written as %q", found, err, digests[0])
	}
}

func TestWriteArchive_IsTakenByDockersFormat(t *testing.T) {
	path := filepath.Join(t.TempDir(), "images.tar")
	imgs := fakeImages(t)
	if _, err := WriteArchive(path, imgs); err != nil {
		t.Fatal(err)
	}
	for _, img := range imgs {
		tag, err := name.NewTag(img.Reference)
		if err != nil {
			t.Fatal(err)
		}
		loaded, err := tarball.ImageFromPath(path, &tag)
		if err != nil {
			t.Fatalf("docker's way does not find %s: %v", img.Reference, err)
		}
		if err := validate.Image(loaded, validate.Fast); err != nil {
			t.Errorf("%s: %v", img.Reference, err)
		}
		want, _ := img.ConfigName()
		if got, _ := loaded.ConfigName(); got != want {
			t.Errorf("%s has the config %s, want %s", img.Reference, got, want)
		}
	}
}

func TestWriteArchive_IsAnOCILayoutWithNames(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "images.tar")
	imgs := fakeImages(t)
	if _, err := WriteArchive(path, imgs); err != nil {
		t.Fatal(err)
	}
	for at, data := range unpack(t, path) {
		to := filepath.Join(dir, "layout", at)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	index, err := layout.ImageIndexFromPath(filepath.Join(dir, "layout"))
	if err != nil {
		t.Fatal(err)
	}
	// Fast: this reader takes every layer for gzip when it opens one.
	if err := validate.Index(index, validate.Fast); err != nil {
		t.Error(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range manifest.Manifests {
		names = append(names, m.Annotations["io.containerd.image.name"])
	}
	var want []string
	for _, img := range imgs {
		want = append(want, img.Reference)
	}
	if !slices.Equal(names, want) {
		t.Errorf("containerd would name the images\n%q, want\n%q", names, want)
	}
}

func TestWriteBundle_SaysWhatIsInIt(t *testing.T) {
	t.Setenv(CacheEnv, t.TempDir())
	cache, err := CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	none, err := Find("v1.37.1", "")
	if err != nil || none.Path != "" {
		t.Fatalf("an empty cache gives %+v, %v; want a bundle without archives", none, err)
	}
	written, err := writeBundle(bundleDir(cache, "v1.37.1", none.Arch, nil), "v1.37.1", none.Arch, "key", fakeImages(t))
	if err != nil {
		t.Fatal(err)
	}
	found, err := Find("v1.37.1", "")
	if err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(written)
	b, _ := json.Marshal(found)
	if !bytes.Equal(a, b) || found.Path != written.Path || len(found.Images) != 10 {
		t.Errorf("found\n%+v, written\n%+v", found, written)
	}
	opened, err := Find("v1.37.1", found.Path)
	if err != nil || opened.Digest != found.Digest || opened.BootstrapPath != found.BootstrapPath {
		t.Errorf("by its path the archive is %+v, %v; want the digest %s", opened, err, found.Digest)
	}
	if only := unpack(t, found.BootstrapPath); !strings.Contains(string(only["manifest.json"]), "kubernetes-anywhere/bootstrap") {
		t.Errorf("bootstrap.tar holds %s", only["manifest.json"])
	}
}

func TestFind_RefusesWhatIsNoArchive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "images.tar")
	if err := os.WriteFile(path, make([]byte, 1024), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Find("v1.37.1", path); err == nil || !strings.Contains(err.Error(), "kubectl anywhere images bundle") {
		t.Errorf("the error is %v, want one that says how to make an archive", err)
	}
}
