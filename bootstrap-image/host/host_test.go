package host

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// fakeRunner answers commands by their name and notes them.
type fakeRunner struct {
	answers map[string]string
	fails   map[string]error
	ran     []string
}

func (f *fakeRunner) Run(_ context.Context, c Command) ([]byte, error) {
	f.ran = append(f.ran, strings.Join(append([]string{c.Name}, c.Args...), " "))
	return []byte(f.answers[c.Name]), f.fails[c.Name]
}

type fakeNetwork struct{}

func (fakeNetwork) Hostname() (string, error)    { return "w1", nil }
func (fakeNetwork) Addresses() ([]string, error) { return []string{"10.1.0.5"}, nil }

// newRun is a run on a host of the given files.
func newRun(t *testing.T, files map[string]string) (*run, *fakeRunner) {
	t.Helper()
	dir := t.TempDir()
	for path, content := range files {
		target := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(target, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	root, err := openRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(root.close)
	runner := &fakeRunner{answers: map[string]string{"containerd": "containerd example.com/containerd 1.7.24 abc"}}
	options := Options{HostRoot: dir, Log: &strings.Builder{}, Runner: runner, Network: fakeNetwork{}, Now: time.Now}
	r := &run{Options: options, root: root, report: newReporter(options, root)}
	r.bundle.Role = node.Worker
	r.bundle.Cluster.Spec.Network.NodeCIDR = "10.1.0.0/24"
	return r, runner
}

func TestReadFacts_TellsAContainerWithoutTheCapability(t *testing.T) {
	r, _ := newRun(t, map[string]string{
		"etc/os-release": "ID=\"flatcar\"\n", "proc/1/status": "CapBnd:\t000001fffeffffff\n", ".dockerenv": "",
		"run/systemd/resolve/resolv.conf": "",
	})
	if err := r.readFacts(context.Background()); err != nil {
		t.Fatal(err)
	}
	got := r.facts
	got.Now, got.Arch, got.CPUs = time.Time{}, "", 0
	want := node.Facts{
		Hostname: "w1", Addresses: []string{"10.1.0.5"}, OS: "flatcar", CgroupVersion: 1, ContainerEngine: "docker",
		ContainerdVersion: "1.7.24", ResolvConf: "/run/systemd/resolve/resolv.conf", IsContainer: true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}

func TestReadFacts_TellsAMachine(t *testing.T) {
	r, _ := newRun(t, map[string]string{
		"proc/1/status": "CapBnd:\t000001ffffffffff\n", "sys/fs/cgroup/cgroup.controllers": "cpu",
	})
	if err := r.readFacts(context.Background()); err != nil {
		t.Fatal(err)
	}
	if f := r.facts; f.CgroupVersion != 2 || !f.HasSysResource || f.IsContainer || f.OS != "unknown" || f.ResolvConf != "/etc/resolv.conf" {
		t.Errorf("facts are %+v", f)
	}
}

func TestWrite_ReplacesAndKeepsTheMode(t *testing.T) {
	r, _ := newRun(t, map[string]string{"etc/key": "old"})
	if err := r.root.write("/etc/key", 0o600, []byte("new")); err != nil {
		t.Fatal(err)
	}
	info, err := r.root.stat("/etc/key")
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode is %v, %v", info.Mode(), err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(r.HostRoot, "out")); err != nil {
		t.Fatal(err)
	}
	if _, err := r.root.read("/out"); err == nil {
		t.Error("a link led out of the host's root")
	}
}

func TestLock_IsOneBootstrapsAtATime(t *testing.T) {
	r, _ := newRun(t, nil)
	unlock, err := r.root.lock(lockPath)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.root.lock(lockPath); err == nil {
		t.Error("two hold the lock")
	}
	unlock()
	if _, err := r.root.lock(lockPath); err != nil {
		t.Errorf("the lock was not given back: %v", err)
	}
}

func TestStart_RestartsOnlyWhatChanged(t *testing.T) {
	r, runner := newRun(t, nil)
	for _, digest := range []string{"a", "a", "b"} {
		if err := r.start(context.Background(), node.Restart{Unit: "x.service", Digest: digest}); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"systemctl restart x.service", "systemctl start x.service", "systemctl restart x.service"}
	if diff := cmp.Diff(want, runner.ran); diff != "" {
		t.Errorf("commands (-want +got):\n%s", diff)
	}
}

func TestJournalAbout_PrefersLinesAboutTheSubject(t *testing.T) {
	r, runner := newRun(t, nil)
	runner.answers["journalctl"] = "starting\netcd: no such directory\nUnable to register mirror pod etcd\nanother line\n"
	if got := r.journalAbout(context.Background(), node.KubeletUnit, "etcd"); !slices.Equal(got, []string{"etcd: no such directory"}) {
		t.Errorf("got %q", got)
	}
	if got := r.journal(context.Background(), node.KubeletUnit); len(got) != 3 {
		t.Errorf("got %q", got)
	}
}

func TestUntil_EndsWithTheReasonTheLogAndWhatToType(t *testing.T) {
	r, _ := newRun(t, nil)
	r.Patience, r.Pause, r.self.Name = 20*time.Millisecond, time.Millisecond, "w1"
	err := r.until(context.Background(), wait{
		what: "a thing", ready: func(context.Context) error { return os.ErrNotExist }, next: "look at it",
		tail: func(context.Context) []string { return []string{"its last words"} },
	})
	if err == nil {
		t.Fatal("it did not end")
	}
	for _, part := range []string{"a thing on w1", "file does not exist", "see look at it"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is not in %v", part, err)
		}
	}
	if tail := LogTail(err); !slices.Equal(tail, []string{"its last words"}) {
		t.Errorf("the log is %q", tail)
	}
}

func TestStages_AnInterruptIsNoTimeout(t *testing.T) {
	r, _ := newRun(t, nil)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := r.stages(ctx); err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("got %v", err)
	}
}

func TestExec_FindsProgramsOnTheHost(t *testing.T) {
	r, _ := newRun(t, map[string]string{"usr/bin/tool": "#!/bin/sh\n", "usr/sbin/tool": "not to be run"})
	if err := os.Chmod(filepath.Join(r.HostRoot, "usr/bin/tool"), 0o755); err != nil {
		t.Fatal(err)
	}
	if got, err := (Exec{HostRoot: r.HostRoot}).find("tool"); err != nil || got != "/usr/bin/tool" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := (Exec{HostRoot: r.HostRoot}).find("nothing"); err == nil || !strings.Contains(err.Error(), "not installed") {
		t.Errorf("got %v", err)
	}
}
