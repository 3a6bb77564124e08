package manager

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube/kubetest"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// lines is a log that tests may read while it is written.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func clusterFile(t *testing.T) string {
	t.Helper()
	file := File{NodeEndpoint: "10.240.0.2:6443", ControlPlanes: []string{kubetest.NodeName, "not-there-yet"}}
	file.Cluster = config.Cluster{APIVersion: config.APIVersion, Kind: config.Kind, Metadata: config.Metadata{Name: "local"}}
	file.Cluster.Spec = config.Spec{
		Target: "local", KubernetesVersion: "v1.37.1",
		Network: config.Network{Layer: "flannel", PodCIDR: "10.244.0.0/16", ServiceCIDR: "10.96.0.0/16", DNSDomain: "cluster.local"},
	}
	text, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "cluster.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// start runs the addon-manager until the test ends, and fails the test if it
// does not end when asked.
func start(t *testing.T, opts Options) *lines {
	t.Helper()
	log := &lines{}
	opts.Log = log
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Run(ctx, opts) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the addon-manager ended with %v", err)
		}
		if t.Failed() {
			t.Logf("the addon-manager's log:\n%s", log)
		}
	})
	return log
}

func TestRun_SaysWhyItWaitsForTheAPI(t *testing.T) {
	log := start(t, Options{Kubeconfig: filepath.Join(t.TempDir(), "absent.conf"), ClusterFile: clusterFile(t), Identity: "a"})
	kubetest.Eventually(t, "a reason", func() error {
		if !strings.Contains(log.String(), "api: waiting: open ") || !strings.Contains(log.String(), "absent.conf") {
			return errors.New(log.String())
		}
		return nil
	})
	time.Sleep(1500 * time.Millisecond)
	if n := strings.Count(log.String(), "api: waiting"); n != 1 {
		t.Errorf("the same reason was given %d times:\n%s", n, log)
	}
}

func TestRun_RefusesABrokenClusterFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cluster.json")
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Run(t.Context(), Options{ClusterFile: path}); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v", err)
	}
}

// TestRun_KeepsACluster runs the whole program against a real API server.
func TestRun_KeepsACluster(t *testing.T) {
	server := kubetest.Start(t)
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(kubeconfig, server.Kubeconfig(kubetest.AdminToken), 0o600); err != nil {
		t.Fatal(err)
	}
	log := start(t, Options{Kubeconfig: kubeconfig, ClusterFile: clusterFile(t), Identity: "a"})
	second := start(t, Options{Kubeconfig: kubeconfig, ClusterFile: clusterFile(t), Identity: "b"})
	admin, err := kube.New(server.Kubeconfig(kubetest.AdminToken))
	if err != nil {
		t.Fatal(err)
	}
	coredns := kube.Ref{Group: "apps", Version: "v1", Kind: "Deployment", Namespace: "kube-system", Name: "coredns"}
	proxy := kube.Ref{Group: "apps", Version: "v1", Kind: "DaemonSet", Namespace: "kube-system", Name: "kube-proxy"}
	there := func(ref kube.Ref, want bool) func() error {
		return func() error {
			_, found, err := admin.Get(context.Background(), ref)
			if err == nil && found != want {
				err = fmt.Errorf("%s: found is %t", ref, found)
			}
			return err
		}
	}
	kubetest.Eventually(t, "the addons", func() error {
		return errors.Join(there(coredns, true)(), there(proxy, true)())
	})
	t.Run("PutsBackWhatIsDeleted", func(t *testing.T) {
		obj, _, err := admin.Get(t.Context(), coredns)
		if err != nil {
			t.Fatal(err)
		}
		if err := admin.Delete(t.Context(), coredns); err != nil {
			t.Fatal(err)
		}
		kubetest.Eventually(t, "coredns again", func() error {
			again, found, err := admin.Get(context.Background(), coredns)
			if err == nil && (!found || again.GetUID() == obj.GetUID()) {
				err = errors.New("not back yet")
			}
			return err
		})
	})
	t.Run("AppliesANewSetAndPrunes", func(t *testing.T) {
		desired, found, err := admin.ReadDesired(t.Context())
		if err != nil || !found {
			t.Fatalf("found %t, %v", found, err)
		}
		kept := desired.Objects[:0]
		for _, obj := range desired.Objects {
			if kube.RefOf(obj) != proxy {
				kept = append(kept, obj)
			}
		}
		if err := admin.WriteDesired(t.Context(), kept); err != nil {
			t.Fatal(err)
		}
		kubetest.Eventually(t, "kube-proxy's end", there(proxy, false))
	})
	t.Run("ApprovesAndLabels", func(t *testing.T) { approvesAndLabels(t, server, admin) })
	if strings.Contains(log.String(), "addons:") == strings.Contains(second.String(), "addons:") {
		t.Errorf("of two, one must act:\n%s\n%s", log, second)
	}
}

// approvesAndLabels plays a kubelet: it registers as a node, then asks for a
// certificate before the node has an address, and for one it may not have.
func approvesAndLabels(t *testing.T, server *kubetest.Server, admin *kube.Client) {
	if _, err := admin.ApplyYAML(t.Context(), []byte("{apiVersion: v1, kind: Node, metadata: {name: "+kubetest.NodeName+"}}")); err != nil {
		t.Fatal(err)
	}
	other := good()
	other.DNSNames = []string{"other"}
	for name, text := range map[string][]byte{"own": sign(t, good()), "foreign": sign(t, other)} {
		csr := request(t, good())
		csr.TypeMeta = metav1.TypeMeta{APIVersion: "certificates.k8s.io/v1", Kind: "CertificateSigningRequest"}
		csr.Name, csr.Spec.Request = name, text
		// Who asks is for the server to say.
		csr.Spec.Username, csr.Spec.Groups = "", nil
		body, err := json.Marshal(csr)
		if err != nil {
			t.Fatal(err)
		}
		server.Do(t, kubetest.NodeToken, "POST", "/apis/certificates.k8s.io/v1/certificatesigningrequests", "application/json", string(body))
	}
	server.Do(t, kubetest.NodeToken, "PATCH", "/api/v1/nodes/"+kubetest.NodeName+"/status", "application/merge-patch+json",
		`{"status": {"addresses": [{"type": "InternalIP", "address": "10.240.0.4"}, {"type": "Hostname", "address": "node-1"}]}}`)
	kubetest.Eventually(t, "the approval and the label", func() error {
		open, err := admin.ServingRequests(context.Background())
		if err != nil {
			return err
		}
		if len(open) != 1 || open[0].Name != "foreign" {
			return fmt.Errorf("%d requests are open", len(open))
		}
		nodes, err := admin.Nodes(context.Background())
		if err == nil && (len(nodes) != 1 || !nodes[0].ControlPlane) {
			err = fmt.Errorf("nodes are %+v", nodes)
		}
		return err
	})
}
