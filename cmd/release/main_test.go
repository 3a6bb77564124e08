package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/release"
)

// inClone goes to the clone's folder, where the command is called.
func inClone(t *testing.T) {
	t.Helper()
	t.Chdir(filepath.Join("..", ".."))
}

func read(t *testing.T, env map[string]string, args ...string) (release.Options, error) {
	t.Helper()
	return options(args, func(name string) string { return env[name] }, &bytes.Buffer{})
}

func TestOptions_MakeAllOfAReleaseUnlessTold(t *testing.T) {
	inClone(t)
	o, err := read(t, nil, "--version", "v1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	if o.Out != filepath.Join("dist", "v1.2.3") || !slices.Equal(o.Platforms, release.Platforms()) || !slices.Equal(o.Architectures, []string{"amd64", "arm64"}) || o.Key != nil || o.Budget == nil || o.Epoch != 0 {
		t.Errorf("it makes %+v", o)
	}
	o, err = read(t, map[string]string{"SOURCE_DATE_EPOCH": "86400"}, "--version", "v1.2.3", "--platforms", "darwin/arm64", "--image", "none", "--out", "x")
	if err != nil {
		t.Fatal(err)
	}
	if o.Out != "x" || !slices.Equal(o.Platforms, []release.Platform{{OS: "darwin", Arch: "arm64"}}) || len(o.Architectures) > 0 || o.Epoch != 86400 {
		t.Errorf("it makes %+v", o)
	}
}

func TestOptions_RefuseWhatCannotBeRead(t *testing.T) {
	inClone(t)
	key := filepath.Join(t.TempDir(), "cosign.key")
	if err := os.WriteFile(key, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"one too many":     {"v1.2.3"},
		"linux/amd64":      {"--platforms", "linux"},
		"it is not PEM":    {"--key", key},
		"reading the key:": {"--key", key + "-elsewhere"},
	} {
		if _, err := read(t, nil, args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("of %q it says %v", args, err)
		}
	}
	if _, err := read(t, map[string]string{"SOURCE_DATE_EPOCH": "yesterday"}); err == nil || !strings.Contains(err.Error(), "SOURCE_DATE_EPOCH") {
		t.Errorf("of yesterday it says %v", err)
	}
}

func TestRun_SaysWhatIsWrongWithAVersion(t *testing.T) {
	inClone(t)
	out, said := bytes.Buffer{}, bytes.Buffer{}
	err := run(t.Context(), []string{"--version", "1.2", "--out", filepath.Join(t.TempDir(), "x")}, func(string) string { return "" }, &out, &said)
	if err == nil || !strings.Contains(err.Error(), "such as v1.2.3") || out.Len() > 0 {
		t.Errorf("it says %v, and prints %q", err, out.String())
	}
}
