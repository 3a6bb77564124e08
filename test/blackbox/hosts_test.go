package blackbox

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

var update = flag.Bool("update", false, "write the golden files anew")

// system is an operating system that hosts may have, as far as the bootstrap
// sees it.
type system struct {
	name string
	// release is its os-release, behind the link that all of these have.
	release string
	// containerd is what its containerd says of its version.
	containerd string
	// resolved tells that systemd-resolved answers the host's own questions.
	resolved bool
	cgroup   int
	arch     string
}

// Numbers of machines in ELF programs.
const (
	elfAMD64 = 62
	elfARM64 = 183
)

// systems are those that the README lists. What os-release and containerd say
// is copied from them.
func systems() []system {
	const (
		debian13 = "PRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"13\"\nVERSION=\"13 (trixie)\"\nVERSION_CODENAME=trixie\nID=debian\n"
		debian12 = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nVERSION=\"12 (bookworm)\"\nVERSION_CODENAME=bookworm\nID=debian\n"
		ubuntu24 = "PRETTY_NAME=\"Ubuntu 24.04.3 LTS\"\nNAME=\"Ubuntu\"\nVERSION_ID=\"24.04\"\nVERSION=\"24.04.3 LTS (Noble Numbat)\"\nVERSION_CODENAME=noble\nID=ubuntu\nID_LIKE=debian\n"
		ubuntu22 = "PRETTY_NAME=\"Ubuntu 22.04.5 LTS\"\nNAME=\"Ubuntu\"\nVERSION_ID=\"22.04\"\nVERSION=\"22.04.5 LTS (Jammy Jellyfish)\"\nVERSION_CODENAME=jammy\nID=ubuntu\nID_LIKE=debian\n"
		flatcar  = "NAME=\"Flatcar Container Linux by Kinvolk\"\nID=flatcar\nID_LIKE=coreos\nVERSION=4230.2.3\nVERSION_ID=4230.2.3\nFLATCAR_BOARD=\"amd64-usr\"\n"
	)
	return []system{
		{"debian-13", debian13, "containerd github.com/containerd/containerd 1.7.24~ds1 1.7.24~ds1-6+deb13u1", false, 2, "amd64"},
		{"debian-13-cgroup-v1", debian13, "containerd github.com/containerd/containerd 1.7.24~ds1 1.7.24~ds1-6+deb13u1", false, 1, "amd64"},
		{"debian-13-arm64", debian13, "containerd github.com/containerd/containerd 1.7.24~ds1 1.7.24~ds1-6+deb13u1", false, 2, "arm64"},
		{"debian-13-podman", debian13, "containerd github.com/containerd/containerd 1.7.24~ds1 1.7.24~ds1-6+deb13u1", false, 2, "amd64"},
		{"debian-12", debian12, "containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+b1", false, 2, "amd64"},
		{"debian-12-cgroup-v1", debian12, "containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+b1", false, 1, "amd64"},
		{"ubuntu-24.04", ubuntu24, "containerd github.com/containerd/containerd 1.7.28 ", true, 2, "amd64"},
		{"ubuntu-24.04-arm64", ubuntu24, "containerd github.com/containerd/containerd 1.7.28 ", true, 2, "arm64"},
		{"ubuntu-22.04", ubuntu22, "containerd github.com/containerd/containerd 1.7.28 ", true, 2, "amd64"},
		{"ubuntu-22.04-cgroup-v1", ubuntu22, "containerd github.com/containerd/containerd 1.7.28 ", true, 1, "amd64"},
		{"flatcar", flatcar, "containerd github.com/containerd/containerd/v2 v2.0.7 4ac6c20c7bbf8177f29e46bbdc658fec02ffb8ad", true, 2, "amd64"},
		{"flatcar-arm64", flatcar, "containerd github.com/containerd/containerd/v2 v2.0.7 4ac6c20c7bbf8177f29e46bbdc658fec02ffb8ad", true, 2, "arm64"},
		{"flatcar-cgroup-v1", flatcar, "containerd github.com/containerd/containerd 1.7.27 05044ec0a9a75232cad458027ca83437aae3f4da", true, 1, "amd64"},
	}
}

// install makes of the world's host one of the system.
func (s system) install(t *testing.T, w *world) {
	t.Helper()
	if err := os.Remove(filepath.Join(w.root, "etc/os-release")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(w.root, "usr/lib/os-release"), s.release, 0o644)
	link(t, filepath.Join(w.root, "etc/os-release"), "../usr/lib/os-release")
	machine := uint16(elfAMD64)
	if s.arch == "arm64" {
		machine = elfARM64
	}
	write(t, filepath.Join(w.root, "usr/bin/sh"), elf(machine), 0o755)
	link(t, filepath.Join(w.root, "bin"), "usr/bin")
	w.options.Arch = s.arch
	if s.resolved {
		write(t, filepath.Join(w.root, "run/systemd/resolve/resolv.conf"), "nameserver 192.0.2.53\n", 0o644)
	}
	if s.cgroup == 2 {
		write(t, filepath.Join(w.root, "sys/fs/cgroup/cgroup.controllers"), "cpuset cpu io memory hugetlb pids rdma misc\n", 0o644)
	} else {
		write(t, filepath.Join(w.root, "proc/cgroups"), "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t1\t13\t1\nmemory\t4\t194\t1\npids\t8\t13\t1\n", 0o644)
	}
	w.answers["containerd"] = s.containerd + "\n"
	w.failing["docker"] = strings.HasSuffix(s.name, "-podman")
	write(t, filepath.Join(w.root, "proc/1/status"), "CapBnd:\t000001ffffffffff\n", 0o644)
}

// Every system's tree: the first one is listed, the others are what differs
// from it. What the files hold is also in the golden files of package node.
func TestApply_OnEverySystem(t *testing.T) {
	for _, role := range []string{node.ControlPlane, node.Worker} {
		var first map[string]string
		b := newBundle(t, node.ControlPlane)
		authority := b.Credentials.CA
		if role == node.Worker {
			b = newBundle(t, node.Worker)
			b.Credentials.CA.Certificate = authority.Certificate
		}
		for i, s := range systems() {
			w := newWorld(t, b)
			s.install(t, w)
			if role == node.Worker {
				w.letIn(t, authority)
			}
			usr := tree(t, filepath.Join(w.root, "usr"))
			before := plain(t, w.root)
			w.apply(t)
			if diff := cmp.Diff(usr, tree(t, filepath.Join(w.root, "usr"))); diff != "" {
				t.Errorf("%s: /usr, which is read-only on some, was written to:\n%s", s.name, diff)
			}
			after := plain(t, w.root)
			for path, entry := range before {
				if after[path] == entry {
					delete(after, path) // the system's own
				}
			}
			var got string
			if i == 0 {
				first, got = after, listing(after)
			} else {
				got = differences(first, after)
			}
			golden(t, filepath.Join("testdata", s.name+"-"+role+".golden"), got)
		}
	}
}

// listing is a tree's paths with their modes and where links lead.
func listing(tree map[string]string) string {
	var out strings.Builder
	for _, path := range sortedPaths(tree) {
		mode, content, _ := strings.Cut(tree[path], " ")
		if !strings.HasPrefix(mode, "L") {
			content = ""
		}
		fmt.Fprintln(&out, strings.TrimSpace(mode+" "+path+" "+content))
	}
	return out.String()
}

// differences are the paths that only one tree has, and the lines that only
// one of two files has.
func differences(first, second map[string]string) string {
	both := map[string]string{}
	for path := range first {
		both[path] = ""
	}
	for path := range second {
		both[path] = ""
	}
	var out strings.Builder
	for _, path := range sortedPaths(both) {
		if first[path] == second[path] {
			continue
		}
		fmt.Fprintf(&out, "===== %s\n", path)
		was, is := strings.Split(first[path], "\n"), strings.Split(second[path], "\n")
		for _, line := range was {
			if !slices.Contains(is, line) {
				fmt.Fprintf(&out, "- %s\n", line)
			}
		}
		for _, line := range is {
			if !slices.Contains(was, line) {
				fmt.Fprintf(&out, "+ %s\n", line)
			}
		}
	}
	return out.String()
}

func sortedPaths(tree map[string]string) []string {
	var out []string
	for path := range tree {
		out = append(out, path)
	}
	slices.Sort(out)
	return out
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		write(t, file, got, 0o644)
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; write it with 'go test ./test/blackbox -update'", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}
