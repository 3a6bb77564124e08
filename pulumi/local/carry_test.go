package local

import (
	"archive/tar"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// savedByDocker is what 'docker save' makes of the host image: the list of
// images comes last, and names the configuration by a file.
func savedByDocker(t *testing.T) string {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	list := fmt.Sprintf(`[{"Config": "abc.json", "RepoTags": [%q]}]`, defaultHostImage)
	for name, text := range map[string]string{"manifest.json": list} {
		if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(text)), Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestHostImage_IsCarriedToAnotherMachine(t *testing.T) {
	from, to := newFake(), newFake()
	from.saved = savedByDocker(t)
	to.images = map[string]bool{}
	path, cluster := filepath.Join(t.TempDir(), "host.tar"), config.New("local", nil)
	if err := New(WithDocker(from.connect)).SaveHostImage(t.Context(), cluster, path); err != nil {
		t.Fatal(err)
	}
	target := New(WithDocker(to.connect))
	if err := target.LoadHostImage(t.Context(), cluster, path); err != nil || to.did("load") != 1 {
		t.Errorf("%v, calls: %q", err, to.calls)
	}
	// What is there is not loaded again.
	to.images[defaultHostImage], to.ids = true, map[string]string{defaultHostImage: "sha256:abc"}
	if err := target.LoadHostImage(t.Context(), cluster, path); err != nil || to.did("load") != 1 {
		t.Errorf("%v, calls: %q", err, to.calls)
	}
}

func TestHostImage_ThatIsMissingIsNamed(t *testing.T) {
	docker := newFake()
	docker.images = map[string]bool{}
	path := filepath.Join(t.TempDir(), "host.tar")
	err := New(WithDocker(docker.connect)).SaveHostImage(t.Context(), config.New("local", nil), path)
	if err == nil || !strings.Contains(err.Error(), "make host-image") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a file was made")
	}
}
