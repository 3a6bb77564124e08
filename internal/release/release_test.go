package release

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
)

func TestMake_IsTheSameByteByByteOnAnotherPathAtAnotherTime(t *testing.T) {
	first, key := tiny(t), newKey(t)
	second := filepath.Join(t.TempDir(), "a much longer path", "clone")
	runGit(t, first, "clone", "--quiet", first, second)
	var made []map[string]string
	for i, repo := range []string{first, second} {
		o := options(t, repo)
		o.Key = key
		if i == 1 {
			// What its user has set up, and what is built already, is not
			// asked.
			t.Setenv("GOFLAGS", "-ldflags=-X=main.x=y")
			t.Setenv("GOAMD64", "v3")
			t.Setenv("GOCACHE", t.TempDir())
			o.Platforms = slices.Clone(o.Platforms)
		}
		if _, err := Make(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		made = append(made, contents(t, o.Out))
	}
	names := slices.Sorted(maps.Keys(made[0]))
	if len(names) < 20 || !slices.Equal(names, slices.Sorted(maps.Keys(made[1]))) {
		t.Fatalf("one has %q, the other %q", names, slices.Sorted(maps.Keys(made[1])))
	}
	for _, name := range names {
		if made[0][name] != made[1][name] {
			t.Errorf("%s differs: %d bytes and %d", name, len(made[0][name]), len(made[1][name]))
		}
	}
}

func TestMake_SaysWhatItReleases(t *testing.T) {
	o := options(t, tiny(t))
	made, err := Make(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if made.Signed || made.Commit != runGit(t, o.Repo, "rev-parse", "HEAD") || len(made.Artefacts) != 3 {
		t.Errorf("made %+v", made)
	}
	check := exec.Command("sha256sum", "--check", "--strict", Checksums)
	check.Dir = o.Out
	if out, err := check.CombinedOutput(); err != nil || strings.Count(string(out), ": OK") != len(contents(t, o.Out))-1 {
		t.Errorf("checksums: %v\n%s", err, out)
	}
	unpacked := t.TempDir()
	if out, err := exec.Command("tar", "-C", unpacked, "-xzf", filepath.Join(o.Out, "tiny_v1.2.3_linux_amd64.tar.gz")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if files := contents(t, unpacked); len(files) != 3 || files["LICENSE"] == "" || !strings.Contains(files[LicencesFile], "\n  std@") {
		t.Errorf("the archive has %q", slices.Sorted(maps.Keys(files)))
	}
	info, err := os.Stat(filepath.Join(unpacked, "tiny"))
	if err != nil || info.Mode().Perm() != 0o755 || info.ModTime().Format("2006-01-02") != "2026-01-02" {
		t.Errorf("the program is %+v, %v", info, err)
	}
	zipped, err := zip.OpenReader(filepath.Join(o.Out, "tiny_v1.2.3_windows_amd64.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer zipped.Close()
	if len(zipped.File) != 3 || zipped.File[0].Name != "tiny.exe" || zipped.File[1].Name != "LICENSE" || zipped.File[2].Name != LicencesFile {
		t.Errorf("the zip has %+v", zipped.File)
	}
	notes := contents(t, o.Out)["NOTES.md"]
	for _, want := range []string{"It is tiny.", "tiny_v1.2.3_linux_amd64.tar.gz", made.Commit, "not signed"} {
		if !strings.Contains(notes, want) {
			t.Errorf("the notes lack %q:\n%s", want, notes)
		}
	}
	if strings.Contains(notes, "Old.") || strings.Contains(notes, "Something new.") {
		t.Errorf("the notes have those of other versions:\n%s", notes)
	}
}

func TestMake_WritesAnImageOfEveryArchitecture(t *testing.T) {
	o := options(t, tiny(t))
	o.Platforms = nil
	if _, err := Make(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if out, err := exec.Command("tar", "-C", dir, "-xf", filepath.Join(o.Out, "bootstrap_v1.2.3.oci.tar")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	outer, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	list, err := outer.IndexManifest()
	if err != nil || len(list.Manifests) != 1 || list.Manifests[0].Annotations["org.opencontainers.image.ref.name"] != "v1.2.3" {
		t.Fatalf("the layout names %+v, %v", list, err)
	}
	inner, err := outer.ImageIndex(list.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	index, err := inner.IndexManifest()
	if err != nil || len(index.Manifests) != 2 || index.Annotations["org.opencontainers.image.version"] != "v1.2.3" {
		t.Fatalf("the index is %+v, %v", index, err)
	}
	for i, arch := range []string{"amd64", "arm64"} {
		if p := index.Manifests[i].Platform; p == nil || p.OS != "linux" || p.Architecture != arch {
			t.Errorf("image %d is for %+v", i, p)
		}
		img, err := inner.Image(index.Manifests[i].Digest)
		if err != nil {
			t.Fatal(err)
		}
		wantSameContent(t, img, arch)
	}
}

// wantSameContent compares an image's layers with what it was made from: the
// config names them as they are without compression.
func wantSameContent(t *testing.T, img v1.Image, arch string) {
	t.Helper()
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	config, err := img.ConfigFile()
	if err != nil || len(layers) != 1 || len(config.RootFS.DiffIDs) != 1 {
		t.Fatalf("it has %d layers, and the config %+v, %v", len(layers), config, err)
	}
	content, err := layers[0].Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	digest, _, err := v1.SHA256(content)
	if err != nil || digest != config.RootFS.DiffIDs[0] {
		t.Errorf("the layer of %s is %v, not %v: %v", arch, digest, config.RootFS.DiffIDs[0], err)
	}
	compressed, err := layers[0].Compressed()
	if err != nil {
		t.Fatal(err)
	}
	defer compressed.Close()
	want, err := layers[0].Digest()
	if err != nil {
		t.Fatal(err)
	}
	if digest, _, err := v1.SHA256(compressed); err != nil || digest != want {
		t.Errorf("the blob of %s is %v, not %v: %v", arch, digest, want, err)
	}
}

func TestMake_LeavesNothingWhenItFails(t *testing.T) {
	broken := errors.New("no compiler")
	for name, change := range map[string]func(*Options){
		"no compiler": func(o *Options) {
			o.Image = func(context.Context, string, string, func(v1.Image) error) error { return broken }
		},
		"says nothing of":   func(o *Options) { o.Version = "v9.9.9" },
		"give one such as":  func(o *Options) { o.Version = "1.2.3" },
		"at the end of the": func(o *Options) { o.Version = "v2.0.0-rc.1" },
		"over its budget": func(o *Options) {
			o.Budget = &Budget{Artefacts: map[string]Size{"tiny_linux_amd64.tar.gz": {Most: 10}, "tiny_windows_amd64.zip": {Most: 1e9}, "bootstrap.oci.tar": {Most: 1e9}}}
		},
		"running git": func(o *Options) { o.Commit = "nowhere" },
		"std 1.": func(o *Options) {
			o.Licences = func(_ context.Context, _ string, modules []Module) ([]Licensed, error) {
				return slices.Repeat([]Licensed{{Refused: []string{"it is secret"}}}, len(modules)), nil
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(t, tiny(t))
			change(&o)
			made, err := Make(t.Context(), o)
			if err == nil || !strings.Contains(err.Error(), name) {
				t.Fatalf("made %+v, %v", made, err)
			}
			entries, err := os.ReadDir(filepath.Dir(o.Out))
			if len(entries) > 0 || (err != nil && !errors.Is(err, fs.ErrNotExist)) {
				t.Errorf("left %v, %v", entries, err)
			}
		})
	}
}

func TestMake_RefusesAFolderThatIsThere(t *testing.T) {
	o := options(t, tiny(t))
	if err := os.MkdirAll(o.Out, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Make(t.Context(), o); err == nil || !strings.Contains(err.Error(), "is there already") {
		t.Errorf("it said %v", err)
	}
}

func TestMake_RefusesAVersionThatAnotherCommitHas(t *testing.T) {
	o := options(t, tiny(t))
	runGit(t, o.Repo, "tag", "v1.2.3")
	runGit(t, o.Repo, "commit", "--quiet", "--allow-empty", "--message=later")
	if _, err := Make(t.Context(), o); err == nil || !strings.Contains(err.Error(), "is tagged v1.2.3 already") {
		t.Errorf("it said %v", err)
	}
	o.Commit = "v1.2.3"
	if _, err := Make(t.Context(), o); err != nil {
		t.Error(err)
	}
}

func TestMake_WritesTheNextBudget(t *testing.T) {
	o := options(t, tiny(t))
	o.Architectures, o.Platforms = nil, o.Platforms[:1]
	o.Budget = &Budget{Release: "v1.2.2", Growth: 5, Artefacts: map[string]Size{
		"tiny_linux_amd64.tar.gz": {Most: 1e8}, "tiny_darwin_arm64.tar.gz": {Last: 7, Most: 8},
	}}
	made, err := Make(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	next := Budget{}
	if err := json.Unmarshal([]byte(contents(t, o.Out)["sizes.json"]), &next); err != nil {
		t.Fatal(err)
	}
	want := Budget{Release: "v1.2.3", Growth: 5, Artefacts: map[string]Size{
		"tiny_linux_amd64.tar.gz": {Last: made.Artefacts[0].Size, Most: 1e8}, "tiny_darwin_arm64.tar.gz": {Last: 7, Most: 8},
	}}
	if next.Release != want.Release || next.Growth != want.Growth || !maps.Equal(next.Artefacts, want.Artefacts) {
		t.Errorf("it is %+v, not %+v", next, want)
	}
}
