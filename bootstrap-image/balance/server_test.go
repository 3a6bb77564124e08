package balance

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

// server stands for an API server: it says its name, and whether it is ready.
type server struct {
	*httptest.Server
	name    string
	unready atomic.Bool
	// silent is one that does not answer how it is, as if it had no time.
	silent atomic.Bool
	// open holds the connections that it has.
	open atomic.Int64
}

func newServer(t testing.TB, name string) *server {
	t.Helper()
	return serve(t, name, nil)
}

// newServerOf is a server whose certificate an authority has signed, as an API
// server's, and that lets in whom that authority knows.
func newServerOf(t testing.TB, name string, ca pki.Pair) *server {
	t.Helper()
	pair := issue(t, ca, pki.Leaf{CommonName: "kube-apiserver", DNSNames: []string{apiName}, Server: true})
	certificate, err := tls.X509KeyPair(pair.Certificate, pair.Key)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca.Certificate)
	return serve(t, name, &tls.Config{Certificates: []tls.Certificate{certificate}, ClientCAs: roots, ClientAuth: tls.VerifyClientCertIfGiven})
}

func newAuthority(t testing.TB) pki.Pair {
	t.Helper()
	ca, err := pki.Issuer{Now: time.Now(), Rand: rand.Reader}.NewAuthority("kubernetes")
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

func issue(t testing.TB, ca pki.Pair, leaf pki.Leaf) pki.Pair {
	t.Helper()
	authority, err := pki.ParseAuthority(ca.Certificate, ca.Key)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := pki.Issuer{Now: time.Now(), Rand: rand.Reader}.Issue(authority, leaf)
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

func serve(t testing.TB, name string, config *tls.Config) *server {
	t.Helper()
	s := &server{name: name}
	handler := http.NewServeMux()
	handler.HandleFunc("/readyz", func(w http.ResponseWriter, r *http.Request) {
		if s.silent.Load() {
			<-r.Context().Done()
		}
		if s.unready.Load() {
			http.Error(w, "shutting down", http.StatusInternalServerError)
		}
	})
	handler.HandleFunc("/name", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, name) })
	// A watch says one thing and then nothing more.
	handler.HandleFunc("/watch", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, name+"\n")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	s.Server = httptest.NewUnstartedServer(handler)
	s.Config.ErrorLog = nil
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			s.open.Add(1)
		case http.StateClosed, http.StateHijacked:
			s.open.Add(-1)
		}
	}
	// As an API server does: only a node may read the endpoints.
	handler.HandleFunc("/api/v1/namespaces/default/endpoints/kubernetes", func(w http.ResponseWriter, r *http.Request) {
		if len(r.TLS.PeerCertificates) == 0 || r.TLS.PeerCertificates[0].Subject.CommonName != "system:node:a" {
			http.Error(w, "who are you", http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, `{"subsets":[{"addresses":[{"ip":"10.0.0.2"},{"ip":"10.0.0.3"}],"ports":[{"port":6443}]}]}`)
	})
	s.EnableHTTP2, s.TLS = true, config
	s.StartTLS()
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s
}

func (s *server) address() string { return s.Listener.Addr().String() }

// network is one on which hosts can vanish: packets to them are lost, and
// connections that they have stay open and silent.
type network struct {
	mu   sync.Mutex
	lost map[string]bool
}

func (n *network) lose(address string, lost bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.lost == nil {
		n.lost = map[string]bool{}
	}
	n.lost[address] = lost
}

func (n *network) dial(ctx context.Context, address string) (net.Conn, error) {
	n.mu.Lock()
	lost := n.lost[address]
	n.mu.Unlock()
	if lost {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", address)
}

// words is a log that can be read while it is written.
type words struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (w *words) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.Write(p)
}

func (w *words) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.String()
}

// run starts a balancer with short times and returns its address, its log, and
// what ends it and waits until it has ended.
func run(t testing.TB, o Options) (string, *words, func()) {
	t.Helper()
	log := &words{}
	o.Listen, o.Log = "127.0.0.1:0", log
	for _, d := range []*time.Duration{&o.Interval, &o.ConnectLimit, &o.Head, &o.Drain} {
		if *d == 0 {
			*d = 50 * time.Millisecond
		}
	}
	b, err := Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Serve(ctx) }()
	end := sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("it ended with %v", err)
			}
		case <-time.After(20 * time.Second):
			t.Error("it does not end")
		}
	})
	t.Cleanup(end)
	return b.Addr().String(), log, end
}

// newClient makes a client whose connections are its own.
func newClient(t testing.TB) *http.Client {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 10 * time.Second}
}

// ask returns who answers a client.
func ask(client *http.Client, address string) (string, error) {
	response, err := client.Get("https://" + address + "/name")
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = errors.New(response.Status)
	}
	return string(body), err
}

// eventually waits for something, far longer than it takes.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within 20 seconds", what)
		}
	}
}

// says waits until the log holds every one of the words.
func says(t testing.TB, log *words, wanted ...string) {
	t.Helper()
	for _, one := range wanted {
		eventually(t, fmt.Sprintf("the log says %q", one), func() bool { return strings.Contains(log.String(), one) })
	}
}
