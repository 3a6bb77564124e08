package node_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/test/cluster"
)

// writer writes ConfigMaps one after another, as a client does that never
// closes a connection by itself, and remembers which were acknowledged.
type writer struct {
	client *http.Client
	url    string
	cancel context.CancelFunc
	done   chan struct{}

	mu           sync.Mutex
	acknowledged []string
	failed       int
	failures     []string
	begun, last  time.Time
	gap          time.Duration
}

// newWriter takes the endpoint and the rights from the user's kubeconfig.
func newWriter(t *testing.T, c *cluster.Cluster) *writer {
	t.Helper()
	var config struct {
		Clusters []struct {
			Cluster struct {
				Server    string `json:"server"`
				Authority string `json:"certificate-authority-data"`
			} `json:"cluster"`
		} `json:"clusters"`
		Users []struct {
			User struct {
				Certificate string `json:"client-certificate-data"`
				Key         string `json:"client-key-data"`
			} `json:"user"`
		} `json:"users"`
	}
	view := c.Kubectl(t, "config", "view", "--minify", "--raw", "-o", "json")
	if err := json.Unmarshal([]byte(view), &config); err != nil || len(config.Clusters) != 1 || len(config.Users) != 1 {
		t.Fatalf("reading the kubeconfig: %v", err)
	}
	decode := func(text string) []byte {
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	user := config.Users[0].User
	return &writer{
		client: tlsClient(t, decode(config.Clusters[0].Cluster.Authority), decode(user.Certificate), decode(user.Key)),
		url:    config.Clusters[0].Cluster.Server + "/api/v1/namespaces/default/configmaps",
		done:   make(chan struct{}),
	}
}

// tlsClient trusts one authority and shows one certificate. It gives up no
// question by itself: whatever ends a hanging one is not the client.
func tlsClient(t *testing.T, authority, certificate, key []byte) *http.Client {
	t.Helper()
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func (w *writer) start() {
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel, w.begun, w.last = cancel, time.Now(), time.Now()
	go func() {
		defer close(w.done)
		for n := 0; ctx.Err() == nil; n++ {
			next := time.Now().Add(writeEvery)
			w.note(fmt.Sprintf("written-%06d", n), w.write(ctx, fmt.Sprintf("written-%06d", n)))
			time.Sleep(time.Until(next))
		}
	}()
}

func (w *writer) write(ctx context.Context, name string) error {
	body := fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":%q,"labels":{"written":"yes"}}}`, name)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader([]byte(body)))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := w.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusCreated {
		err = fmt.Errorf("%s: %s", response.Status, answer)
	}
	return err
}

func (w *writer) note(name string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.failed++
		w.failures = append(w.failures, fmt.Sprintf("%s after %s: %v", name, time.Since(w.begun).Round(time.Millisecond), err))
		return
	}
	now := time.Now()
	w.gap = max(w.gap, now.Sub(w.last))
	w.acknowledged, w.last = append(w.acknowledged, name), now
}

// mark returns the longest gap since the mark before, one that still lasts
// included.
func (w *writer) mark() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	gap := max(w.gap, time.Since(w.last))
	w.gap = 0
	return gap
}

// awaitProgress waits until writes are acknowledged again, so that a gap is
// over before it is measured.
func (w *writer) awaitProgress(t *testing.T) {
	t.Helper()
	count := func() int {
		w.mu.Lock()
		defer w.mu.Unlock()
		return len(w.acknowledged)
	}
	for before, end := count(), time.Now().Add(5*time.Minute); count() < before+10; time.Sleep(writeEvery) {
		if time.Now().After(end) {
			t.Fatal("no write has been acknowledged for 5 minutes")
		}
	}
}

func (w *writer) stop() {
	w.cancel()
	<-w.done
}

// missing are the acknowledged writes that the cluster does not have.
func (w *writer) missing(t *testing.T) []string {
	t.Helper()
	response, err := w.client.Get(w.url + "?labelSelector=written%3Dyes")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var list struct {
		Items []struct {
			Metadata struct {
				Name string `json:"name"`
			} `json:"metadata"`
		} `json:"items"`
	}
	if err := json.NewDecoder(response.Body).Decode(&list); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("listing what was written: %s, %v", response.Status, err)
	}
	there := map[string]bool{}
	for _, item := range list.Items {
		there[item.Metadata.Name] = true
	}
	if len(w.acknowledged) == 0 {
		t.Fatal("nothing was acknowledged, so the comparison says nothing")
	}
	return slices.DeleteFunc(slices.Clone(w.acknowledged), func(name string) bool { return there[name] })
}
