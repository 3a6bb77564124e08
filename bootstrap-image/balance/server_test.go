package balance

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/pem"
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
)

// server stands for an API server: it says its name, and whether it is ready.
type server struct {
	*httptest.Server
	name    string
	unready atomic.Bool
	// open holds the connections that it has.
	open atomic.Int64
}

func newServer(t testing.TB, name string) *server {
	t.Helper()
	s := &server{name: name}
	handler := http.NewServeMux()
	handler.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
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
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s
}

func (s *server) address() string { return s.Listener.Addr().String() }

// authority is the PEM that verifies the server.
func (s *server) authority() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}

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
