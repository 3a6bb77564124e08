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

	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

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
