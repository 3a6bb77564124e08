// Package kubetest starts a real API server for tests: client-go's fakes do
// not do server-side apply as a server does.
package kubetest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Tokens of the users that the server knows.
const (
	AdminToken = "admin-token"
	// NodeToken is the kubelet's of the node called NodeName.
	NodeToken = "node-token"
	NodeName  = "node-1"
)

// deadline is generous: the machine may be compiling meanwhile.
const deadline = 3 * time.Minute

// Server is a running API server.
type Server struct{ url, authority string }

// Start starts etcd and an API server from the binaries in $ANYWHERE_BIN and
// stops them when the test ends; it returns once the server is ready and its
// own namespaces are there. Without the binaries the test is skipped, unless
// ANYWHERE_REQUIRE_APISERVER is set. flags are further ones of the API server.
func Start(t *testing.T, flags ...string) *Server {
	t.Helper()
	bin := os.Getenv("ANYWHERE_BIN")
	etcd, kube := filepath.Join(bin, "etcd"), filepath.Join(bin, "kube")
	for _, file := range []string{etcd, kube} {
		if _, err := os.Stat(file); bin == "" || err != nil {
			if os.Getenv("ANYWHERE_REQUIRE_APISERVER") != "" {
				t.Fatalf("ANYWHERE_BIN=%q has no etcd and kube, and ANYWHERE_REQUIRE_APISERVER is set", bin)
			}
			t.Skipf("needs a real API server: set ANYWHERE_BIN (now %q) to a folder with the binaries etcd and kube", bin)
		}
	}
	dir := t.TempDir()
	ports := freePorts(t, 3)
	store := fmt.Sprintf("http://127.0.0.1:%d", ports[0])
	peer := fmt.Sprintf("http://127.0.0.1:%d", ports[1])
	run(t, "etcd", etcd, "--data-dir="+filepath.Join(dir, "etcd"), "--unsafe-no-fsync",
		"--listen-client-urls="+store, "--advertise-client-urls="+store,
		"--listen-peer-urls="+peer, "--initial-advertise-peer-urls="+peer, "--initial-cluster=default="+peer)
	tokens := strings.Join([]string{
		AdminToken + ",admin,admin,system:masters",
		NodeToken + ",system:node:" + NodeName + ",node,system:nodes",
	}, "\n")
	key := write(t, dir, "sa.key", newKey(t))
	run(t, "kube-apiserver", kube, append([]string{"kube-apiserver", "--etcd-servers=" + store,
		"--cert-dir=" + dir, "--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", ports[2]),
		"--service-account-key-file=" + key, "--service-account-signing-key-file=" + key,
		"--service-account-issuer=https://kubernetes.default.svc",
		"--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
		"--token-auth-file=" + write(t, dir, "tokens.csv", []byte(tokens)),
		"--service-cluster-ip-range=10.96.0.0/16", "--allow-privileged=true", "--endpoint-reconciler-type=none"}, flags...)...)
	server := &Server{url: fmt.Sprintf("https://127.0.0.1:%d", ports[2])}
	server.authority = base64.StdEncoding.EncodeToString(waitFile(t, filepath.Join(dir, "apiserver.crt")))
	for _, name := range []string{"default", "kube-system", "kube-public", "kube-node-lease"} {
		path := "/api/v1/namespaces/" + name
		Eventually(t, path, func() error { return server.try(t.Context(), AdminToken, "GET", path, "", "") })
	}
	Eventually(t, "the API server", func() error { return server.try(t.Context(), AdminToken, "GET", "/readyz", "", "") })
	return server
}

// Kubeconfig is the kubeconfig of a token's user.
func (s *Server) Kubeconfig(token string) []byte {
	return fmt.Appendf(nil, `apiVersion: v1
kind: Config
current-context: test
clusters: [{name: test, cluster: {server: %q, certificate-authority-data: %s}}]
users: [{name: test, user: {token: %s}}]
contexts: [{name: test, context: {cluster: test, user: test}}]
`, s.url, s.authority, token)
}

// Reached is where the server is, and the authority that its certificate is
// to be verified with, in PEM.
func (s *Server) Reached(t *testing.T) (url string, authority []byte) {
	t.Helper()
	authority, err := base64.StdEncoding.DecodeString(s.authority)
	if err != nil {
		t.Fatal(err)
	}
	return s.url, authority
}

// Do makes one plain request, for what a user does that the client does not.
func (s *Server) Do(t *testing.T, token, method, path, contentType, body string) {
	t.Helper()
	if err := s.try(t.Context(), token, method, path, contentType, body); err != nil {
		t.Fatal(err)
	}
}

func (s *Server) try(ctx context.Context, token, method, path, contentType, body string) error {
	authority, err := base64.StdEncoding.DecodeString(s.authority)
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority)
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", contentType)
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if answer, err := io.ReadAll(response.Body); err != nil || response.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %s (%w)", method, path, response.Status, answer, err)
	}
	return nil
}

// Eventually waits until check has nothing to say; what it says last is the
// test's failure.
func Eventually(t *testing.T, what string, check func() error) {
	t.Helper()
	var err error
	for end := time.Now().Add(deadline); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if err = check(); err == nil {
			return
		}
	}
	t.Fatalf("waiting for %s: %v", what, err)
}

// run starts a program that lives as long as the test; its output is shown
// when the test fails.
func run(t *testing.T, name, path string, args ...string) {
	t.Helper()
	var output bytes.Buffer
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting %s: %v", name, err)
	}
	t.Cleanup(func() {
		// An error means that it is gone already, which the output explains.
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			text := output.String()
			t.Logf("the end of %s's output:\n%s", name, text[max(0, len(text)-4000):])
		}
	})
}

func freePorts(t *testing.T, n int) []int {
	t.Helper()
	var ports []int
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

func write(t *testing.T, dir, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func waitFile(t *testing.T, path string) (content []byte) {
	t.Helper()
	Eventually(t, path, func() (err error) {
		content, err = os.ReadFile(path)
		if err == nil && len(content) == 0 {
			err = fmt.Errorf("%s is empty", path)
		}
		return err
	})
	return content
}

func newKey(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
}
