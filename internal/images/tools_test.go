package images

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// laid lays a tree of files and links for a test.
func laid(t *testing.T, files map[string]string, links map[string]string) string {
	t.Helper()
	root := t.TempDir()
	content := tree{}
	for at, data := range files {
		content[at] = entry{data: []byte(data), mode: 0o755}
	}
	for at, to := range links {
		content.links(to, at)
	}
	if err := content.lay(root); err != nil {
		t.Fatal(err)
	}
	return root
}

func TestClosure_FollowsLinksAcrossTheMergedUsr(t *testing.T) {
	root := laid(t,
		map[string]string{"usr/lib/llvm-19/bin/clang": "#!/bin/sh of some length\n", "usr/bin/other": "#!/bin/sh of some length\n"},
		map[string]string{"usr/bin/clang-19": "../lib/llvm-19/bin/clang", "usr/sbin/ip": "/bin/other"})
	got, err := (&compiler{arch: "amd64"}).closure(root, []string{"usr/bin/clang-19", "usr/sbin/ip"})
	if want := []string{"usr/bin/clang-19", "usr/bin/other", "usr/lib/llvm-19/bin/clang", "usr/sbin/ip"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
}

func TestClosure_NamesWhatIsMissing(t *testing.T) {
	_, err := (&compiler{arch: "amd64"}).closure(t.TempDir(), []string{"usr/bin/dig"})
	if err == nil || !strings.Contains(err.Error(), `"usr/bin/dig"`) {
		t.Errorf("the error is %v, want one that names the program", err)
	}
}

// A program of this machine loads at least the C library.
func TestClosure_FindsTheLibrariesOfAProgram(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	if sh, err = filepath.EvalSymlinks(sh); err != nil {
		t.Fatal(err)
	}
	got, err := (&compiler{arch: runtime.GOARCH}).closure("/", []string{strings.TrimPrefix(sh, "/")})
	if err != nil {
		t.Skipf("this machine is laid out otherwise than Debian: %v", err)
	}
	if !slices.ContainsFunc(got, func(at string) bool { return strings.HasSuffix(at, "/libc.so.6") }) {
		t.Errorf("%s needs %q, which has no C library", sh, got)
	}
	_, err = (&compiler{arch: runtime.GOARCH}).closure(laid(t, map[string]string{"usr/bin/sh": read(t, sh)}, nil), []string{"usr/bin/sh"})
	if err == nil || !strings.Contains(err.Error(), "libc.so.6") {
		t.Errorf("without its library the error is %v, want one that names it", err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestMoveNew_LeavesOutWhatTheBaseLayerHas(t *testing.T) {
	base := laid(t, map[string]string{"usr/lib/libc.so.6": "old"}, nil)
	from := laid(t, map[string]string{"usr/lib/libc.so.6": "new", "usr/bin/dig": "dig"}, nil)
	to := t.TempDir()
	if err := moveNew(from, to, base, []string{"usr/lib/libc.so.6", "usr/bin/dig"}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(to, "usr/lib/libc.so.6")); !os.IsNotExist(err) {
		t.Error("the library is in both layers")
	}
	if read(t, filepath.Join(to, "usr/bin/dig")) != "dig" {
		t.Error("the program is not there")
	}
}

func TestCilium_HasTheSourceWithoutItsTests(t *testing.T) {
	dir := laid(t, map[string]string{
		"bpf/bpf_lxc.c": "c", "bpf/lib/common.h": "h", "bpf/tests/x.c": "test", "bpf/Makefile": "make", "bpf/complexity-tests/y.c": "test",
	}, nil)
	got, err := ciliumAgent(dir, "plugins")
	if err != nil {
		t.Fatal(err)
	}
	var source []string
	for at := range got {
		if strings.HasPrefix(at, "var/lib/cilium/") {
			source = append(source, strings.TrimPrefix(at, "var/lib/cilium/"))
		}
	}
	slices.Sort(source)
	if want := []string{"bpf/bpf_lxc.c", "bpf/lib/common.h"}; !slices.Equal(source, want) {
		t.Errorf("the image has %q, want %q", source, want)
	}
}

func TestAgnhost_RefusesSourceOfAnotherVersion(t *testing.T) {
	dir := laid(t, map[string]string{"VERSION": AgnhostVersion + "\n"}, nil)
	got, err := agnhostTree(dir, "coredns")
	if err != nil {
		t.Fatal(err)
	}
	if got["agnhost-2"].link != "agnhost" || !strings.Contains(string(got["etc/group"].data), "group-defined-in-image:x:50000:") {
		t.Error("what upstream's tests ask for is not in the image")
	}
	_, err = agnhostTree(laid(t, map[string]string{"VERSION": "0.1\n"}, nil), "coredns")
	if err == nil || !strings.Contains(err.Error(), "version 0.1") || !strings.Contains(err.Error(), AgnhostVersion) {
		t.Errorf("the error is %v, want one that names both versions", err)
	}
}

func TestCompile_CopiesWhatGoesWithAProgram(t *testing.T) {
	dir, comp := tiny(t, tinyMain)
	comp.files = map[string]string{"go.mod.txt": "go.mod", "source": "."}
	c := tinyCompiler(t, dir)
	out, _, err := c.compile(t.Context(), comp)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"go.mod.txt", "source/go.mod"} {
		if !strings.Contains(read(t, filepath.Join(out, name)), "module example.com/lib") {
			t.Errorf("%s is not the module's", name)
		}
	}
	comp.files = nil
	if _, cached, err := c.compile(t.Context(), comp); err != nil || cached {
		t.Errorf("with other files: cached %v, %v; want a build", cached, err)
	}
}
