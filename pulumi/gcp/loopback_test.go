package gcp

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// loopback answers on this machine in Google's own shape: a status and a body, or a
// function, by method and path.
type loopback struct {
	mu      sync.Mutex
	answers map[string]any
	asked   map[string]int
}

// failure is an answer that is an error.
type failure struct {
	status int
	body   string
}

const (
	regionPath = "GET /compute/v1/projects/demo/regions/us-central1"
	typePath   = "GET /compute/v1/projects/demo/zones/%s/machineTypes/e2-standard-2"
	groupPath  = "/compute/v1/projects/demo/regions/us-central1/instanceGroupManagers/demo-workers"
)

func newGoogle() *loopback {
	g := &loopback{asked: map[string]int{}, answers: map[string]any{
		"GET /v1/projects/demo/services:batchGet": `{"services": [
			{"name": "projects/1/services/cloudresourcemanager.googleapis.com", "state": "ENABLED"},
			{"name": "projects/1/services/compute.googleapis.com", "state": "ENABLED"},
			{"name": "projects/1/services/iam.googleapis.com", "state": "ENABLED"},
			{"name": "projects/1/services/secretmanager.googleapis.com", "state": "ENABLED"}]}`,
		regionPath:                      `{"name": "us-central1", "status": "UP", "quotas": [{"metric": "CPUS", "limit": 24, "usage": 4}]}`,
		"GET /compute/v1/projects/demo": `{"name": "demo", "quotas": [{"metric": "NETWORKS", "limit": 5, "usage": 1}]}`,
		"GET /compute/v1/projects/demo/zones": `{"items": [
			{"name": "us-central1-a", "status": "UP", "region": "https://www.googleapis.com/compute/v1/projects/demo/regions/us-central1"},
			{"name": "us-central1-b", "status": "UP", "region": "https://www.googleapis.com/compute/v1/projects/demo/regions/us-central1"},
			{"name": "us-central1-c", "status": "UP", "region": "https://www.googleapis.com/compute/v1/projects/demo/regions/us-central1"},
			{"name": "us-west1-a", "status": "DOWN", "region": "https://www.googleapis.com/compute/v1/projects/demo/regions/us-west1"}]}`,
		"POST /v1/projects/demo:testIamPermissions": allowing(),
		"GET /v1/projects/demo/serviceAccounts":     `{}`,
		"GET /v1/projects/demo/secrets":             `{}`,
	}}
	for _, zone := range []string{"a", "b", "c"} {
		g.answers[fmt.Sprintf(typePath, "us-central1-"+zone)] = `{"name": "e2-standard-2", "guestCpus": 2, "architecture": "X86_64"}`
	}
	for _, k := range kinds() {
		if k.global {
			g.answers["GET /compute/v1/projects/demo/global/"+k.list] = `{"kind": "list"}`
		} else {
			g.answers["GET /compute/v1/projects/demo/aggregated/"+k.list] =
				fmt.Sprintf(`{"items": {"zones/us-central1-a": {"warning": {"code": "NO_RESULTS_ON_PAGE"}}, "global": {%q: []}}}`, k.list)
		}
	}
	return g
}

// allowing answers, as Google does, with those of the permissions that whoever
// asks has, and takes no more than a hundred at a time.
func allowing(but ...string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		var asked struct{ Permissions []string }
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || len(asked.Permissions) > 100 {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		held := slices.DeleteFunc(asked.Permissions, func(permission string) bool { return slices.Contains(but, permission) })
		_ = json.NewEncoder(w).Encode(map[string][]string{"permissions": held}) // the connection is gone otherwise
	}
}

func (g *loopback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	where := r.Method + " " + r.URL.Path
	g.mu.Lock()
	g.asked[where]++
	answer, found := g.answers[where]
	g.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch answer := answer.(type) {
	case func(http.ResponseWriter, *http.Request):
		answer(w, r)
	case failure:
		w.WriteHeader(answer.status)
		fmt.Fprint(w, answer.body)
	case string:
		fmt.Fprint(w, answer)
	default:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprintf(w, `{"error": {"code": 404, "message": "The resource '%s' was not found", "errors": [{"reason": "notFound"}]}}`, strings.TrimPrefix(r.URL.Path, "/compute/v1/"))
	}
	if !found {
		g.mu.Lock()
		g.asked["unknown "+where]++
		g.mu.Unlock()
	}
}

// serve makes a target that asks this Google by its own libraries.
func (g *loopback) serve(t *testing.T) *Target {
	t.Helper()
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	http := &http.Client{Transport: &retrying{base: http.DefaultTransport, pause: time.Millisecond}, Timeout: 10 * time.Second}
	return impatient(func(ctx context.Context, cluster *config.Cluster) (API, error) {
		return newClient(ctx, http, server.URL, "someone@example.org", cluster)
	})
}
