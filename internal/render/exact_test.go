package render

import (
	"bytes"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/credentials"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/local"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// world is a cluster that exists, as far as its state is concerned.
type world struct {
	target  target.Target
	in      target.Inputs
	made    node.Credentials
	records []Record
}

// newWorld makes a cluster of the local target with credentials of its own, as
// an engine would record it.
func newWorld(t *testing.T) *world {
	t.Helper()
	to := local.New()
	c := config.New("local", map[string]func() config.Block{"local": to.Block})
	c.Metadata.Name = "demo"
	c.Spec.Pools = []config.Pool{{Name: "small", Count: 2}, {Name: "big", Count: 1}}
	w := &world{target: to, in: target.Inputs{Cluster: c, BootstrapImage: "example.com/bootstrap:v1"}}
	made, err := node.NewCredentials("demo", time.Now(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	w.made = made
	w.records, err = declarations(to, w.in, Options{Recorded: w.credentials})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range w.records {
		w.records[i].ID, w.records[i].Outputs = "id of "+r.Name, r.Inputs
		if r.Type == credentials.Type {
			w.records[i].Outputs, _ = w.credentials(r.Type, r.Name)
		}
	}
	return w
}

// credentials are what the credentials resource says, secrets marked.
func (w *world) credentials(typ, _ string) (resource.PropertyMap, bool) {
	secret := func(text string) resource.PropertyValue { return resource.MakeSecret(resource.NewProperty(text)) }
	return resource.PropertyMap{
		"caCertificate": resource.NewProperty(w.made.CA.Certificate), "caKey": secret(w.made.CA.Key),
		"etcdCACertificate": resource.NewProperty(w.made.EtcdCA.Certificate), "etcdCAKey": secret(w.made.EtcdCA.Key),
		"frontProxyCACertificate": resource.NewProperty(w.made.FrontProxyCA.Certificate), "frontProxyCAKey": secret(w.made.FrontProxyCA.Key),
		"serviceAccountKey": secret(w.made.ServiceAccountKey), "encryptionKey": secret(w.made.EncryptionKey),
		"bootstrapToken": secret(w.made.BootstrapToken),
	}, typ == credentials.Type
}

func (w *world) render(t *testing.T) (there, wanted *Rendered) {
	t.Helper()
	there, err := Existing(w.target, w.in, w.records, Options{})
	if err != nil {
		t.Fatal(err)
	}
	wanted, err = Cluster(w.target, w.in, Options{Recorded: Recall(w.records), Existing: there.Nodes})
	if err != nil {
		t.Fatal(err)
	}
	return there, wanted
}

func TestExisting_IsWhatTheSameConfigRendersTo(t *testing.T) {
	there, wanted := newWorld(t).render(t)
	for name, n := range wanted.Nodes {
		if there.Nodes[name].Digest != n.Digest {
			t.Errorf("%s: the digest of what exists is %s, of what is wanted %s", name, there.Nodes[name].Digest, n.Digest)
		}
	}
	Drop(wanted.Files, AddonsDir)
	var out bytes.Buffer
	if err := Compare(there.Files, wanted.Files).Print(&out); err != nil || out.Len() > 0 {
		t.Errorf("what exists differs from what is wanted: %v\n%s", err, out.String())
	}
	if len(there.Nodes) != 3 || there.Endpoint == "" {
		t.Errorf("there are nodes %d, endpoint %q", len(there.Nodes), there.Endpoint)
	}
}

func TestCluster_OfRecordsHoldsNoneOfTheirSecrets(t *testing.T) {
	w := newWorld(t)
	there, wanted := w.render(t)
	for _, files := range []map[string][]byte{there.Files, wanted.Files, there.Nodes["control-plane"].Files} {
		for name, content := range files {
			for _, secret := range []string{w.made.BootstrapToken, w.made.EncryptionKey, "PRIVATE KEY", "stand-in", "sample of"} {
				if bytes.Contains(content, []byte(secret)) {
					t.Errorf("%s holds %q", name, secret)
				}
			}
		}
	}
	config := string(wanted.Files["2-bootstrap/small/tree/etc/kubernetes/pki/ca.crt"])
	if config != w.made.CA.Certificate {
		t.Errorf("a certificate, which is public, is not shown: %s", config)
	}
}

func TestHoldsNone_FindsASecretInPlainAndInBase64(t *testing.T) {
	w := newWorld(t)
	bundles, err := bundlesOf(w.records)
	if err != nil {
		t.Fatal(err)
	}
	for _, leak := range []string{"x" + w.made.BootstrapToken + "y", "-----BEGIN PRIVATE KEY-----", "djogaGVyZSBpdCBpczo "} {
		out := &Rendered{Files: map[string][]byte{"a": []byte(leak)}}
		err := holdsNone(out, w.records, bundles)
		if leaks := !strings.HasPrefix(leak, "djog"); (err != nil) != leaks {
			t.Errorf("%q: %v", leak, err)
		}
	}
}

func TestCluster_ChangesTheDigestOfThoseNodesThatChange(t *testing.T) {
	w := newWorld(t)
	w.in.Cluster.Spec.Pools[0].Labels = map[string]string{"size": "small"}
	w.in.Cluster.Spec.Pools[1].Count = 5
	there, wanted := w.render(t)
	for name, changes := range map[string]bool{"control-plane": false, "small": true, "big": false} {
		if got := there.Nodes[name].Digest != wanted.Nodes[name].Digest; got != changes {
			t.Errorf("%s: the digest changes: %v, want %v", name, got, changes)
		}
	}
	restarts := map[string]bool{}
	for i, r := range wanted.Nodes["small"].Restarts {
		restarts[r.Unit] = r.Digest != there.Nodes["small"].Restarts[i].Digest
	}
	if !restarts["kubelet.service"] || restarts["containerd.service"] {
		t.Errorf("a label of a pool restarts %v", restarts)
	}
}

// Three control planes where one was: the first began alone, and says so for as
// long as it lives.
func TestCluster_LeavesEtcdAsItBegan(t *testing.T) {
	w := newWorld(t)
	w.in.Cluster.Spec.ControlPlane.Count = 3
	_, wanted := w.render(t)
	etcd := string(wanted.Nodes["control-plane"].Files["/etc/kubernetes/manifests/etcd.yaml"])
	if !strings.Contains(etcd, "--initial-cluster=demo-control-plane-1=") || strings.Contains(etcd, "demo-control-plane-2") {
		t.Errorf("etcd begins as another:\n%s", etcd)
	}
}

func TestTidied_LeavesOutWhatProvidersFillIn(t *testing.T) {
	of := func(keys ...string) resource.PropertyMap {
		m := resource.PropertyMap{}
		for _, key := range keys {
			m[resource.PropertyKey(key)] = resource.NewProperty("x")
		}
		return m
	}
	inner := of("given", "filled")
	inner["__defaults"] = resource.NewProperty([]resource.PropertyValue{resource.NewProperty("filled")})
	inputs := of("a")
	inputs["__defaults"] = resource.NewProperty([]resource.PropertyValue{})
	inputs["list"] = resource.NewProperty([]resource.PropertyValue{resource.NewProperty(inner)})
	got := tidied([]Record{{Type: "p:m:T", Name: "n", Inputs: inputs}})[0].Inputs
	want := of("a")
	want["list"] = resource.NewProperty([]resource.PropertyValue{resource.NewProperty(of("given"))})
	if !got.DeepEquals(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
