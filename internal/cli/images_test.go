package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
)

// agnhostAddon is a kustomization of the user's own that runs agnhost.
func agnhostAddon(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	set := `apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agnhost, namespace: default}
spec:
  selector: {matchLabels: {app: agnhost}}
  template:
    metadata: {labels: {app: agnhost}}
    spec:
      containers:
      - {name: agnhost, image: "` + images.OptionalReferences("agnhost", "")[0] + `"}
`
	for name, text := range map[string]string{"set.yaml": set, "kustomization.yaml": "resources: [set.yaml]\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestCreate_NamesTheComponentsThatAnArchiveLacks(t *testing.T) {
	b := newBench(t)
	b.env.Reachable = func(context.Context, string) error { return errors.New("no route") }
	file := write(t, "c.json", func(c *config.Cluster) {
		c.Spec.Addons = []config.Addon{{Name: "mine", Path: agnhostAddon(t)}}
	})
	code, _, stderr := b.run(t, "create", "-f", file)
	if code != ExitUsage {
		t.Errorf("exit %d, want %d", code, ExitUsage)
	}
	has(t, stderr, "there is no archive with the images of agnhost", "'make images WITH=agnhost'")
	b.untouched(t)
}
