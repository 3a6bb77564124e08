package membership

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/addons"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/kubeapi"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
	"sigs.k8s.io/yaml"
)

// cluster is a real etcd and a real API server, which run from the files that
// the first host's tree was given.
type cluster struct {
	t         *testing.T
	address   string
	port      int
	etcd      string
	kube      string
	once      sync.Once
	root      string
	authority node.Authority
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	bin := os.Getenv("ANYWHERE_BIN")
	c := &cluster{t: t, etcd: filepath.Join(bin, "etcd"), kube: filepath.Join(bin, "kube"), port: freePort(t)}
	for _, file := range []string{c.etcd, c.kube} {
		if _, err := os.Stat(file); bin == "" || err != nil {
			if os.Getenv("ANYWHERE_REQUIRE_APISERVER") != "" {
				t.Fatalf("ANYWHERE_BIN=%q has no etcd and kube, and ANYWHERE_REQUIRE_APISERVER is set", bin)
			}
			t.Skipf("needs a real API server: set ANYWHERE_BIN (now %q) to a folder with the binaries etcd and kube", bin)
		}
	}
	c.address = fmt.Sprintf("127.0.0.1:%d", c.port)
	return c
}

func (c *cluster) url() string { return "https://" + c.address }

// start runs both, once, with the keys of a control plane's tree.
func (c *cluster) start(root string) {
	c.once.Do(func() {
		c.root = root
		keys := func(name string) string { return filepath.Join(root, "etc/kubernetes/pki", name) }
		bundle, err := files{root}.kept()
		if err != nil || bundle == nil {
			c.t.Fatalf("the first control plane has kept no bundle: %v", err)
		}
		c.authority = bundle.Credentials.CA
		client, peer := fmt.Sprintf("http://127.0.0.1:%d", freePort(c.t)), fmt.Sprintf("http://127.0.0.1:%d", freePort(c.t))
		c.run(c.etcd, "--data-dir="+filepath.Join(c.t.TempDir(), "etcd"), "--unsafe-no-fsync", "--log-level=error",
			"--listen-client-urls="+client, "--advertise-client-urls="+client,
			"--listen-peer-urls="+peer, "--initial-advertise-peer-urls="+peer, "--initial-cluster=default="+peer)
		c.run(c.kube, "kube-apiserver", "--etcd-servers="+client, "--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", c.port),
			"--tls-cert-file="+keys("apiserver.crt"), "--tls-private-key-file="+keys("apiserver.key"), "--client-ca-file="+keys("ca.crt"),
			"--authentication-config="+filepath.Join(root, "etc/kubernetes/apiserver/authentication.yaml"),
			"--encryption-provider-config="+filepath.Join(root, "etc/kubernetes/apiserver/encryption.yaml"),
			"--enable-bootstrap-token-auth=true", "--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
			"--service-account-issuer=https://kubernetes.default.svc", "--service-account-key-file="+keys("sa.pub"),
			"--service-account-signing-key-file="+keys("sa.key"), "--service-cluster-ip-range=10.96.0.0/16", "--endpoint-reconciler-type=none")
		c.await()
	})
}

// await waits until the API serves, and has the namespace that all is kept in.
func (c *cluster) await() {
	admin, err := files{c.root}.admin(c.url())
	if err != nil {
		c.t.Fatal(err)
	}
	defer admin.Close()
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if err = admin.Call(context.Background(), http.MethodGet, "/api/v1/namespaces/kube-system", nil, nil); err == nil {
			return
		}
		if time.Now().After(end) {
			c.t.Fatalf("the API server does not come: %v", err)
		}
	}
}

// admit applies what the addon-manager would: who may read what.
func (c *cluster) admit() {
	c.t.Helper()
	admin, err := files{c.root}.admin(c.url())
	if err != nil {
		c.t.Fatal(err)
	}
	defer admin.Close()
	text, err := addons.Files().ReadFile("access/join.yaml")
	if err != nil {
		c.t.Fatal(err)
	}
	for document := range strings.SplitSeq(string(text), "\n---\n") {
		object, err := yaml.YAMLToJSON([]byte(document))
		if err != nil {
			c.t.Fatal(err)
		}
		var head struct {
			Kind     string
			Metadata struct{ Namespace string }
		}
		if err := json.Unmarshal(object, &head); err != nil {
			c.t.Fatal(err)
		}
		path := "/apis/rbac.authorization.k8s.io/v1/"
		if head.Metadata.Namespace != "" {
			path += "namespaces/" + head.Metadata.Namespace + "/"
		}
		if err := admin.Call(c.t.Context(), http.MethodPost, path+strings.ToLower(head.Kind)+"s", json.RawMessage(object), nil); err != nil {
			c.t.Fatal(err)
		}
	}
}

// admin is the cluster's API to its administrator.
func (c *cluster) admin() kubeapi.Client {
	c.t.Helper()
	admin, err := files{c.root}.admin(c.url())
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(admin.Close)
	return admin
}

// clean starts the controllers that remove tokens which are over, and what
// belongs to a token that is gone.
func (c *cluster) clean() {
	c.t.Helper()
	document, err := files{c.root}.read(node.AdminPath)
	if err != nil {
		c.t.Fatal(err)
	}
	pair, err := pki.PairOf(document)
	if err != nil {
		c.t.Fatal(err)
	}
	kubeconfig, err := pki.Kubeconfig{
		Context: "test", Cluster: "test", User: "test", Server: c.url(), Authority: []byte(c.authority.Certificate), Pair: pair,
	}.YAML()
	if err != nil {
		c.t.Fatal(err)
	}
	file := filepath.Join(c.t.TempDir(), "kubeconfig")
	put(c.t, file, string(kubeconfig), 0o600)
	c.run(c.kube, "kube-controller-manager", "--kubeconfig="+file, "--authentication-skip-lookup=true", "--leader-elect=false",
		"--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", freePort(c.t)), "--cert-dir="+c.t.TempDir(),
		"--controllers=tokencleaner,garbagecollector")
}

func (c *cluster) run(program string, args ...string) {
	var output bytes.Buffer
	command := exec.Command(program, args...)
	command.Stdout, command.Stderr = &output, &output
	if err := command.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		if c.t.Failed() {
			text := output.String()
			c.t.Logf("the end of the output of %s:\n%s", filepath.Base(program), text[max(0, len(text)-3000):])
		}
	})
}
