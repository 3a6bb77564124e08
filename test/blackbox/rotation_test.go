package blackbox

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

// taking returns a bundle with other authorities: the first signs, both are
// trusted where there is a second.
func taking(b node.Bundle, signing, other [3]node.Authority) node.Bundle {
	for i, into := range []*node.Authority{&b.Credentials.CA, &b.Credentials.EtcdCA, &b.Credentials.FrontProxyCA} {
		*into = node.Authority{Certificate: signing[i].Certificate + other[i].Certificate, Key: signing[i].Key}
		if b.Role == node.Worker {
			into.Key = ""
			b.Credentials.EtcdCA, b.Credentials.FrontProxyCA = node.Authority{}, node.Authority{}
		}
	}
	return b
}

// rehearsal is one host whose cluster's authorities are replaced.
type rehearsal struct {
	*world
	bundle   node.Bundle
	old, new [3]node.Authority
}

func newRehearsal(t *testing.T, role string) *rehearsal {
	t.Helper()
	b := newBundle(t, role)
	r := &rehearsal{bundle: b}
	for i, name := range []string{"kubernetes-ca", "etcd-ca", "front-proxy-ca"} {
		r.old[i], r.new[i] = newAuthority(t, name), newAuthority(t, name+"-2")
	}
	r.bundle = taking(b, r.old, [3]node.Authority{})
	r.world = newWorld(t, r.bundle)
	return r
}

// step gives the host its next bundle and runs the bootstrap again.
func (r *rehearsal) step(t *testing.T, signing, other [3]node.Authority) {
	t.Helper()
	r.bundle = taking(r.bundle, signing, other)
	write(t, filepath.Join(r.root, "bundle.json"), encode(t, r.bundle), 0o600)
	r.world = enterWorld(t, r.root, r.bundle)
}

// signer tells which of the authorities signed the first certificate of a file.
func (r *rehearsal) signer(t *testing.T, path string) string {
	t.Helper()
	// A kubelet's links are absolute, as seen on the host.
	if to, err := os.Readlink(filepath.Join(r.root, path)); err == nil {
		path = to
	}
	document, err := os.ReadFile(filepath.Join(r.root, path))
	if err != nil {
		return "none"
	}
	if strings.HasSuffix(path, ".conf") {
		pair, err := pki.PairOf(document)
		if err != nil {
			t.Fatal(err)
		}
		document = pair.Certificate
	}
	cert, err := pki.ParseCertificate(document)
	if err != nil {
		t.Fatal(err)
	}
	for called, all := range map[string][3]node.Authority{"old": r.old, "new": r.new} {
		for _, authority := range all {
			ca, err := pki.ParseCertificate([]byte(authority.Certificate))
			if err != nil {
				t.Fatal(err)
			}
			if cert.CheckSignatureFrom(ca) == nil {
				return called
			}
		}
	}
	return "nobody"
}

// serving gives the kubelet a serving certificate of an authority.
func (r *rehearsal) serving(t *testing.T, authority node.Authority) {
	t.Helper()
	ca, err := pki.ParseAuthority([]byte(authority.Certificate), []byte(authority.Key))
	if err != nil {
		t.Fatal(err)
	}
	pair, err := pki.Issuer{Now: now, Rand: rand.Reader}.Issue(ca, pki.Leaf{
		CommonName: "system:node:demo", Organizations: []string{"system:nodes"}, Server: true, Addresses: []net.IP{net.IPv4(172, 30, 0, 2)},
	})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(r.root, "var/lib/kubelet/pki/kubelet-server-2026.pem"), string(pair.Certificate)+string(pair.Key), 0o600)
	link := filepath.Join(r.root, node.KubeletServingPath)
	_ = os.Remove(link)
	if err := os.Symlink("/var/lib/kubelet/pki/kubelet-server-2026.pem", link); err != nil {
		t.Fatal(err)
	}
}

// count is how many certificates a file holds.
func (r *rehearsal) count(t *testing.T, path string) int {
	t.Helper()
	rest, err := os.ReadFile(filepath.Join(r.root, path))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return n
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			t.Fatal(err)
		}
		n++
	}
}

// leafs are files of every kind of leaf that a control plane has.
func leafs() []string {
	return []string{
		"etc/kubernetes/pki/apiserver.crt", "etc/kubernetes/pki/apiserver-etcd-client.crt",
		"etc/kubernetes/pki/apiserver-kubelet-client.crt", "etc/kubernetes/pki/front-proxy-client.crt",
		"etc/kubernetes/pki/etcd/server.crt", "etc/kubernetes/pki/etcd/peer.crt",
		"etc/kubernetes/admin.conf", "etc/kubernetes/controller-manager.conf", "etc/kubernetes/scheduler.conf",
		"etc/kubernetes/addon-manager.conf", "var/lib/kubelet/pki/kubelet-client-first.pem",
	}
}

func TestRotation_AControlPlaneTakesEveryStepAndTheOneBack(t *testing.T) {
	r := newRehearsal(t, node.ControlPlane)
	r.apply(t)
	none := [3]node.Authority{}
	r.serving(t, r.old[0])
	for _, step := range []struct {
		name           string
		signing, other [3]node.Authority
		leafs          string
		trusted        int
		served         string // who signed the kubelet's serving certificate after it
	}{
		{"trust", r.old, r.new, "old", 2, "old"},
		{"reissue", r.new, r.old, "new", 2, "none"},
		{"back", r.old, r.new, "old", 2, "none"},
		{"reissue again", r.new, r.old, "new", 2, "none"},
		{"drop", r.new, none, "new", 1, "none"},
	} {
		before := tree(t, r.root)
		r.step(t, step.signing, step.other)
		r.apply(t)
		after := tree(t, r.root)
		for _, path := range leafs() {
			if got := r.signer(t, path); got != step.leafs {
				t.Errorf("%s: %s is signed by the %s authority", step.name, path, got)
			}
		}
		for _, path := range []string{"ca.crt", "etcd/ca.crt", "front-proxy-ca.crt"} {
			if got := r.count(t, "etc/kubernetes/pki/"+path); got != step.trusted {
				t.Errorf("%s: %s holds %d certificates", step.name, path, got)
			}
		}
		if got := r.count(t, "etc/kubernetes/pki/ca-signing.crt"); got != 1 || r.signer(t, "etc/kubernetes/pki/ca-signing.crt") != step.leafs {
			t.Errorf("%s: the controller manager signs with the wrong authority, of %d", step.name, got)
		}
		// None of these reads an authority again while it runs.
		for _, pod := range []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-addon-manager"} {
			if path := "etc/kubernetes/manifests/" + pod + ".yaml"; before[path] == after[path] {
				t.Errorf("%s: %s is not restarted", step.name, pod)
			}
		}
		if !r.ran("systemctl restart kubelet.service") {
			t.Errorf("%s: the kubelet is not restarted", step.name)
		}
		if got := r.signer(t, node.KubeletServingPath); got != step.served {
			t.Errorf("%s: the kubelet's serving certificate is of: %s", step.name, got)
		}
		// Once more: nothing is left to do.
		r.apply(t)
		if r.ran("systemctl restart kubelet.service") {
			t.Errorf("%s: the kubelet is restarted again", step.name)
		}
	}
}

func TestRotation_ARenewalAsksAgainForAServingCertificateOfTheOldAuthority(t *testing.T) {
	r := newRehearsal(t, node.ControlPlane)
	r.apply(t)
	r.step(t, r.new, r.old)
	r.apply(t)
	// The controller manager of another control plane, which had not come so
	// far, has signed it.
	r.serving(t, r.old[0])
	r.options.Bundle, r.options.Renew = "file://"+host.KeptBundle, true
	r.apply(t)
	if got := r.signer(t, node.KubeletServingPath); got != "none" || !r.ran("systemctl restart kubelet.service") {
		t.Errorf("it is of: %s, commands %q", got, r.commands)
	}
	r.serving(t, r.new[0])
	r.apply(t)
	if got := r.signer(t, node.KubeletServingPath); got != "new" || r.ran("systemctl restart kubelet.service") {
		t.Errorf("one that is right is not kept: %s, commands %q", got, r.commands)
	}
}

func TestRotation_AWorkerAsksForBothCertificatesWhenTheNewAuthoritySigns(t *testing.T) {
	r := newRehearsal(t, node.Worker)
	r.letIn(t, r.old[0])
	r.serving(t, r.old[0])
	r.apply(t)
	r.step(t, r.old, r.new)
	r.apply(t)
	if client, served := r.signer(t, node.KubeletClientPath), r.signer(t, node.KubeletServingPath); client == "none" || served == "none" {
		t.Errorf("trusting another authority cost the client certificate (%s) or the serving one (%s)", client, served)
	}
	if !r.ran("systemctl restart kubelet.service") {
		t.Error("the kubelet does not learn of the other authority")
	}
	r.step(t, r.new, r.old)
	r.options.Patience = soon
	if err := host.Apply(context.Background(), r.options); err == nil {
		t.Error("the worker is done before the new authority has signed for it")
	}
	for _, path := range []string{node.KubeletClientPath, node.KubeletServingPath, node.KubeletKubeconfigPath} {
		if _, err := os.Lstat(filepath.Join(r.root, path)); !os.IsNotExist(err) {
			t.Errorf("%s is still there: %v", path, err)
		}
	}
	// The token's kubeconfig trusts by the file, which holds both.
	if r.count(t, "etc/kubernetes/pki/ca.crt") != 2 || !r.ran("systemctl restart kubelet.service") {
		t.Errorf("commands %q", r.commands)
	}
	r.letIn(t, r.new[0])
	r.serving(t, r.new[0])
	r.apply(t)
	r.step(t, r.new, [3]node.Authority{})
	r.apply(t)
	if r.count(t, "etc/kubernetes/pki/ca.crt") != 1 || r.signer(t, node.KubeletServingPath) == "none" {
		t.Error("dropping the old authority cost a certificate of the new one")
	}
}
