package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/home"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// carried is a target whose hosts are made of an image of this machine.
type carried struct {
	target.Target
	loaded string
}

func (*carried) SaveHostImage(_ context.Context, _ *config.Cluster, path string) error {
	return os.WriteFile(path, []byte("host image"), 0o600)
}

func (c *carried) LoadHostImage(_ context.Context, _ *config.Cluster, path string) error {
	content, err := os.ReadFile(path)
	c.loaded = string(content)
	return err
}

// kitSession is a session about a cluster whose archive is the one of archived.
func kitSession(t *testing.T, b *bench, on target.Target) *session {
	t.Helper()
	cluster, err := readConfig(b.env, archived(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	return &session{env: b.env, cluster: cluster, target: on, dir: home.Of(b.home, "a")}
}

// packedKit packs a kit of that session's.
func packedKit(t *testing.T, s *session) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cluster.kit")
	archive := s.cluster.Spec.Images.Bundle
	bundle := &images.Bundle{Path: archive, BootstrapPath: archive, KubernetesVersion: s.cluster.Spec.KubernetesVersion}
	err := phase.Run(t.Context(), []phase.Phase{{Title: "Packing", Run: func(ctx context.Context, report phase.Reporter) error {
		return s.packKit(ctx, report, bundle, path)
	}}}, s.progress())
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestKit_BringsImagesAndWhatHostsAreMadeOf(t *testing.T) {
	b := newBench(t)
	path := packedKit(t, kitSession(t, b, &carried{Target: b.fakeTarget}))
	on := &carried{Target: b.fakeTarget}
	s := kitSession(t, b, on)
	before := s.cluster.Spec.Images.Bundle
	if err := s.useKit(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if on.loaded != "host image" {
		t.Errorf("the target was given %q to make hosts of", on.loaded)
	}
	got := s.cluster.Spec.Images.Bundle
	want, err := os.ReadFile(before)
	if err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(got); err != nil || string(content) != string(want) || got == before {
		t.Errorf("the archive of images is %s, %v", got, err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".host-image-*")); err != nil || len(left) > 0 {
		t.Errorf("%q are left, %v", left, err)
	}
	has(t, b.err.String(), "Unpacking what the cluster is made of")
}

func TestKit_IsRefusedWhereItWasMadeForAnother(t *testing.T) {
	b := newBench(t)
	path := packedKit(t, kitSession(t, b, b.fakeTarget))
	s := kitSession(t, b, b.fakeTarget)
	s.cluster.Spec.KubernetesVersion = "v1.36.0"
	err := s.useKit(t.Context(), path)
	var usage *usageError
	if !errors.As(err, &usage) {
		t.Fatalf("got %v", err)
	}
	has(t, err.Error(), path, "v1.36.0", runtime.GOARCH, "images bundle --out FILE")
	if err := s.useKit(t.Context(), path+".gone"); !errors.As(err, &usage) || !strings.Contains(err.Error(), path+".gone") {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestKit_MayBeAnArchiveOfImagesAlone(t *testing.T) {
	b := newBench(t)
	s := kitSession(t, b, b.fakeTarget)
	archive := s.cluster.Spec.Images.Bundle
	s.cluster.Spec.Images.Bundle = ""
	if err := s.useKit(t.Context(), archive); err != nil || s.cluster.Spec.Images.Bundle != archive {
		t.Errorf("got %q, %v", s.cluster.Spec.Images.Bundle, err)
	}
}

// published is a target whose resources are a published provider's.
type published struct{ target.Target }

func (published) Plugins() []target.Plugin { return []target.Plugin{{Name: "some", Version: "1.2.3"}} }

func TestKit_BringsThePluginAndKeepsItForLater(t *testing.T) {
	b := newBench(t)
	s := kitSession(t, b, published{b.fakeTarget})
	s.givenPlugins = t.TempDir()
	program := filepath.Join(s.givenPlugins, "pulumi-resource-some")
	if err := os.WriteFile(program, []byte("plugin"), 0o755); err != nil {
		t.Fatal(err)
	}
	path := packedKit(t, s)
	s = kitSession(t, b, published{b.fakeTarget})
	for range 2 {
		if err := s.useKit(t.Context(), path); err != nil {
			t.Fatal(err)
		}
	}
	// This command takes it from the kit, a later one from the cache.
	cache, err := images.CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{s.givenPlugins, filepath.Join(cache, "plugins")} {
		if err := engine.CheckPlugins(folder, s.plugins()); err != nil {
			t.Error(err)
		}
	}
}

func TestProvision_TakesAllFromAKitAndTheClusterKeepsToIt(t *testing.T) {
	b := newBench(t)
	b.env.Reachable = func(context.Context, string) error { return errors.New("no route") }
	kit := packedKit(t, kitSession(t, b, b.fakeTarget))
	file := write(t, "c.json", nil)
	if code, _, stderr := b.run(t, "provision", "-f", file); code != ExitUsage || !strings.Contains(stderr, "there is no archive of images") {
		t.Fatalf("without it: exit %d", code)
	}
	b.untouched(t)
	code, _, stderr := b.run(t, "provision", "-f", file, "--bundle", kit)
	if code != 0 || len(b.world.Names()) != 2 {
		t.Fatalf("exit %d, there are %q", code, b.world.Names())
	}
	has(t, stderr, "Unpacking what the cluster is made of", "Next: kubectl anywhere create a")
	// What goes on from here is not told of it.
	if code, _, _ := b.run(t, "provision", "a"); code != 0 {
		t.Errorf("again: exit %d", code)
	}
	if code, _, stderr := b.run(t, "provision", "-f", file, "--bundle", kit+".gone"); code != ExitUsage || !strings.Contains(stderr, kit+".gone") {
		t.Errorf("one that is not there: exit %d", code)
	}
}
