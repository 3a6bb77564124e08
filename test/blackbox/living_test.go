package blackbox

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// living is the real etcd and the real API server of a control plane, with the
// certificates that the bootstrap has put on its host.
type living struct {
	*aged
	api, etcd *liveProgram
	apiURL    string
	front     *front
	kubelet   *witness
	// cutKubelet ends the API server's connections to the kubelet, as it does
	// itself within five minutes.
	cutKubelet func()
}

// liveProgram is a process that lives as long as the test.
type liveProgram struct {
	cmd  *exec.Cmd
	dead chan struct{}
}

func startProgram(t *testing.T, path string, args ...string) *liveProgram {
	t.Helper()
	var said bytes.Buffer
	p := &liveProgram{cmd: exec.Command(path, args...), dead: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &said, &said
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = p.cmd.Wait(); close(p.dead) }()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.dead
		if text := said.String(); t.Failed() {
			t.Logf("the end of what %s said:\n%s", filepath.Base(path), text[max(0, len(text)-4000):])
		}
	})
	return p
}

func (p *liveProgram) lives() bool {
	select {
	case <-p.dead:
		return false
	default:
		return true
	}
}

// witness remembers the client certificate that it was shown last.
type witness struct {
	mu   sync.Mutex
	last string
}

func (w *witness) see(state tls.ConnectionState) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(state.PeerCertificates) > 0 {
		w.last = state.PeerCertificates[0].SerialNumber.String()
	}
	return nil
}

func (w *witness) seen() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last
}

// front stands between the API server and etcd, to see what each shows, and to
// cut their connections.
type front struct {
	witness
	listener net.Listener
	mu       sync.Mutex
	open     []net.Conn
	// served is the certificate that etcd showed last.
	served string
}

func newFront(t *testing.T, a *aged, etcd string) *front {
	t.Helper()
	f := &front{}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{a.pair(t, "etcd/server")}, ClientCAs: a.pool(t, "etcd/ca"),
		ClientAuth: tls.RequireAndVerifyClientCert, NextProtos: []string{"h2"}, VerifyConnection: f.see,
	})
	if err != nil {
		t.Fatal(err)
	}
	f.listener = listener
	dial := &tls.Config{
		Certificates: []tls.Certificate{a.pair(t, "apiserver-etcd-client")}, RootCAs: a.pool(t, "etcd/ca"), NextProtos: []string{"h2"},
	}
	t.Cleanup(func() { _ = listener.Close(); f.cut() })
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			go f.join(near, etcd, dial)
		}
	}()
	return f
}

func (f *front) join(near net.Conn, etcd string, dial *tls.Config) {
	defer near.Close()
	far, err := tls.Dial("tcp", etcd, dial)
	if err != nil {
		return
	}
	defer far.Close()
	f.mu.Lock()
	f.open = append(f.open, near, far)
	f.served = far.ConnectionState().PeerCertificates[0].SerialNumber.String()
	f.mu.Unlock()
	go func() { _, _ = io.Copy(far, near); _ = far.Close() }()
	_, _ = io.Copy(near, far)
}

// cut ends all connections.
func (f *front) cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.open {
		_ = c.Close()
	}
	f.open = nil
}

func newLiving(t *testing.T) *living {
	t.Helper()
	bin := os.Getenv("ANYWHERE_BIN")
	for _, name := range []string{"etcd", "kube"} {
		if _, err := os.Stat(filepath.Join(bin, name)); bin == "" || err != nil {
			if os.Getenv("ANYWHERE_REQUIRE_APISERVER") != "" {
				t.Fatalf("ANYWHERE_BIN=%q has no %s, and ANYWHERE_REQUIRE_APISERVER is set", bin, name)
			}
			t.Skipf("needs the real programs: set ANYWHERE_BIN (now %q) to a folder with etcd and kube", bin)
		}
	}
	b := newBundle(t, node.ControlPlane)
	a := &aged{world: newWorld(t, b), bundle: b, clock: time.Now()}
	a.options.Now = time.Now
	a.api.server.TLS.Time = time.Now
	a.apply(t)
	a.options.Bundle, a.options.Renew = "file://"+host.KeptBundle, true
	l := &living{aged: a, kubelet: &witness{}}
	pki := func(name string) string { return filepath.Join(a.root, "etc/kubernetes/pki", name) }
	etcd, peer, api := freeAddress(t), freeAddress(t), freeAddress(t)
	l.etcd = startProgram(t, filepath.Join(bin, "etcd"), "--data-dir="+filepath.Join(t.TempDir(), "etcd"), "--unsafe-no-fsync",
		"--listen-client-urls=https://"+etcd, "--advertise-client-urls=https://"+etcd,
		"--listen-peer-urls=http://"+peer, "--initial-advertise-peer-urls=http://"+peer, "--initial-cluster=default=http://"+peer,
		"--client-cert-auth", "--cert-file="+pki("etcd/server.crt"), "--key-file="+pki("etcd/server.key"), "--trusted-ca-file="+pki("etcd/ca.crt"))
	l.front = newFront(t, a, etcd)
	_, port, _ := net.SplitHostPort(api)
	l.apiURL = "https://" + api
	l.api = startProgram(t, filepath.Join(bin, "kube"), "kube-apiserver", "--bind-address=127.0.0.1", "--secure-port="+port, "--cert-dir="+t.TempDir(),
		"--etcd-servers=https://"+l.front.listener.Addr().String(), "--etcd-cafile="+pki("etcd/ca.crt"),
		"--etcd-certfile="+pki("apiserver-etcd-client.crt"), "--etcd-keyfile="+pki("apiserver-etcd-client.key"),
		"--tls-cert-file="+pki("apiserver.crt"), "--tls-private-key-file="+pki("apiserver.key"), "--client-ca-file="+pki("ca.crt"),
		"--kubelet-client-certificate="+pki("apiserver-kubelet-client.crt"), "--kubelet-client-key="+pki("apiserver-kubelet-client.key"),
		"--service-account-key-file="+pki("sa.pub"), "--service-account-signing-key-file="+pki("sa.key"),
		"--service-account-issuer=https://kubernetes.default.svc", "--authorization-mode=RBAC",
		"--service-cluster-ip-range=10.96.0.0/16", "--disable-admission-plugins=ServiceAccount", "--endpoint-reconciler-type=none")
	awaitIt(t, "the API server", 3*time.Minute, func() error { _, err := l.ask(t, http.MethodGet, "/readyz", ""); return err })
	return l
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func awaitIt(t *testing.T, what string, deadline time.Duration, try func() error) {
	t.Helper()
	begin := time.Now()
	var err error
	for time.Since(begin) < deadline {
		if err = try(); err == nil {
			t.Logf("%s: after %s", what, time.Since(begin).Round(100*time.Millisecond))
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	t.Fatalf("no %s after %s: %v", what, deadline, err)
}

// ask makes one request as the administrator, on a connection of its own.
func (l *living) ask(t *testing.T, method, path, body string) (serving *x509.Certificate, err error) {
	t.Helper()
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{
		RootCAs: l.pool(t, "ca"), Certificates: []tls.Certificate{l.pair(t, "admin")},
	}}}
	request, err := http.NewRequestWithContext(t.Context(), method, l.apiURL+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if method == http.MethodPatch {
		request.Header.Set("Content-Type", "application/merge-patch+json")
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if answer, _ := io.ReadAll(response.Body); response.StatusCode >= 300 {
		return nil, fmt.Errorf("%s: %s", response.Status, answer)
	}
	return response.TLS.PeerCertificates[0], nil
}

// addKubelet gives the cluster a node whose kubelet sees who calls it, and a pod
// there whose log is a reason to.
func (l *living) addKubelet(t *testing.T) {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		_ = l.kubelet.see(*in.TLS)
	}))
	server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	server.StartTLS()
	t.Cleanup(server.Close)
	l.cutKubelet = server.CloseClientConnections
	port := server.Listener.Addr().(*net.TCPAddr).Port
	_, made := l.ask(t, http.MethodPost, "/api/v1/nodes", `{"metadata": {"name": "host"}}`)
	_, told := l.ask(t, http.MethodPatch, "/api/v1/nodes/host/status",
		`{"status": {"addresses": [{"type": "InternalIP", "address": "127.0.0.1"}], "daemonEndpoints": {"kubeletEndpoint": {"Port": `+strconv.Itoa(port)+`}}}}`)
	if err := errors.Join(made, told); err != nil {
		t.Fatal(err)
	}
	awaitIt(t, "pod", time.Minute, func() error { // its namespace is made by and by
		_, err := l.ask(t, http.MethodPost, "/api/v1/namespaces/default/pods",
			`{"metadata": {"name": "p"}, "spec": {"nodeName": "host", "containers": [{"name": "c", "image": "i"}]}}`)
		return err
	})
}

func (l *living) serial(t *testing.T, name string) string {
	t.Helper()
	cert, err := x509.ParseCertificate(l.pair(t, name).Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	return cert.SerialNumber.String()
}
