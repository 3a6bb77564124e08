package cli

import (
	"encoding/json"
	"io"
	"log"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/empty"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
)

// archived writes a config whose archive has two images that a cluster runs,
// and one that none does.
func archived(t *testing.T, change func(*config.Cluster)) string {
	t.Helper()
	set := images.For(config.DefaultKubernetesVersion, "")
	var all []images.Tagged
	for _, reference := range []string{set.Etcd, set.CoreDNS, "registry.k8s.io/other:v1"} {
		all = append(all, images.Tagged{Component: "any", Reference: reference, Image: empty.Image})
	}
	path := filepath.Join(t.TempDir(), "images.tar")
	if _, err := images.WriteArchive(path, all); err != nil {
		t.Fatal(err)
	}
	return write(t, "c.json", func(c *config.Cluster) {
		c.Spec.Images.Bundle = path
		if change != nil {
			change(c)
		}
	})
}

func TestImagesList_TellsWhatTheArchiveHas(t *testing.T) {
	b := newBench(t)
	file := archived(t, nil)
	code, stdout, stderr := b.run(t, "images", "list", "-f", file)
	if code != 0 {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	within(t, stdout)
	words := strings.Join(strings.Fields(stdout), " ")
	set := images.For(config.DefaultKubernetesVersion, "")
	has(t, words, "IMAGE SIZE FROM", set.Etcd+" 0.0 MB archive", set.CoreDNS+" 0.0 MB archive", set.APIServer+" - pulled", set.Flannel+" - pulled")
	if strings.Contains(stdout, "other:v1") {
		t.Errorf("an image that no host runs is listed:\n%s", stdout)
	}
	has(t, stderr, "images.tar")
	_, stdout, _ = b.run(t, "images", "list", "-f", file, "-o", "name")
	names := strings.Fields(stdout)
	if !slices.IsSorted(names) || !slices.Contains(names, set.Bootstrap) || !slices.Contains(names, set.MetricsServer) {
		t.Errorf("the names are %q", names)
	}
	_, stdout, _ = b.run(t, "images", "list", "-f", file, "-o", "json")
	var list struct{ Items []imageRow }
	if err := json.Unmarshal([]byte(stdout), &list); err != nil || len(list.Items) != len(names) {
		t.Errorf("%d images as data, %d names, %v", len(list.Items), len(names), err)
	}
	if code, _, stderr := b.run(t, "images", "list", "-f", file, "-o", "wide"); code != ExitUsage || !strings.Contains(stderr, "json, name, yaml") {
		t.Errorf("exit %d: %s", code, stderr)
	}
	b.untouched(t)
}

func TestImagesList_FollowsTheMirrorAndTheAddons(t *testing.T) {
	b := newBench(t)
	file := write(t, "c.json", func(c *config.Cluster) {
		c.Spec.Images.Registry, c.Spec.Network.Layer = "mirror.example/k8s", "cilium"
	})
	_, stdout, _ := b.run(t, "images", "list", "-f", file, "-o", "name")
	has(t, stdout, "mirror.example/k8s/etcd:", "mirror.example/k8s/cilium/cilium:")
	for name := range strings.Lines(stdout) {
		if !strings.HasPrefix(name, "mirror.example/k8s/") || strings.Contains(name, "flannel") {
			t.Errorf("%s is no image of this cluster", name)
		}
	}
}

func TestImagesPush_FillsAMirror(t *testing.T) {
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	mirror := strings.TrimPrefix(server.URL, "http://") + "/team"
	b := newBench(t)
	code, _, stderr := b.run(t, "images", "push", "-f", archived(t, nil), "--to", mirror)
	if code != 0 {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	has(t, stderr, "3 images at "+mirror, "Next: kubectl anywhere config set spec.images.registry="+mirror)
	if err := images.Reachable(t.Context(), images.For(config.DefaultKubernetesVersion, mirror).Etcd); err != nil {
		t.Error(err)
	}
}

func TestImagesPush_RefusesWhatCannotWork(t *testing.T) {
	b := newBench(t)
	if code, _, stderr := b.run(t, "images", "push", "-f", archived(t, nil)); code != ExitUsage || !strings.Contains(stderr, "--to is missing") {
		t.Errorf("exit %d: %s", code, stderr)
	}
	if code, _, stderr := b.run(t, "images", "push", "-f", archived(t, nil), "--to", "127.0.0.1:1"); code != ExitFailed || !strings.Contains(stderr, "docker login 127.0.0.1:1") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}
