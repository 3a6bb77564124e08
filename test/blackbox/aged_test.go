package blackbox

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

const day = 24 * time.Hour

// aged is a control plane in a world whose time the test sets.
type aged struct {
	*world
	bundle node.Bundle
	clock  time.Time
	// serial tells the kubelet's certificates apart.
	serial int
}

func newAged(t *testing.T) *aged {
	t.Helper()
	b := newBundle(t, node.ControlPlane)
	a := &aged{world: newWorld(t, b), bundle: b, clock: now}
	a.options.Now = func() time.Time { return a.clock }
	// Clients show it certificates of the time that the test is at.
	a.api.server.TLS.Time = func() time.Time { return a.clock }
	a.apply(t)
	a.options.Bundle, a.options.Renew = "file://"+host.KeptBundle, true
	a.kubelet(t)
	return a
}

// tick is the timer's: what 'bootstrap renew' does.
func (a *aged) tick(t *testing.T) {
	t.Helper()
	a.log.Reset()
	a.apply(t)
}

// kubelet does what a kubelet does about its certificates when a fifth of their
// life is left: the controller-manager signs others, for no longer than the
// authority lasts.
func (a *aged) kubelet(t *testing.T) {
	t.Helper()
	ca := a.authority(t, a.bundle.Credentials.CA)
	name := "system:node:" + a.bundle.ControlPlanes[0].Name
	for path, leaf := range map[string]pki.Leaf{
		node.KubeletClientPath: {CommonName: name, Organizations: []string{"system:nodes"}, Client: true},
		node.KubeletServingPath: {
			CommonName: name, Organizations: []string{"system:nodes"}, Server: true,
			Addresses: []net.IP{net.ParseIP(a.bundle.ControlPlanes[0].Address)},
		},
	} {
		if held, err := a.leaf(path); err == nil {
			left := held.NotAfter.Sub(a.clock)
			if left <= 0 && path == node.KubeletClientPath {
				continue // with that the API lets nobody in who asks for another
			}
			if left > held.NotAfter.Sub(held.NotBefore)/5 {
				continue
			}
		}
		pair, err := pki.Issuer{Now: a.clock, Rand: rand.Reader}.Issue(ca, leaf)
		if err != nil {
			t.Fatal(err)
		}
		a.serial++
		file := fmt.Sprintf("/var/lib/kubelet/pki/%s-%d.pem", filepath.Base(path), a.serial)
		write(t, filepath.Join(a.root, file), string(pair.Certificate)+string(pair.Key), 0o600)
		link := filepath.Join(a.root, path)
		_ = os.Remove(link)
		if err := os.Symlink(file, link); err != nil {
			t.Fatal(err)
		}
	}
}

func (a *aged) authority(t *testing.T, authority node.Authority) pki.Authority {
	t.Helper()
	ca, err := pki.ParseAuthority([]byte(authority.Certificate), []byte(authority.Key))
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

// document is a file of the host, by way of the absolute links of kubelets.
func (a *aged) document(path string) ([]byte, error) {
	full := filepath.Join(a.root, path)
	if to, err := os.Readlink(full); err == nil {
		full = filepath.Join(a.root, to)
	}
	return os.ReadFile(full)
}

func (a *aged) leaf(path string) (*x509.Certificate, error) {
	document, err := a.document(path)
	if err != nil {
		return nil, err
	}
	return pki.ParseCertificate(document)
}

// pair is the certificate and key of a name of the inventory.
func (a *aged) pair(t *testing.T, name string) tls.Certificate {
	t.Helper()
	for _, place := range node.Places(node.ControlPlane) {
		if place.Name != name {
			continue
		}
		var pair pki.Pair
		var err error
		if place.Kubeconfig != "" {
			var document []byte
			if document, err = a.document(place.Kubeconfig); err == nil {
				pair, err = pki.PairOf(document)
			}
		} else {
			pair.Certificate, err = a.document(place.CertPath)
			if err == nil {
				pair.Key, err = a.document(place.KeyPath)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		out, err := tls.X509KeyPair(pair.Certificate, pair.Key)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return out
	}
	t.Fatalf("there is no place of %q", name)
	return tls.Certificate{}
}

func (a *aged) pool(t *testing.T, name string) *x509.CertPool {
	t.Helper()
	document, err := a.document("/etc/kubernetes/pki/" + name + ".crt")
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(document)
	return pool
}

// conversations are who talks to whom, and which authority both trust. Where
// the server is an extension of the API it is not this host's.
var conversations = []struct{ client, server, authority string }{
	{"admin", "apiserver", "ca"},
	{"controller-manager", "apiserver", "ca"},
	{"scheduler", "apiserver", "ca"},
	{"addon-manager", "apiserver", "ca"},
	{node.KubeletLeaf, "apiserver", "ca"},
	{"apiserver-kubelet-client", "kubelet-serving", "ca"},
	{"apiserver-etcd-client", "etcd/server", "etcd/ca"},
	{"etcd/peer", "etcd/peer", "etcd/ca"},
}

// talk has every two components of a control plane shake hands as of the
// present moment.
func (a *aged) talk(t *testing.T) {
	t.Helper()
	at := func() time.Time { return a.clock }
	for _, c := range conversations {
		client := &tls.Config{
			Certificates: []tls.Certificate{a.pair(t, c.client)}, RootCAs: a.pool(t, c.authority), Time: at,
			ServerName: a.bundle.ControlPlanes[0].Address,
		}
		server := &tls.Config{
			Certificates: []tls.Certificate{a.pair(t, c.server)}, ClientCAs: a.pool(t, c.authority), Time: at,
			ClientAuth: tls.RequireAndVerifyClientCert,
		}
		if err := shake(client, server); err != nil {
			t.Errorf("on %s %s cannot talk to %s: %v", a.clock.Format(time.DateOnly), c.client, c.server, err)
		}
	}
	front := a.pair(t, "front-proxy-client")
	cert, err := x509.ParseCertificate(front.Certificate[0])
	if err == nil {
		_, err = cert.Verify(x509.VerifyOptions{
			Roots: a.pool(t, "front-proxy-ca"), CurrentTime: a.clock, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		})
	}
	if err != nil {
		t.Errorf("on %s extensions of the API do not believe it: %v", a.clock.Format(time.DateOnly), err)
	}
}

func shake(client, server *tls.Config) error {
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	ended := make(chan error, 1)
	go func() { ended <- tls.Server(far, server).Handshake() }()
	c := tls.Client(near, client)
	err := c.Handshake()
	if err != nil {
		_ = near.Close()
	}
	return errors.Join(err, <-ended)
}

// valid looks at every leaf, and returns how many there are.
func (a *aged) valid(t *testing.T) int {
	t.Helper()
	found, err := host.Certificates(a.root, "demo", a.clock)
	if err != nil {
		t.Fatal(err)
	}
	leafs := 0
	for _, c := range found.Certificates {
		if c.Authority {
			continue
		}
		leafs++
		if len(c.Problems) > 0 || a.clock.After(c.NotAfter) || a.clock.Before(c.NotBefore) {
			t.Errorf("on %s %s (%s to %s): %q", a.clock.Format(time.DateOnly), c.Name, c.NotBefore, c.NotAfter, c.Problems)
		}
	}
	return leafs
}

// rotateCA counts the certificates of a list that are said to need another
// authority.
func (a *aged) rotateCA(t *testing.T) (n int) {
	t.Helper()
	found, err := host.Certificates(a.root, "demo", a.clock)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range found.Certificates {
		if strings.Contains(strings.Join(c.Problems, " "), "rotate-ca") {
			n++
		}
	}
	return n
}

// quiet is how long nothing is due: looks in that time are all alike.
func (a *aged) quiet(t *testing.T) time.Duration {
	t.Helper()
	soonest, end := 40*day, now.Add(pki.AuthorityLife)
	for _, place := range node.Places(node.ControlPlane) {
		if place.RenewedBy != node.RenewedByTimer || place.CertPath == "" {
			continue
		}
		cert, err := a.leaf(place.CertPath)
		if err != nil {
			t.Fatal(err)
		}
		if !cert.NotAfter.Before(end) {
			continue // it lasts as long as its authority
		}
		soonest = min(soonest, cert.NotAfter.Add(-cert.NotAfter.Sub(cert.NotBefore)/3).Sub(a.clock))
	}
	return soonest
}
