package images

import (
	"context"
	"debug/elf"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// other is an architecture that this machine does not have.
func other() string {
	if runtime.GOARCH == "arm64" {
		return "amd64"
	}
	return "arm64"
}

func machineOf(t *testing.T, path string) elf.Machine {
	t.Helper()
	file, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	return file.Machine
}

func TestCompile_ForAnotherArchitectureKeepsBoth(t *testing.T) {
	dir, comp := tiny(t, tinyMain)
	c := tinyCompiler(t, dir)
	here, _, err := c.compile(t.Context(), comp)
	if err != nil {
		t.Fatal(err)
	}
	c.arch = other()
	there, _, err := c.compile(t.Context(), comp)
	if err != nil {
		t.Fatal(err)
	}
	machines := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}
	if got := machineOf(t, filepath.Join(there, "tiny")); got != machines[other()] {
		t.Errorf("the program for %s is one for %s", other(), got)
	}
	if got := machineOf(t, filepath.Join(here, "tiny")); got != machines[runtime.GOARCH] {
		t.Errorf("the program for this machine is one for %s", got)
	}
}

func TestCross_NamesThePackageOfAMissingCompiler(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Build(context.Background(), BuildOptions{SourceDir: source, RepoDir: repo, CacheDir: t.TempDir(), Arch: other()})
	if err == nil || !strings.Contains(err.Error(), "apt-get install -y "+crossTools()[other()].pkg) {
		t.Errorf("got %v", err)
	}
	if _, err := Build(context.Background(), BuildOptions{SourceDir: source, RepoDir: repo, CacheDir: t.TempDir(), Arch: "mips"}); err == nil || !strings.Contains(err.Error(), "have amd64 and arm64") {
		t.Errorf("got %v", err)
	}
}

// The C library that programs are linked with must be all of one release.
func TestCross_CompilesWithTheLibraryOfTheImages(t *testing.T) {
	c := &compiler{cache: t.TempDir(), arch: other()}
	root, err := keep(c.cache, c.named("sysroot"), newKey("1", baseSuite, c.arch, sysrootPackages).String(), func(string) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	environment, err := c.cgo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"'--sysroot=" + root + "/root'", "'-B" + root + "/root/usr/lib/", "'-isystem' '" + root + "/root/usr/include'"} {
		if !strings.Contains(environment[1], want) {
			t.Errorf("%s has no %s", environment[1], want)
		}
	}
	c.arch = runtime.GOARCH
	if environment, err := c.cgo(t.Context()); err != nil || !slices.Equal(environment, []string{"CGO_ENABLED=1"}) {
		t.Errorf("for this machine it sets %q (%v)", environment, err)
	}
}
