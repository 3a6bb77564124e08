package kube

import (
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestNew_TellsOfRequestsAndNotOfTheirSecrets(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	defer server.Close()
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	kubeconfig := fmt.Sprintf(`{apiVersion: v1, kind: Config, current-context: x,
clusters: [{name: x, cluster: {server: %q, certificate-authority-data: %s}}],
users: [{name: x, user: {token: very-secret}}],
contexts: [{name: x, context: {cluster: x, user: x}}]}`, server.URL, base64.StdEncoding.EncodeToString(authority))
	var heard []string
	client, err := New([]byte(kubeconfig), func(request string) { heard = append(heard, request) })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Nodes(t.Context()); err == nil {
		t.Error("it is not refused")
	}
	if err := client.Healthz(t.Context()); err == nil {
		t.Error("it is healthy")
	}
	if len(heard) != 2 || !strings.HasPrefix(heard[0], "GET "+server.URL+"/api/v1/nodes: 403 Forbidden in ") || !strings.Contains(heard[1], "/readyz?verbose: 403") {
		t.Errorf("heard %q", heard)
	}
	if strings.Contains(strings.Join(heard, ""), "secret") {
		t.Errorf("heard a secret: %q", heard)
	}
}
