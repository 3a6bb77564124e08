package blackbox

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

func (w *world) apply(t *testing.T) {
	t.Helper()
	w.commands = nil
	if err := host.Apply(context.Background(), w.options); err != nil {
		t.Fatalf("%v\n%s", err, w.log.String())
	}
}

// letIn gives a worker's kubelet the certificate it waits for.
func (w *world) letIn(t *testing.T, authority node.Authority) {
	t.Helper()
	ca, err := pki.ParseAuthority([]byte(authority.Certificate), []byte(authority.Key))
	if err != nil {
		t.Fatal(err)
	}
	pair, err := pki.Issuer{Now: now, Rand: rand.Reader}.Issue(ca, pki.Leaf{
		CommonName: "system:node:demo-workers-1", Organizations: []string{"system:nodes"}, Client: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	// The kubelet's link is absolute, as seen on the host.
	write(t, filepath.Join(w.root, "var/lib/kubelet/pki/kubelet-client-2026.pem"), string(pair.Certificate)+string(pair.Key), 0o600)
	link := filepath.Join(w.root, node.KubeletClientPath)
	_ = os.Remove(link)
	if err := os.Symlink("/var/lib/kubelet/pki/kubelet-client-2026.pem", link); err != nil {
		t.Fatal(err)
	}
}

// soon is the patience of tests in which what is waited for never comes.
const soon = 50 * time.Millisecond

func (w *world) status(t *testing.T) node.Status {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(w.root, node.StatusPath))
	if err != nil {
		t.Fatal(err)
	}
	var status node.Status
	if err := json.Unmarshal(raw, &status); err != nil {
		t.Fatal(err)
	}
	return status
}
