package pki

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"net"
	"testing"
	"time"
)

var start = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func newCA(t *testing.T, name string) (Pair, Authority) {
	t.Helper()
	pair, err := Issuer{Now: start, Rand: rand.Reader}.NewAuthority(name)
	if err != nil {
		t.Fatal(err)
	}
	ca, err := ParseAuthority(pair.Certificate, pair.Key)
	if err != nil {
		t.Fatal(err)
	}
	return pair, ca
}

func serverLeaf() Leaf {
	return Leaf{
		CommonName: "kube-apiserver", Server: true,
		DNSNames: []string{"kubernetes", "localhost"}, Addresses: []net.IP{net.ParseIP("10.96.0.1")},
	}
}

func issue(t *testing.T, ca Authority, leaf Leaf) Pair {
	t.Helper()
	pair, err := Issuer{Now: start, Rand: rand.Reader}.Issue(ca, leaf)
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

func TestIssue_VerifiesAgainstItsAuthorityOnly(t *testing.T) {
	pairA, ca := newCA(t, "kubernetes")
	pairB, _ := newCA(t, "kubernetes")
	cert, err := ParseCertificate(issue(t, ca, serverLeaf()).Certificate)
	if err != nil {
		t.Fatal(err)
	}
	verify := func(root Pair, usage x509.ExtKeyUsage) error {
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(root.Certificate)
		_, err := cert.Verify(x509.VerifyOptions{
			Roots: pool, CurrentTime: start, DNSName: "kubernetes", KeyUsages: []x509.ExtKeyUsage{usage},
		})
		return err
	}
	if err := verify(pairA, x509.ExtKeyUsageServerAuth); err != nil {
		t.Errorf("its own authority refuses it: %v", err)
	}
	if err := verify(pairB, x509.ExtKeyUsageServerAuth); err == nil {
		t.Error("an authority of the same name, but another key, accepts it")
	}
	if err := verify(pairA, x509.ExtKeyUsageClientAuth); err == nil {
		t.Error("a server's certificate is accepted as a client's")
	}
}

func TestIssue_IsBackdatedAndNeverOutlivesItsAuthority(t *testing.T) {
	_, ca := newCA(t, "kubernetes")
	late := start.Add(AuthorityLife - 24*time.Hour)
	pair, err := Issuer{Now: late, Rand: rand.Reader}.Issue(ca, serverLeaf())
	if err != nil {
		t.Fatal(err)
	}
	cert, _ := ParseCertificate(pair.Certificate)
	if !cert.NotBefore.Equal(late.Add(-5 * time.Minute)) {
		t.Errorf("valid from %v, want five minutes before %v", cert.NotBefore, late)
	}
	if !cert.NotAfter.Equal(start.Add(AuthorityLife)) {
		t.Errorf("valid to %v, want the authority's end %v", cert.NotAfter, start.Add(AuthorityLife))
	}
}

func TestParseAuthority_RefusesAnothersKey(t *testing.T) {
	a, _ := newCA(t, "a")
	b, _ := newCA(t, "b")
	if _, err := ParseAuthority(a.Certificate, b.Key); err == nil {
		t.Fatal("a certificate with another's key was accepted")
	}
}

func TestNeedsRenewal_WhenAThirdOfLifeIsLeft(t *testing.T) {
	cert := &x509.Certificate{NotBefore: start, NotAfter: start.Add(300 * time.Hour)}
	if NeedsRenewal(cert, start.Add(199*time.Hour)) {
		t.Error("renewed with more than a third left")
	}
	if !NeedsRenewal(cert, start.Add(200*time.Hour)) {
		t.Error("not renewed with a third left")
	}
}

func TestServes_SaysWhyNot(t *testing.T) {
	authority, ca := newCA(t, "kubernetes")
	other, otherCA := newCA(t, "kubernetes")
	leaf := serverLeaf()
	good := issue(t, ca, leaf)
	renamed := leaf
	renamed.DNSNames = []string{"kubernetes"}
	reordered := leaf
	reordered.DNSNames = []string{"localhost", "kubernetes"}
	client := leaf
	client.Server, client.Client = false, true
	for name, test := range map[string]struct {
		pair Pair
		ca   Pair
		leaf Leaf
		now  time.Time
		want string
	}{
		"same":        {good, authority, leaf, start, ""},
		"other order": {good, authority, reordered, start, ""},
		"missing":     {Pair{}, authority, leaf, start, "it is missing or unreadable"},
		"no key":      {Pair{Certificate: good.Certificate}, authority, leaf, start, "its key is missing or unreadable"},
		"other key":   {Pair{good.Certificate, other.Key}, authority, leaf, start, "its key belongs to another certificate"},
		"other CA":    {issue(t, otherCA, leaf), authority, leaf, start, "another authority signed it"},
		"near end":    {good, authority, leaf, start.Add(300 * 24 * time.Hour), "it ends on 2027-11-22"},
		"other names": {good, authority, renamed, start, "its names or uses have changed"},
		"other use":   {good, authority, client, start, "its names or uses have changed"},
	} {
		reason, ok := Serves(test.pair, test.ca.Certificate, test.leaf, test.now)
		if reason != test.want || ok != (test.want == "") {
			t.Errorf("%s: got %q, %v, want %q", name, reason, ok, test.want)
		}
	}
}

func TestKubeconfig_KeepsThePair(t *testing.T) {
	authority, ca := newCA(t, "kubernetes")
	pair := issue(t, ca, Leaf{CommonName: "kubernetes-admin", Client: true})
	doc, err := Kubeconfig{
		Context: "anywhere-a", Cluster: "a", User: "admin", Server: "https://10.0.0.1:6443",
		Authority: authority.Certificate, Pair: pair,
	}.YAML()
	if err != nil {
		t.Fatal(err)
	}
	got, err := PairOf(doc)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Certificate, pair.Certificate) || !bytes.Equal(got.Key, pair.Key) {
		t.Error("the pair read back is not the one written")
	}
}

func TestKubeconfig_WithATokenEmbedsNoCertificate(t *testing.T) {
	doc, err := Kubeconfig{Context: "c", Cluster: "c", User: "u", Token: "id.secret"}.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := PairOf(doc); err == nil {
		t.Error("a pair was read from a kubeconfig with a token")
	}
	if !bytes.Contains(doc, []byte("token: id.secret")) {
		t.Errorf("no token in:\n%s", doc)
	}
}

func TestPublicKey_IsTheKeysOwn(t *testing.T) {
	key, err := NewKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := PublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(public, []byte("-----BEGIN PUBLIC KEY-----")) {
		t.Errorf("not a public key: %s", public)
	}
}
