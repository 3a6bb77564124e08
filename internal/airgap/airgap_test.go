package airgap

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sources writes files to pack.
func sources(t *testing.T) []Source {
	t.Helper()
	dir := t.TempDir()
	all := []Source{
		{Name: "images.tar", What: Images}, {Name: "bootstrap.tar", What: Bootstrap},
		{Name: "plugins/gcp/pulumi-resource-gcp", What: Plugin},
	}
	for i := range all {
		all[i].Path = filepath.Join(dir, filepath.Base(all[i].Name))
		if err := os.WriteFile(all[i].Path, bytes.Repeat([]byte(all[i].Name), 1000), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// kit packs them.
func kit(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "kit.tar")
	if err := Pack(t.Context(), path, &Manifest{Cluster: "a", Target: "gcp"}, sources(t), nil); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestUnpack_GivesBackWhatWasPacked(t *testing.T) {
	path, root := kit(t), t.TempDir()
	var told []string
	got, err := Unpack(t.Context(), path, root, func(p Part) { told = append(told, p.What) })
	if err != nil {
		t.Fatal(err)
	}
	if got.Cluster != "a" || got.Target != "gcp" || !slices.Equal(told, []string{Images, Bootstrap, Plugin}) || got.Path(HostImage) != "" {
		t.Errorf("got %+v, told of %q", got, told)
	}
	for _, what := range told {
		content, err := os.ReadFile(got.Path(what))
		if err != nil || !bytes.Equal(content, bytes.Repeat([]byte(got.Find(what)), 1000)) {
			t.Errorf("%s: %d bytes, %v", what, len(content), err)
		}
	}
	if info, err := os.Stat(got.Path(Plugin)); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("the plugin: %v, %v", info.Mode(), err)
	}
	told = nil
	if again, err := Unpack(t.Context(), path, root, func(p Part) { told = append(told, p.What) }); err != nil || again.Dir != got.Dir || len(told) > 0 {
		t.Errorf("a second time it unpacks %q, %v", told, err)
	}
	if m, err := Read(path); err != nil || m.Find(Images) != "images.tar" {
		t.Errorf("read %+v, %v", m, err)
	}
}

func TestPack_GivesTheSameBytesForTheSameFiles(t *testing.T) {
	one, err := os.ReadFile(kit(t))
	if err != nil {
		t.Fatal(err)
	}
	two, err := os.ReadFile(kit(t))
	if err != nil || !bytes.Equal(one, two) {
		t.Errorf("%d and %d bytes differ, %v", len(one), len(two), err)
	}
}

func TestPack_LeavesNothingWhereItFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "kit.tar")
	missing := append(sources(t), Source{Name: "gone", What: Plugin, Path: filepath.Join(dir, "gone")})
	if err := Pack(t.Context(), path, &Manifest{}, missing, nil); err == nil || !strings.Contains(err.Error(), "plugin") {
		t.Errorf("a file that is not there: %v", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := Pack(ended, path, &Manifest{}, sources(t), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	if err := Pack(t.Context(), path, &Manifest{}, []Source{{Name: "../out", What: Plugin, Path: sources(t)[0].Path}}, nil); err == nil {
		t.Error("a part outside of the kit was packed")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}

func TestUnpack_RefusesWhatWasChangedOnItsWay(t *testing.T) {
	whole, err := os.ReadFile(kit(t))
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Replace(whole, []byte("bootstrap.tarbootstrap.tar"), []byte("bootstrap.tarbootstrap.ZIP"), 1)
	for said, content := range map[string][]byte{
		"its checksum is":          changed,
		"the file is not whole":    whole[:len(whole)/4],
		"it is no kit":             []byte("no archive at all"),
		"its form has version 7":   bytes.Replace(whole, []byte(`"version": 1`), []byte(`"version": 7`), 1),
		`a part is called "../a`:   bytes.Replace(whole, []byte(`"name": "bootstrap.tar"`), []byte(`"name": "../ap/out/tar"`), 1),
		"bootstrap.tar is not whe": bytes.Replace(whole, []byte(`bootstrap.tar`+"\x00"), []byte(`bootstrap.rat`+"\x00"), 1),
	} {
		path, root := filepath.Join(t.TempDir(), "kit.tar"), t.TempDir()
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Unpack(t.Context(), path, root, nil); err == nil || !strings.Contains(err.Error(), said) {
			t.Errorf("want %q, got %v", said, err)
		}
		// What is not whole is unpacked again by the next.
		if _, err := os.Stat(filepath.Join(root, manifestName)); err == nil {
			t.Errorf("%s: it counts as unpacked", said)
		}
	}
}

func TestUnpack_GoesOnAfterAKilledRun(t *testing.T) {
	path, root := kit(t), t.TempDir()
	ended, end := context.WithCancel(t.Context())
	if _, err := Unpack(ended, path, root, func(p Part) {
		if p.What == Plugin {
			end()
		}
	}); !errors.Is(err, context.Canceled) {
		t.Fatalf("interrupted: %v", err)
	}
	got, err := Unpack(t.Context(), path, root, nil)
	if err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(got.Path(Plugin)); err != nil || len(content) != 1000*len(got.Find(Plugin)) {
		t.Errorf("%d bytes, %v", len(content), err)
	}
}
