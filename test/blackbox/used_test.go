package blackbox

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
