package blackbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// reset runs one with --yes or without, and returns its list.
func (w *world) reset(yes bool) (string, error) {
	var out strings.Builder
	w.commands = nil
	err := host.Reset(context.Background(), host.ResetOptions{HostRoot: w.root, Yes: yes, Out: &out, Log: &w.log, Runner: w})
	return out.String(), err
}

// An image that the user has in containerd's namespace of pods.
const (
	listImages  = "ctr --namespace k8s.io images list --quiet"
	othersImage = "example.com/of-others:1\n"
)

// used puts on a host what its user had there, some of it at paths of ours.
func (w *world) used(t *testing.T) {
	t.Helper()
	for path, mode := range map[string]os.FileMode{
		"etc/containerd/config.toml":            0o640, // replaced
		"etc/sysctl.d/99-kubernetes.conf":       0o600, // replaced
		"opt/cni/bin/bridge":                    0o700, // replaced
		"var/lib/kubelet/config.yaml":           0o644, // replaced, among data
		"etc/kubernetes/notes.txt":              0o644,
		"etc/cni/net.d/87-podman.conflist":      0o644,
		"etc/cni/net.d/10-flannel.conflist.bak": 0o644,
		"var/lib/kubelet/plugins/of-others":     0o644,
		"var/lib/etcd/lost+found/file":          0o600,
		"var/log/pods/of-others.log":            0o644,
		"var/lib/kubernetes-anywhere/mine.tar":  0o644,
		"srv/data":                              0o644,
	} {
		write(t, filepath.Join(w.root, path), "the user's "+path, mode)
	}
	for path, target := range map[string]string{
		"etc/modules-load.d/kubernetes.conf":    "../mine.conf", // replaced
		"etc/systemd/system/some.wants/x.timer": "/usr/lib/x.timer",
	} {
		link(t, filepath.Join(w.root, path), target)
	}
	if err := os.Chmod(filepath.Join(w.root, "var/lib/etcd"), 0o755); err != nil {
		t.Fatal(err)
	}
	w.answers[listImages] = othersImage
}

func link(t *testing.T, path, target string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}

// lived leaves on a host what components and systemd make of their own.
func (w *world) lived(t *testing.T, role string) {
	t.Helper()
	paths := []string{
		"var/lib/kubelet/pods/1/volumes/a", "var/lib/kubelet/pki/kubelet-server-2026.pem", "var/lib/cni/networks/cbr0/10.244.0.2",
		"var/log/pods/kube-system_x/0.log", "var/log/containers/x.log", "etc/cni/net.d/10-flannel.conflist", "run/flannel/subnet.env",
		"run/netns/cni-1234",
	}
	if role == node.ControlPlane {
		paths = append(paths, "var/lib/etcd/member/wal/0.wal", "var/log/kubernetes/audit/audit.log", "var/lib/kubernetes-anywhere/snapshots/1.db")
	} else {
		paths = append(paths, "etc/kubernetes/kubelet.conf")
	}
	for _, path := range paths {
		write(t, filepath.Join(w.root, path), "made by a component", 0o600)
	}
	link(t, filepath.Join(w.root, "etc/systemd/system/multi-user.target.wants/kubelet.service"), "/etc/systemd/system/kubelet.service")
	write(t, filepath.Join(w.root, "proc/1/mountinfo"), "1 0 0:1 / / rw - ext4 a rw\n2 1 0:1 / /var/lib/kubelet/pods/1/volumes/a\\040b rw - tmpfs t rw\n3 1 0:1 / /var/lib/kubelet/pods/1 rw - tmpfs t rw\n", 0o644)
	write(t, filepath.Join(w.root, "sys/class/net/cni0/address"), "", 0o644)
}

// withoutKernel leaves out what stands for the kernel's own file systems, save
// its settings.
func withoutKernel(tree map[string]string) map[string]string {
	for path := range tree {
		if strings.HasPrefix(path, "sys") || path == "proc/1/mountinfo" || path == "run" {
			delete(tree, path)
		}
	}
	return tree
}

// newNode is a host that becomes a node of a role.
func newNode(t *testing.T, role string) *world {
	t.Helper()
	b := newBundle(t, node.ControlPlane)
	authority := b.Credentials.CA
	if role == node.Worker {
		b = newBundle(t, node.Worker)
		b.Credentials.CA.Certificate = authority.Certificate
	}
	w := newWorld(t, b)
	w.authority, w.options.Patience = authority, 5*time.Second
	return w
}

// become makes a host a node on which pods have run.
func (w *world) become(t *testing.T, role string) {
	t.Helper()
	if role == node.Worker {
		w.hooks["systemctl daemon-reload"] = func() { w.letIn(t, w.authority) }
	}
	w.apply(t)
	delete(w.hooks, "systemctl daemon-reload")
	w.lived(t, role)
}

func TestReset_GivesBackTheTreeItFound(t *testing.T) {
	for _, role := range []string{node.ControlPlane, node.Worker} {
		for _, used := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s used=%v", role, used), func(t *testing.T) {
				w := newNode(t, role)
				if used {
					w.used(t)
				}
				before := withoutKernel(tree(t, w.root))
				w.become(t, role)
				w.apply(t) // a second run must not take our files for the user's
				w.answers["ctr --namespace k8s.io containers list --quiet"] = ""
				if _, err := w.reset(true); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(before, withoutKernel(tree(t, w.root))); diff != "" {
					t.Errorf("the tree is not the one that was found (-before +after):\n%s", diff)
				}
				out, err := w.reset(true)
				if err != nil || out != "nothing of kubernetes-anywhere is on this host\n" {
					t.Errorf("again: %q, %v", out, err)
				}
				// The host can become a node once more.
				w.become(t, role)
			})
		}
	}
}

func TestReset_ListsFirstAndTouchesNothing(t *testing.T) {
	w := newNode(t, node.ControlPlane)
	w.used(t)
	w.become(t, node.ControlPlane)
	write(t, filepath.Join(w.root, "etc/kubernetes/added-later.txt"), "the user's", 0o644)
	before := tree(t, w.root)
	out, err := w.reset(false)
	if !errors.Is(err, host.ErrNotConfirmed) {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{
		`a control-plane of the cluster "demo"`, "service    kubelet.service\n", "file       /etc/kubernetes/pki/ca.key\n", "network    cni0\n",
		"data       /var/lib/etcd (1 files)\n", "data       /var/log/pods (1 files)\n",
		"put back as it was:\n  file       /etc/containerd/config.toml\n", "setting    net.ipv4.ip_forward = 0\n",
		"every file that was here before.",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in the list:\n%s", want, out)
		}
	}
	for _, path := range []string{"87-podman", "notes.txt", "mine.tar", "of-others"} {
		if strings.Contains(out, path) {
			t.Errorf("%s is in the list:\n%s", path, out)
		}
	}
	if strings.Count(out, "/etc/kubernetes/pki/ca.crt\n") != 1 {
		t.Errorf("a file is not listed once:\n%s", out)
	}
	if diff := cmp.Diff(before, tree(t, w.root)); diff != "" {
		t.Errorf("the host was touched:\n%s", diff)
	}
	if _, err := w.reset(true); err != nil {
		t.Fatal(err)
	}
	if after := tree(t, w.root); after["etc/kubernetes/added-later.txt"] == "" {
		t.Error("a file that the user added is gone")
	}
}

func TestReset_EndsPodsAndTheirNetworkAndNobodyElses(t *testing.T) {
	w := newNode(t, node.Worker)
	w.used(t)
	w.become(t, node.Worker)
	w.answers[listImages] = othersImage + "registry.k8s.io/pause:3.10.2\n"
	w.answers["nft list tables"] = "table ip kube-proxy\ntable inet kubernetes-anywhere\ntable inet the-users\n"
	if _, err := w.reset(true); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"systemctl stop kubelet.service", "docker rm --force kubelet", "ctr --namespace k8s.io images delete --sync registry.k8s.io/pause:3.10.2",
		"nsenter --target 1 --mount -- umount /var/lib/kubelet/pods/1/volumes/a b", "nsenter --target 1 --mount -- umount /var/lib/kubelet/pods/1", "ip link delete cni0",
		"nft delete table ip kube-proxy", "nft delete table inet kubernetes-anywhere", "systemctl daemon-reload",
	} {
		if !w.ran(want) {
			t.Errorf("%q was not run", want)
		}
	}
	if w.ran("nft delete table inet the-users") {
		t.Error("a table of the user's was deleted")
	}
	if last := w.commands[len(w.commands)-1]; !strings.HasPrefix(last, "systemd-run ") || !strings.HasSuffix(last, "systemctl restart containerd.service") {
		t.Errorf("the last command is %q: it may end this program", last)
	}
}

// A pod that does not end keeps its data: what is below it would be a mess.
func TestReset_StopsWhereContainersDoNotEnd(t *testing.T) {
	w := newNode(t, node.Worker)
	w.become(t, node.Worker)
	w.answers["ctr --namespace k8s.io containers list --quiet"] = "abc\n"
	if _, err := w.reset(true); err == nil || !strings.Contains(err.Error(), "1 containers do not end: abc") {
		t.Fatalf("got %v", err)
	}
	if _, err := os.Stat(filepath.Join(w.root, "var/lib/kubelet/pods/1/volumes/a")); err != nil {
		t.Error(err)
	}
}

// killed is a run that ended without a word; events counts down to it.
type killed struct{ events int }

func (k *killed) happens() {
	if k.events--; k.events == 0 {
		panic(k)
	}
}

// Write and Run are moments at which a run may end.
func (k *killed) Write(p []byte) (int, error) { k.happens(); return len(p), nil }

type killedRunner struct {
	*killed
	host.Runner
}

func (k killedRunner) Run(ctx context.Context, c host.Command) ([]byte, error) {
	k.happens()
	output, err := k.Runner.Run(ctx, c)
	k.happens()
	return output, err
}

func TestReset_IsFinishedByTheNextRun(t *testing.T) {
	w := newNode(t, node.ControlPlane)
	w.used(t)
	before := withoutKernel(tree(t, w.root))
	w.become(t, node.ControlPlane)
	installed := w.root
	for events := 1; ; events += step() {
		w.root = filepath.Join(t.TempDir(), "root")
		clone(t, installed, w.root)
		k := &killed{events: events}
		done := func() (done bool) {
			defer func() { _ = recover() }()
			if err := host.Reset(context.Background(), host.ResetOptions{HostRoot: w.root, Yes: true, Out: io.Discard, Log: k, Runner: killedRunner{k, w}}); err != nil {
				t.Fatal(err)
			}
			return true
		}()
		if _, err := w.reset(true); err != nil {
			t.Fatalf("after %d events: %v", events, err)
		}
		if diff := cmp.Diff(before, withoutKernel(tree(t, w.root))); diff != "" {
			t.Fatalf("after %d events the tree is not the one that was found (-before +after):\n%s", events, diff)
		}
		if done {
			if events < 20 {
				t.Errorf("there were only %d events", events)
			}
			return
		}
	}
}

// A host that a version without a record set up begins one with all of its
// files, though none of them changes.
func TestReset_KnowsFilesOfOlderVersionsThatNeverChanged(t *testing.T) {
	w := newNode(t, node.Worker)
	before := withoutKernel(tree(t, w.root))
	w.become(t, node.Worker)
	if err := os.RemoveAll(filepath.Join(w.root, "var/lib/kubernetes-anywhere/installed.json")); err != nil {
		t.Fatal(err)
	}
	w.apply(t)
	if _, err := w.reset(true); err != nil {
		t.Fatal(err)
	}
	after := withoutKernel(tree(t, w.root))
	for path, entry := range after {
		if before[path] == "" && !strings.HasPrefix(entry, "d") {
			t.Errorf("%s is left", path)
		}
	}
}

// Hosts that versions without a record set up can be taken back too, and what
// our own files replaced then is not known.
func TestReset_TakesAwayWhatOlderVersionsPutThere(t *testing.T) {
	w := newNode(t, node.ControlPlane)
	before := withoutKernel(tree(t, w.root))
	w.become(t, node.ControlPlane)
	for _, name := range []string{"installed.json", "original"} {
		if err := os.RemoveAll(filepath.Join(w.root, "var/lib/kubernetes-anywhere", name)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.reset(true); err != nil {
		t.Fatal(err)
	}
	after := withoutKernel(tree(t, w.root))
	for path, entry := range after {
		// Folders of the system, plugins and settings are not known to be ours.
		if before[path] == "" && !strings.HasPrefix(entry, "d") && path != "opt/cni/bin/bridge" {
			t.Errorf("%s is left", path)
		}
	}
	if after["opt/cni/bin/someone-elses"] == "" || after["etc/hosts"] == "" {
		t.Error("a file of the user's is gone")
	}
}
