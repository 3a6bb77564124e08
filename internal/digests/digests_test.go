package digests

import (
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

const kustomization = "# What it is.\nresources:\n- deployment.yaml\n"

// tree is a leaf that runs some images.
func tree(t *testing.T, images ...string) (folder, path string) {
	t.Helper()
	folder = t.TempDir()
	leaf := filepath.Join(folder, "leaf")
	if err := os.Mkdir(leaf, 0o755); err != nil {
		t.Fatal(err)
	}
	manifest := "kind: Deployment\nspec:\n"
	for _, image := range images {
		manifest += "      - name: c\n        image: " + image + "\n"
	}
	path = filepath.Join(leaf, file)
	for name, text := range map[string]string{path: kustomization, filepath.Join(leaf, "deployment.yaml"): manifest} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder, path
}

// push puts an image into the registry and returns its digest.
func push(t *testing.T, reference string) string {
	t.Helper()
	image, err := random.Image(64, 1)
	if err != nil {
		t.Fatal(err)
	}
	tag, err := name.ParseReference(reference)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(tag, image); err != nil {
		t.Fatal(err)
	}
	digest, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return digest.String()
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestPin_WritesWhatTheRegistryTells(t *testing.T) {
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	first := push(t, host+"/tools/one:v1.0.0")
	folder, path := tree(t, host+"/tools/one:v1.0.0", host+"/tools/skipped:v2", host+"/tools/missing:v3")
	options := Options{Folder: folder, Skip: []string{host + "/tools/skipped"}, Say: t.Logf}

	err := Pin(t.Context(), options)
	if err == nil || !strings.Contains(err.Error(), "tools/missing:v3") || strings.Contains(err.Error(), "skipped") {
		t.Errorf("got %v, want that one image is missing", err)
	}
	want := kustomization + note + "- name: " + host + "/tools/one\n  newTag: v1.0.0\n  digest: " + first + "\n"
	if got := read(t, path); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}

	// The tag is moved, and what was written is not piled up.
	second := push(t, host+"/tools/one:v1.0.0")
	_ = Pin(t.Context(), options)
	if got := read(t, path); got != strings.ReplaceAll(want, first, second) {
		t.Errorf("after the tag moved:\n%s", got)
	}

	// The registry is gone: what is known stays.
	server.Close()
	if err := Pin(t.Context(), options); err == nil {
		t.Error("no word of a registry that does not answer")
	}
	if got := read(t, path); got != strings.ReplaceAll(want, first, second) {
		t.Errorf("without the registry:\n%s", got)
	}
}

func TestPin_LeavesImagesOfSomebodyElseAlone(t *testing.T) {
	folder, path := tree(t, "registry.example/one:v1")
	theirs := kustomization + "images:\n- name: registry.example/one\n  newTag: v2\n"
	if err := os.WriteFile(path, []byte(theirs), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Pin(t.Context(), Options{Folder: folder, Say: t.Logf}); err == nil || !strings.Contains(err.Error(), "images of its own") {
		t.Errorf("got %v", err)
	}
	if got := read(t, path); got != theirs {
		t.Errorf("it was changed:\n%s", got)
	}
}
