package membership

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/kubeapi"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// world is a tree of a host with the real Ignition, on whose "systemd" a
// kubelet is played: it starts the real API server of its cluster, once, and
// registers its node there.
type world struct {
	t       *testing.T
	root    string
	name    string
	address string
	cluster *cluster
	etcd    fakeEtcd
	options host.Options
	log     bytes.Buffer
	out     bytes.Buffer
	// stopAt makes the run end, as by a kill, at a command.
	stopAt   string
	commands []string
}

var errKilled = errors.New("killed")

// newWorld is a blank host.
func newWorld(t *testing.T, c *cluster, name, address string) *world {
	t.Helper()
	program := os.Getenv("ANYWHERE_IGNITION")
	if program == "" {
		if os.Getenv("ANYWHERE_REQUIRE_IGNITION") == "1" {
			t.Fatal("ANYWHERE_IGNITION does not name Ignition's program; build it with 'make images'")
		}
		t.Skip("ANYWHERE_IGNITION does not name Ignition's program; build it with 'make images'")
	}
	w := &world{t: t, root: t.TempDir(), name: name, address: address, cluster: c}
	image := t.TempDir()
	link := filepath.Join(image, "ignition-apply")
	if err := os.Symlink(program, link); err != nil {
		t.Fatal(err)
	}
	plugins := filepath.Join(image, "cni")
	put(t, filepath.Join(plugins, "bridge"), "a plugin", 0o755)
	for path, content := range map[string]string{
		"etc/os-release":               "NAME=x\nID=debian\n",
		"proc/1/status":                "Name:\tsystemd\nCapBnd:\t000001feffffffff\n",
		"proc/sys/net/ipv4/ip_forward": "0\n",
		"usr/bin/docker":               "",
	} {
		put(t, filepath.Join(w.root, path), content, 0o755)
	}
	w.options = host.Options{
		HostRoot: w.root, Log: &w.log, Runner: w, Prober: w, Nodes: w, Etcd: &w.etcd, Network: w, Machine: w,
		API: c.url(), Now: time.Now, Rand: rand.Reader,
		IgnitionApply: link, CNIPlugins: plugins, Patience: time.Minute, Pause: 5 * time.Millisecond,
	}
	return w
}

func (w *world) init(change func(*InitOptions)) error {
	w.out.Reset()
	o := InitOptions{
		Host: w.options, Interfaces: w, TokenTTL: time.Hour, Out: &w.out, ConfigName: "cluster.json",
		Config: []byte(`{"apiVersion": "kubernetes-anywhere.io/v1alpha1", "kind": "Cluster", "metadata": {"name": "demo"},
			"spec": {"pools": [{"name": "workers", "count": 1, "labels": {"disk": "fast"}}]}}`),
	}
	if change != nil {
		change(&o)
	}
	return Init(w.t.Context(), o)
}

// join runs a line that was printed for a host, at the address the test's
// server really has.
func (w *world) join(line string, change func(*JoinOptions)) error {
	o := w.parse(line)
	if change != nil {
		change(&o)
	}
	if o.ControlPlane || w.cluster.authority.Key == "" {
		return Join(w.t.Context(), o)
	}
	w.letIn()
	return Join(w.t.Context(), o)
}

// parse reads a printed line as cmd/bootstrap does.
func (w *world) parse(line string) JoinOptions {
	w.t.Helper()
	o := JoinOptions{Host: w.options, Server: w.cluster.address, Patience: 100 * time.Millisecond}
	_, line, found := strings.Cut(line, " join ")
	if !found {
		w.t.Fatalf("%q is no line to join by", line)
	}
	words := strings.Fields(line)[1:]
	for len(words) > 0 {
		value := ""
		if len(words) > 1 {
			value = words[1]
		}
		switch words[0] {
		case "--token":
			o.Token = value
		case "--ca-cert-hash":
			o.Pins = append(o.Pins, value)
		case "--certificate-key":
			o.CertificateKey = value
		case "--pool":
			o.Pool = value
		case "--control-plane":
			o.ControlPlane = true
			words = words[1:]
			continue
		default:
			w.t.Fatalf("%q is unknown", words[0])
		}
		words = words[2:]
	}
	return o
}

// lines are those that init printed: the worker's and the control plane's.
func (w *world) lines() (worker, controlPlane string) {
	w.t.Helper()
	for line := range strings.Lines(w.out.String()) {
		switch {
		case strings.Contains(line, "--control-plane"):
			controlPlane = strings.TrimSpace(line)
		case strings.Contains(line, " join "):
			worker = strings.TrimSpace(line)
		}
	}
	if worker == "" || controlPlane == "" {
		w.t.Fatalf("init printed no lines:\n%s", w.out.String())
	}
	return worker, controlPlane
}

// Run implements host.Runner.
func (w *world) Run(ctx context.Context, c host.Command) ([]byte, error) {
	command := strings.Join(append([]string{c.Name}, c.Args...), " ")
	w.commands = append(w.commands, command)
	if w.stopAt != "" && strings.HasPrefix(command, w.stopAt) {
		return nil, errKilled
	}
	if !c.OnHost {
		if c.Name == "kubelet" {
			return []byte("Kubernetes v1.37.1\n"), nil
		}
		return host.Exec{HostRoot: w.root}.Run(ctx, c)
	}
	switch {
	case c.Name == "containerd":
		return []byte("containerd github.com/containerd/containerd 1.7.24 x\n"), nil
	case c.Name == "uname":
		return []byte("x86_64\n"), nil
	case strings.HasSuffix(command, node.KubeletUnit) && strings.HasPrefix(command, "systemctl restart"):
		return nil, w.kubelet(ctx)
	}
	return nil, nil
}

// kubelet plays the kubelet's part.
func (w *world) kubelet(ctx context.Context) error {
	w.cluster.start(w.root)
	admin, err := files{w.cluster.root}.admin(w.cluster.url())
	if err != nil {
		return err
	}
	defer admin.Close()
	role := node.Worker
	if (files{w.root}).exists(node.AdminPath) {
		role = node.ControlPlane
		put(w.t, filepath.Join(w.root, node.EtcdData, "member/wal/0.wal"), "", 0o600)
		w.etcd.start(w.name, w.address)
	}
	return w.cluster.register(ctx, admin, w.name, w.address, role)
}

// letIn gives a worker's kubelet the certificate that it would ask for.
func (w *world) letIn() {
	w.t.Helper()
	ca, err := pki.ParseAuthority([]byte(w.cluster.authority.Certificate), []byte(w.cluster.authority.Key))
	if err != nil {
		w.t.Fatal(err)
	}
	pair, err := pki.Issuer{Now: time.Now(), Rand: rand.Reader}.Issue(ca, pki.Leaf{
		CommonName: "system:node:" + w.name, Organizations: []string{"system:nodes"}, Client: true,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	put(w.t, filepath.Join(w.root, node.KubeletClientPath), string(pair.Certificate)+string(pair.Key), 0o600)
}

// Healthy implements host.Prober: the API server's own word, and nobody else's.
func (w *world) Healthy(ctx context.Context, url string, authority []byte) error {
	if strings.HasPrefix(url, node.LocalAPI) {
		return host.HTTPProber{}.Healthy(ctx, w.cluster.url()+strings.TrimPrefix(url, node.LocalAPI), authority)
	}
	return nil
}

// Node implements host.Nodes: wherever the API is said to be, it is there.
func (w *world) Node(ctx context.Context, _, name string, pair, authority []byte) (*corev1.Node, error) {
	return host.HTTPNodes{}.Node(ctx, w.cluster.url(), name, pair, authority)
}

// Hostname and Addresses implement host.Network.
func (w *world) Hostname() (string, error)    { return w.name, nil }
func (w *world) Addresses() ([]string, error) { return []string{"172.17.0.1", w.address}, nil }

// Prefixes and Outgoing implement Interfaces.
func (w *world) Prefixes() ([]netip.Prefix, error) {
	return []netip.Prefix{netip.MustParsePrefix("172.17.0.1/16"), netip.MustParsePrefix(w.address + "/24")}, nil
}
func (w *world) Outgoing() (netip.Addr, bool) { return netip.MustParseAddr(w.address), true }

// Free, Listeners and Time implement host.Machine.
func (w *world) Free(string) (uint64, uint64, error)      { return 1 << 40, 1, nil }
func (w *world) Listeners([]int) ([]host.Listener, error) { return nil, nil }
func (w *world) Time(context.Context, []string, []byte) (time.Time, string, error) {
	return time.Now(), "", nil
}

// paths are those of the host's tree, to compare before and after.
func (w *world) paths() []string {
	var out []string
	_ = filepath.WalkDir(w.root, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && !strings.HasPrefix(path, filepath.Join(w.root, "run")) {
			out = append(out, strings.TrimPrefix(path, w.root))
		}
		return nil
	})
	return out
}

func put(t *testing.T, path, content string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
}

// register makes a node as its kubelet would, and makes it ready.
func (c *cluster) register(ctx context.Context, admin kubeapi.Client, name, address, role string) error {
	made := corev1.Node{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Node"}, ObjectMeta: metav1.ObjectMeta{Name: name}}
	if role == node.ControlPlane {
		made.Spec.Taints = []corev1.Taint{{Key: roleKey, Effect: corev1.TaintEffectNoSchedule}}
	}
	if err := admin.Call(ctx, http.MethodPost, "/api/v1/nodes", made, nil); err != nil && kubeapi.Code(err) != http.StatusConflict {
		return err
	}
	return c.condition(ctx, admin, name, address, corev1.ConditionTrue)
}

func (c *cluster) condition(ctx context.Context, admin kubeapi.Client, name, address string, ready corev1.ConditionStatus) error {
	status := map[string]any{"status": corev1.NodeStatus{
		Addresses:  []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: address}},
		Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: ready, Message: "says the test"}},
	}}
	if err := admin.Call(ctx, http.MethodPatch, "/api/v1/nodes/"+name+"/status", status, nil); err != nil {
		return fmt.Errorf("making the node %s ready: %w", name, err)
	}
	return nil
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port
}
