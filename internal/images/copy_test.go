package images

import (
	"io"
	"log"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// mirror serves the given images as a registry and returns its host.
func mirror(t *testing.T, imgs []Tagged) string {
	t.Helper()
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")
	for _, img := range imgs {
		_, path, _ := strings.Cut(img.Reference, "/")
		ref, err := name.ParseReference(host + "/" + path)
		if err != nil {
			t.Fatal(err)
		}
		if err := remote.Write(ref, img); err != nil {
			t.Fatal(err)
		}
	}
	return host
}

func TestFetch_CopiesImagesAsTheyAre(t *testing.T) {
	made := fakeImages(t)
	host := mirror(t, made)
	own, foreign := divide(specs(For("v1.37.1", host)))
	if len(own) != 1 || own[0].component != "bootstrap" {
		t.Fatalf("images of our own are %+v, want the bootstrap image", own)
	}
	b := &build{compiler: &compiler{}, BuildOptions: BuildOptions{Arch: "amd64"}, of: len(foreign)}
	copied, err := b.fetch(t.Context(), foreign)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "images.tar")
	if _, err := WriteArchive(path, copied); err != nil {
		t.Fatal(err)
	}
	files := unpack(t, path)
	for _, img := range made {
		digest, _ := img.Digest()
		if _, there := files[blobPath(digest)]; there == (img.Component == "bootstrap") {
			t.Errorf("the manifest of %s is in the archive: %v", img.Component, there)
		}
	}
	if !strings.Contains(string(files["index.json"]), host+"/kube-proxy:v1.37.1") {
		t.Error("the archive does not name images by the mirror")
	}
}

func TestFetch_NamesTheImageThatIsMissing(t *testing.T) {
	host := mirror(t, nil)
	_, err := fetch(t.Context(), host+"/pause:0", "amd64")
	if err == nil || !strings.Contains(err.Error(), host+"/pause:0") {
		t.Errorf("the error is %v, want one that names the image", err)
	}
}

func TestReachable_TellsWhetherARegistryHasAnImage(t *testing.T) {
	host := mirror(t, fakeImages(t))
	if err := Reachable(t.Context(), For("v1.37.1", host).Pause); err != nil {
		t.Errorf("an image that is there: %v", err)
	}
	for _, reference := range []string{host + "/pause:0", "127.0.0.1:1/pause:1", "no reference"} {
		if err := Reachable(t.Context(), reference); err == nil {
			t.Errorf("%q is said to be reachable", reference)
		}
	}
}
