package images

import (
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// archiveOf writes images into an archive and opens it.
func archiveOf(t *testing.T, imgs []Tagged) *Archive {
	t.Helper()
	path := filepath.Join(t.TempDir(), "images.tar")
	if _, err := WriteArchive(path, imgs); err != nil {
		t.Fatal(err)
	}
	archive, err := OpenArchive(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := archive.Close(); err != nil {
			t.Error(err)
		}
	})
	return archive
}

func TestOpenArchive_GivesTheImagesThatWereWritten(t *testing.T) {
	made := fakeImages(t)
	archive := archiveOf(t, made)
	if len(archive.Images) != len(made) {
		t.Fatalf("%d images came back of %d", len(archive.Images), len(made))
	}
	for i, img := range archive.Images {
		want, _ := made[i].Digest()
		if got, err := img.Digest(); err != nil || got != want || img.Reference != made[i].Reference {
			t.Errorf("%s came back as %s, %v", made[i].Reference, got, err)
		}
		layers, err := img.Layers()
		if err != nil || len(layers) == 0 {
			t.Errorf("%s has layers %v, %v", img.Reference, layers, err)
		}
		for _, layer := range layers {
			want, _ := layer.Digest()
			content, err := layer.Compressed()
			if err != nil {
				t.Fatal(err)
			}
			if got, _, err := v1.SHA256(content); err != nil || got != want {
				t.Errorf("%s: layer %s came back as %s, %v", img.Reference, want, got, err)
			}
		}
	}
}

func TestOpenArchive_RefusesWhatIsNoArchive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "images.tar")
	if err := os.WriteFile(path, make([]byte, 1024), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{path, path + ".gone"} {
		if _, err := OpenArchive(at); err == nil || !strings.Contains(err.Error(), at) {
			t.Errorf("%s: %v", at, err)
		}
	}
}

func TestPush_PutsImagesWhereTheMirrorHasThem(t *testing.T) {
	var asked []string
	server := httptest.NewServer(registry.New(registry.Logger(log.New(collector{&asked}, "", 0))))
	defer server.Close()
	mirror := strings.TrimPrefix(server.URL, "http://") + "/team"
	archive := archiveOf(t, fakeImages(t))
	var steps []string
	if err := Push(t.Context(), archive.Images, mirror, func(e Event) { steps = append(steps, e.String()) }); err != nil {
		t.Fatal(err)
	}
	for _, img := range archive.Images {
		want, _ := img.Digest()
		ref, err := name.ParseReference(Mirrored(mirror, img.Reference))
		if err != nil {
			t.Fatal(err)
		}
		if there, err := remote.Head(ref); err != nil || there.Digest != want {
			t.Errorf("%s: %v, %v", ref, there, err)
		}
	}
	// Those names are the ones that a config with this mirror has.
	if err := Reachable(t.Context(), For("v1.37.1", mirror).CoreDNS); err != nil {
		t.Error(err)
	}
	if len(steps) != 2*len(archive.Images) || !strings.HasPrefix(steps[0], "pushing "+mirror+"/") {
		t.Errorf("it said %q", steps)
	}
	sent := func() int {
		return len(slices.DeleteFunc(slices.Clone(asked), func(line string) bool { return !strings.Contains(line, "PATCH ") }))
	}
	before := sent()
	if err := Push(t.Context(), archive.Images, mirror, nil); err != nil {
		t.Fatal(err)
	}
	if before == 0 || sent() != before {
		t.Errorf("layers were sent %d times, and %d times again", before, sent()-before)
	}
}

// collector keeps lines of a log.
type collector struct{ lines *[]string }

func (c collector) Write(line []byte) (int, error) {
	*c.lines = append(*c.lines, string(line))
	return len(line), nil
}

func TestPush_NamesTheRegistryThatRefuses(t *testing.T) {
	imgs := fakeImages(t)[:1]
	for to, want := range map[string]string{
		"127.0.0.1:1":    "docker login 127.0.0.1:1",
		"not a registry": "host[:port][/path]",
	} {
		if err := Push(t.Context(), imgs, to, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", to, err)
		}
	}
}
