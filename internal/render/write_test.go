package render_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/render"
)

type files = map[string][]byte

// written makes a folder with what a first render wrote.
func written(t *testing.T, first files) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "out")
	if err := render.Write(dir, first, false); err != nil {
		t.Fatal(err)
	}
	return dir
}

// there are all files below a folder.
func there(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		if entry.IsDir() {
			all[name+"/"] = ""
			return nil
		}
		content, err := os.ReadFile(path)
		all[name] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func refuses(t *testing.T, err error, words string) {
	t.Helper()
	var refused *render.FolderError
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), words) {
		t.Errorf("got %v, want a refusal that says %q", err, words)
	}
}

func TestWrite_ReplacesWhatARenderWroteAndNothingElse(t *testing.T) {
	dir := written(t, files{"a": []byte("1"), "x/y/b": []byte("2"), "x/c": []byte("3")})
	if err := os.WriteFile(filepath.Join(dir, "x", "mine"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := render.Write(dir, files{"a": []byte("4"), "x/c": []byte("3"), "z": []byte("5")}, true); err != nil {
		t.Fatal(err)
	}
	got := there(t, dir)
	delete(got, render.IndexFile)
	want := map[string]string{"./": "", "a": "4", "x/": "", "x/c": "3", "x/mine": "mine", "z": "5"}
	if !maps.Equal(got, want) {
		t.Errorf("there is %v, want %v", got, want)
	}
}

func TestWrite_RefusesWhatIsNotItsOwn(t *testing.T) {
	for name, test := range map[string]struct {
		prepare   func(dir string) error
		overwrite bool
		words     string
	}{
		"a folder with something in it":       {func(string) error { return nil }, false, "add --overwrite"},
		"a folder of somebody else":           {func(dir string) error { return os.Remove(filepath.Join(dir, render.IndexFile)) }, true, "there is no .rendered"},
		"a file that was edited":              {func(dir string) error { return os.WriteFile(filepath.Join(dir, "a"), []byte("edited"), 0o600) }, true, "as it is now: a;"},
		"a file of somebody else's at a path": {func(dir string) error { return os.WriteFile(filepath.Join(dir, "new"), nil, 0o600) }, true, "as it is now: new;"},
		"a file where a folder is to be":      {func(dir string) error { return os.WriteFile(filepath.Join(dir, "deep"), nil, 0o600) }, true, "as it is now: deep;"},
		"an index that leads out of the folder": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, render.IndexFile), []byte(strings.Repeat("0", 64)+"  ../a\n"), 0o600)
		}, true, "is not a digest and a path"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := written(t, files{"a": []byte("1"), "b": []byte("2")})
			if err := test.prepare(dir); err != nil {
				t.Fatal(err)
			}
			before := there(t, dir)
			err := render.Write(dir, files{"a": []byte("3"), "new": []byte("4"), "deep/er": []byte("5")}, test.overwrite)
			refuses(t, err, test.words)
			if after := there(t, dir); !maps.Equal(before, after) {
				t.Errorf("there was %v and is %v", before, after)
			}
		})
	}
}

// A link in the folder leads nowhere else.
func TestWrite_StaysInItsFolder(t *testing.T) {
	outside := t.TempDir()
	dir := written(t, files{"a": []byte("1")})
	if err := os.Symlink(outside, filepath.Join(dir, "x")); err != nil {
		t.Fatal(err)
	}
	if err := render.Write(dir, files{"x/b": []byte("2")}, true); err == nil {
		t.Error("it followed a link")
	}
	if entries, _ := os.ReadDir(outside); len(entries) > 0 {
		t.Errorf("it wrote %v outside", entries)
	}
}

func TestWrite_GoesOnWithOneThatWasKilled(t *testing.T) {
	dir := written(t, files{"a": []byte("1"), "b": []byte("2")})
	// As a second one leaves it that got as far as the index and the first file.
	index := ""
	for _, entry := range []struct{ name, content string }{{"a", "1"}, {"a", "3"}, {"b", "2"}, {"b", "4"}} {
		index += fmt.Sprintf("%x  %s\n", sha256.Sum256([]byte(entry.content)), entry.name)
	}
	for name, content := range map[string]string{render.IndexFile: index, "a": "3"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := render.Write(dir, files{"a": []byte("3"), "b": []byte("4")}, true); err != nil {
		t.Fatal(err)
	}
	if got := there(t, dir); got["a"] != "3" || got["b"] != "4" {
		t.Errorf("there is %v", got)
	}
}

func TestRead_IsWhatWasWritten(t *testing.T) {
	first := files{"a": []byte("1"), "x/b": []byte("2")}
	dir := written(t, first)
	if err := os.WriteFile(filepath.Join(dir, "mine"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := render.Read(dir)
	if err != nil || !maps.EqualFunc(got, first, bytes.Equal) {
		t.Errorf("got %v, %v", got, err)
	}
	if err := os.Remove(filepath.Join(dir, render.IndexFile)); err != nil {
		t.Fatal(err)
	}
	if got, err = render.Read(dir); err != nil || len(got) != 3 {
		t.Errorf("without an index: got %v, %v", got, err)
	}
}

func TestWrite_IsTheSameWhateverTheUsersMask(t *testing.T) {
	made := tree(t)
	first := written(t, made)
	mask := syscall.Umask(0o077)
	t.Cleanup(func() { syscall.Umask(mask) })
	t.Setenv("TZ", "Asia/Kathmandu")
	t.Setenv("LC_ALL", "tr_TR.UTF-8")
	t.Setenv("HOME", t.TempDir())
	second := written(t, tree(t))
	if a, b := there(t, first), there(t, second); !maps.Equal(a, b) || len(a) < 100 {
		t.Errorf("the folders differ, or hold only %d files", len(a))
	}
	// The private mask is respected.
	info, err := os.Stat(filepath.Join(second, "README.md"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestWrite_LeavesAnIndexThatOthersCanCheck(t *testing.T) {
	dir := written(t, files{"b": []byte("2"), "a": []byte("1")})
	index, err := os.ReadFile(filepath.Join(dir, render.IndexFile))
	want := fmt.Sprintf("%x  a\n%x  b\n", sha256.Sum256([]byte("1")), sha256.Sum256([]byte("2")))
	if err != nil || string(index) != want {
		t.Errorf("got %q, %v, want %q", index, err, want)
	}
	if entries, _ := os.ReadDir(dir); !slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == render.IndexFile }) || len(entries) != 3 {
		t.Errorf("there is %v", entries)
	}
}
