package home_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/home"
)

func TestPassphrase_IsMadeOnceAndPrivate(t *testing.T) {
	d := home.Of(filepath.Join(t.TempDir(), "anywhere"), "a")
	first, made, err := d.Passphrase()
	if err != nil || !made || len(first) < 32 {
		t.Fatalf("got %q, made %v, %v", first, made, err)
	}
	second, made, err := d.Passphrase()
	if err != nil || made || second != first {
		t.Errorf("the second time: %q, made %v, %v", second, made, err)
	}
	for path, want := range map[string]os.FileMode{
		d.PassphraseFile():               0o600,
		filepath.Dir(d.PassphraseFile()): 0o700,
	} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v; want %v", path, info.Mode(), err, want)
		}
	}
}

func TestClusters_AreThoseWithAConfig(t *testing.T) {
	root := filepath.Join(t.TempDir(), "anywhere")
	if names, err := home.Clusters(root); err != nil || names != nil {
		t.Errorf("with no folder: %v, %v", names, err)
	}
	for _, name := range []string{"b", "a"} {
		if err := home.Of(root, name).SaveConfig([]byte("{}"), "file:///s"); err != nil {
			t.Fatal(err)
		}
	}
	if err := home.Of(root, "half").Make(); err != nil {
		t.Fatal(err)
	}
	names, err := home.Clusters(root)
	if err != nil || !slices.Equal(names, []string{"a", "b"}) {
		t.Errorf("got %v, %v", names, err)
	}
	if err := home.Of(root, "a").Remove(); err != nil {
		t.Fatal(err)
	}
	if names, _ := home.Clusters(root); !slices.Equal(names, []string{"b"}) {
		t.Errorf("after removing one: %v", names)
	}
	for _, name := range []string{"b", "half"} {
		if err := home.Of(root, name).Remove(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(root); !os.IsNotExist(err) {
		t.Errorf("with no cluster left, %s is still there (%v)", root, err)
	}
}

func TestSavedBackend_IsKnownWithTheConfig(t *testing.T) {
	d := home.Of(filepath.Join(t.TempDir(), "anywhere"), "a")
	if backend, err := d.SavedBackend(); err != nil || backend != "" {
		t.Errorf("before anything is saved: %q, %v", backend, err)
	}
	if err := d.SaveConfig([]byte("{}"), "s3://bucket"); err != nil {
		t.Fatal(err)
	}
	if backend, err := d.SavedBackend(); err != nil || backend != "s3://bucket" {
		t.Errorf("got %q, %v", backend, err)
	}
}

func TestSavedPassphrase_MakesNone(t *testing.T) {
	root := filepath.Join(t.TempDir(), "anywhere")
	if phrase, err := home.Of(root, "a").SavedPassphrase(); err != nil || phrase != "" {
		t.Errorf("got %q, %v", phrase, err)
	}
	if _, err := os.Stat(root); !os.IsNotExist(err) {
		t.Errorf("reading made %s (%v)", root, err)
	}
}

func TestKeep_WritesWhatOnlyItsOwnerReads(t *testing.T) {
	d := home.Of(filepath.Join(t.TempDir(), "anywhere"), "a")
	if err := d.Keep(d.KubeconfigFile(), []byte("k")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(d.KubeconfigFile())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	for range 2 {
		if err := d.Forget(d.KubeconfigFile()); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(d.KubeconfigFile()); !os.IsNotExist(err) {
		t.Errorf("it is still there: %v", err)
	}
}
