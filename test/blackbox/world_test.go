package blackbox

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
	corev1 "k8s.io/api/core/v1"
)

// world is a tree of a host, and fakes of what a tree cannot do: systemd, the
// components' health and the API.
type world struct {
	root     string
	options  host.Options
	commands []string
	log      strings.Builder
	// unhealthy are URLs that do not answer.
	unhealthy map[string]bool
	// answers are what commands print, by the command or by its name, and
	// failing those that fail.
	answers map[string]string
	failing map[string]bool
	// hooks are called when a command is run: what it would have done.
	hooks   map[string]func()
	machine machine
	api     *fakeAPI
	// authority is the cluster's, with its key, on workers too.
	authority node.Authority
}

func newWorld(t *testing.T, b node.Bundle) *world {
	t.Helper()
	root := t.TempDir()
	for path, content := range map[string]string{
		"etc/os-release":               "NAME=x\nID=debian\n",
		"etc/hosts":                    "127.0.0.1 localhost\n",
		"opt/cni/bin/someone-elses":    "keep me",
		"proc/1/status":                "Name:\tsystemd\nCapBnd:\t000001feffffffff\n",
		"proc/sys/net/ipv4/ip_forward": "0\n",
		"var/lib/dpkg/status":          "packages\n",
		"proc/1/mountinfo":             "",
		"bundle.json":                  encode(t, b),
	} {
		write(t, filepath.Join(root, path), content, 0o644)
	}
	return enterWorld(t, root, b)
}

// enterWorld is the world of a tree that is there already.
func enterWorld(t *testing.T, root string, b node.Bundle) *world {
	t.Helper()
	w := &world{
		root: root, unhealthy: map[string]bool{}, failing: map[string]bool{}, hooks: map[string]func(){},
		answers: map[string]string{
			"containerd": "containerd github.com/containerd/containerd 1.7.24 x\n",
			"journalctl": "first line\nlast line of the kubelet\n",
		},
		machine: machine{free: 50e9},
	}
	plugins := t.TempDir()
	write(t, filepath.Join(plugins, "bridge"), "a plugin", 0o755)
	w.options = host.Options{
		HostRoot: w.root, Bundle: "file:///bundle.json", Log: &w.log,
		Runner: w, Prober: w, Nodes: w, Network: network(b), Machine: &w.machine, Rand: rand.Reader,
		Now:           func() time.Time { return now },
		IgnitionApply: ignitionApply(t), CNIPlugins: plugins,
		Patience: time.Minute, Pause: time.Millisecond,
	}
	if b.Role == node.ControlPlane {
		w.api = newFakeAPI(t, b.Credentials.CA)
		w.options.API = w.api.server.URL
	}
	return w
}

// ignitionApply links the real program under the name by which it applies.
func ignitionApply(t *testing.T) string {
	t.Helper()
	program := os.Getenv("ANYWHERE_IGNITION")
	if program == "" {
		if os.Getenv("ANYWHERE_REQUIRE_IGNITION") == "1" {
			t.Fatal("ANYWHERE_IGNITION does not name Ignition's program; build it with 'make images'")
		}
		t.Skip("ANYWHERE_IGNITION does not name Ignition's program; build it with 'make images'")
	}
	link := filepath.Join(t.TempDir(), "ignition-apply")
	if err := os.Symlink(program, link); err != nil {
		t.Fatal(err)
	}
	return link
}

// Run implements host.Runner: Ignition is run, everything else is only noted.
func (w *world) Run(ctx context.Context, c host.Command) ([]byte, error) {
	if c.Name == w.options.IgnitionApply {
		return host.Exec{HostRoot: w.root}.Run(ctx, c)
	}
	command := strings.Join(append([]string{c.Name}, c.Args...), " ")
	w.commands = append(w.commands, command)
	if w.failing[command] || w.failing[c.Name] {
		return nil, fmt.Errorf("running %q: it fails", command)
	}
	if hook := w.hooks[command]; hook != nil {
		hook()
	}
	if answer, ok := w.answers[command]; ok {
		return []byte(answer), nil
	}
	return []byte(w.answers[c.Name]), nil
}

// ran tells whether a command was run since the last look.
func (w *world) ran(command string) bool {
	for _, c := range w.commands {
		if c == command {
			return true
		}
	}
	return false
}

// Healthy implements host.Prober.
func (w *world) Healthy(_ context.Context, url string, _ []byte) error {
	if w.unhealthy[url] {
		return fmt.Errorf("connection refused")
	}
	return nil
}

// Node implements host.Nodes: the network layer is there at once.
func (w *world) Node(context.Context, string, string, []byte, []byte) (*corev1.Node, error) {
	return &corev1.Node{Status: corev1.NodeStatus{Conditions: []corev1.NodeCondition{
		{Type: corev1.NodeReady, Status: corev1.ConditionTrue},
	}}}, nil
}

// network is that of the host that a bundle is for.
type network node.Bundle

func (n network) Hostname() (string, error) { return "demo-workers-1", nil }

func (n network) Addresses() ([]string, error) {
	if n.Role == node.ControlPlane {
		return []string{"172.17.0.1", n.ControlPlanes[0].Address}, nil
	}
	return []string{"172.17.0.1", "172.30.0.3"}, nil
}

// fakeAPI keeps Secrets, for clients with a certificate of the authority.
type fakeAPI struct {
	server  *httptest.Server
	mu      sync.Mutex
	secrets map[string]*corev1.Secret
	writes  int
}

func newFakeAPI(t *testing.T, authority node.Authority) *fakeAPI {
	t.Helper()
	ca, err := pki.ParseAuthority([]byte(authority.Certificate), []byte(authority.Key))
	if err != nil {
		t.Fatal(err)
	}
	pair, err := pki.Issuer{Now: time.Now(), Rand: rand.Reader}.Issue(ca, pki.Leaf{
		CommonName: "api", Server: true, Addresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	})
	if err != nil {
		t.Fatal(err)
	}
	serving, err := tls.X509KeyPair(pair.Certificate, pair.Key)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(authority.Certificate))
	a := &fakeAPI{secrets: map[string]*corev1.Secret{}}
	a.server = httptest.NewUnstartedServer(a)
	a.server.TLS = &tls.Config{Certificates: []tls.Certificate{serving}, ClientCAs: roots, ClientAuth: tls.RequireAndVerifyClientCert}
	a.server.StartTLS()
	t.Cleanup(a.server.Close)
	return a
}

// ServeHTTP implements http.Handler.
func (a *fakeAPI) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if in.Method == http.MethodGet {
		secret := a.secrets[filepath.Base(in.URL.Path)]
		if secret == nil {
			http.NotFound(out, in)
			return
		}
		_ = json.NewEncoder(out).Encode(secret)
		return
	}
	if in.Method == http.MethodPatch {
		return // of a node
	}
	var secret corev1.Secret
	body, _ := io.ReadAll(in.Body)
	if err := json.Unmarshal(body, &secret); err != nil {
		http.Error(out, err.Error(), http.StatusBadRequest)
		return
	}
	secret.Data = map[string][]byte{}
	for key, value := range secret.StringData {
		secret.Data[key] = []byte(value)
	}
	a.secrets[secret.Name] = &secret
	a.writes++
}

// tree is every path below a root with its mode and content. What changes with
// time, the status and the lock, is not part of it.
func tree(t *testing.T, root string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		info, err := entry.Info()
		if err != nil || strings.HasPrefix(rel, "run/") {
			return err
		}
		content := ""
		switch {
		case info.Mode().IsRegular():
			raw, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			content = string(raw)
		case info.Mode()&fs.ModeSymlink != 0:
			if content, err = os.Readlink(path); err != nil {
				return err
			}
		}
		out[rel] = info.Mode().String() + " " + content
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func write(t *testing.T, path, content string, mode fs.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
}
