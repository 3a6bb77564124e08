package release

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// tiny is a clone of a project that has all that a release takes. Its program
// needs nothing but Go's runtime, so that it builds in a second.
func tiny(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":            "module example.org/tiny\n\ngo 1.26.0\n",
		"cmd/tiny/main.go":  "package main\n\nfunc main() { println(\"tiny\") }\n",
		"LICENSE":           "Apache License\n",
		"CHANGELOG.md":      "# Changelog\n\n## Unreleased\n\n- Something new.\n\n## [v1.2.3] - 2026-01-02\n\n### Added\n- It is tiny.\n\n## v1.2.2\n\n- Old.\n",
		"not-committed.txt": "secret\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	runGit(t, dir, "init", "--quiet", "--initial-branch=main")
	runGit(t, dir, "add", "go.mod", "cmd", "LICENSE", "CHANGELOG.md")
	runGit(t, dir, "commit", "--quiet", "--message=tiny")
	return dir
}

func runGit(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_AUTHOR_DATE=2026-01-02T03:04:05Z",
		"GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org", "GIT_COMMITTER_DATE=2026-01-02T03:04:05Z")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// options are those of a release of the tiny project into a folder that is not
// there yet.
func options(t *testing.T, repo string) Options {
	t.Helper()
	return Options{
		Version: "v1.2.3", Repo: repo, Out: filepath.Join(t.TempDir(), "out", "v1.2.3"),
		Package: "./cmd/tiny", Program: "tiny",
		Platforms:     []Platform{{"linux", "amd64"}, {"windows", "amd64"}},
		Architectures: []string{"amd64", "arm64"}, Image: fakeImage,
		Licences: fakeJudge,
		Log:      func(line string) { t.Log(line) },
	}
}

// fakeJudge takes the first file that is named like a licence for what the
// module is under, without reading it.
func fakeJudge(_ context.Context, _ string, modules []Module) ([]Licensed, error) {
	var all []Licensed
	for _, m := range modules {
		l := Licensed{Licence: map[string]string{"std": "BSD-3-Clause", "golang.org/x/sys": "BSD-3-Clause AND MIT"}[m.Path]}
		if l.Licence == "" {
			l.Licence = "Apache-2.0"
		}
		text, err := os.ReadFile(filepath.Join(m.Folder, "LICENSE"))
		if err != nil {
			return nil, err
		}
		digest := sha256.Sum256(text)
		l.Texts = []Text{{"LICENSE", hex.EncodeToString(digest[:])}}
		all = append(all, l)
	}
	return all, nil
}

// withModule builds a program that has a module linked, of the version and sum
// that this repository has it in, for what tests of Go say of themselves names
// no modules.
func withModule(t *testing.T) (path string) {
	t.Helper()
	sums, err := os.ReadFile("../../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	pins, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	mod := "module example.org/tiny/linked\n\ngo 1.26.0\n"
	for _, name := range []string{"golang.org/x/term", "golang.org/x/sys"} {
		found := regexp.MustCompile(`(?m)^\s*(` + name + ` v\S+)`).FindSubmatch(pins)
		if found == nil {
			t.Fatalf("go.mod has no %s", name)
		}
		mod += "\nrequire " + string(found[1]) + "\n"
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": mod, "go.sum": string(sums),
		"main.go": "package main\n\nimport \"golang.org/x/term\"\n\nfunc main() { println(term.IsTerminal(0)) }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	path = filepath.Join(dir, "linked")
	build := exec.Command("go", "build", "-trimpath", "-o", path, ".")
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// fakeImage has a licence, a script, and another script for a program.
func fakeImage(ctx context.Context, repo, arch string, use func(v1.Image) error) error {
	return imageOf(filepath.Join(repo, "CHANGELOG.md"))(ctx, repo, arch, use)
}

// imageOf makes images with the program at a path.
func imageOf(program string) ImageMaker {
	return func(_ context.Context, _, arch string, use func(v1.Image) error) error {
		return makeImage(program, arch, use)
	}
}

func makeImage(program, arch string, use func(v1.Image) error) error {
	content, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		b := bytes.Buffer{}
		w := tar.NewWriter(&b)
		for _, f := range []struct {
			name, text string
			mode       int64
		}{
			{"usr/share/doc/dash/copyright", "BSD", 0o644}, {"usr/bin/script", "#!/bin/sh\n", 0o755},
			{"usr/local/bin/bootstrap", string(content), 0o755}, {"arch", arch, 0o644},
		} {
			if err := w.WriteHeader(&tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(f.text)), Typeflag: tar.TypeReg}); err != nil {
				return nil, err
			}
			if _, err := io.WriteString(w, f.text); err != nil {
				return nil, err
			}
		}
		return io.NopCloser(&b), w.Close()
	})
	if err != nil {
		return err
	}
	img, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return err
	}
	return use(img)
}

func newKey(t *testing.T) *Key {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &Key{private}
}

// contents are the files of a folder.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(text)
	}
	return all
}
