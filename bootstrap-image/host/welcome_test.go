package host

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	authorizationv1 "k8s.io/api/authorization/v1"
)

// gate is an API that turns the token away a few times: first it does not know
// it, then it gives it no right.
type gate struct {
	asked  atomic.Int32
	closed int32
}

func (g *gate) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	n := g.asked.Add(1)
	if in.Header.Get("Authorization") != "Bearer abcdef.0123456789abcdef" || n == 1 {
		http.Error(out, "Unauthorized", http.StatusUnauthorized)
		return
	}
	var review authorizationv1.SelfSubjectAccessReview
	_ = json.NewDecoder(in.Body).Decode(&review)
	review.Status.Allowed = n > g.closed && review.Spec.ResourceAttributes.Subresource == "nodeclient"
	out.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(out).Encode(review)
}

func newGate(t *testing.T, closed int32) (*run, *gate) {
	t.Helper()
	g := &gate{closed: closed}
	server := httptest.NewTLSServer(g)
	t.Cleanup(server.Close)
	r, _ := newRun(t, nil)
	r.Patience, r.Pause = 10*time.Second, time.Millisecond
	r.bundle.Endpoint = strings.TrimPrefix(server.URL, "https://")
	r.bundle.Credentials.BootstrapToken = "abcdef.0123456789abcdef"
	r.bundle.Credentials.CA.Certificate = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	return r, g
}

func TestAwaitWelcome_HoldsTheKubeletBackUntilTheTokenMayAsk(t *testing.T) {
	r, g := newGate(t, 3)
	if err := r.awaitWelcome(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n := g.asked.Load(); n != 4 {
		t.Errorf("it asked %d times, want 4: turned away thrice, then let in", n)
	}
	if r.report.status.Waiting != "" {
		t.Errorf("the status still waits for %q", r.report.status.Waiting)
	}
}

func TestPace_SparesTheAPIOfABigCluster(t *testing.T) {
	r, _ := newRun(t, nil)
	r.bundle.Cluster.Spec.Pools = []config.Pool{{Count: 4000}, {Count: 1000}}
	if got := r.pace(); got != 10*time.Second {
		t.Errorf("each of 5000 workers asks every %s, want 10s: 500 requests a second", got)
	}
}

func TestAwaitWelcome_LetsTheKubeletAskWhenTimeIsUp(t *testing.T) {
	r, _ := newGate(t, 1<<30)
	r.Patience = 20 * time.Millisecond
	if err := r.awaitWelcome(context.Background()); err != nil {
		t.Errorf("got %v: nothing depends on this wait", err)
	}
}

func TestAwaitWelcome_EndsWhenInterrupted(t *testing.T) {
	r, _ := newGate(t, 1<<30)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := r.awaitWelcome(ctx); err == nil {
		t.Error("an interrupted wait ended well")
	}
}
