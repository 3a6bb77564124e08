package membership

import (
	"crypto/rand"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

// server is one that shows a chain, and notes what it is sent.
type server struct {
	*httptest.Server
	asked []string
	pin   string
}

// newServer issues a leaf by one authority and shows another one with it.
func newServer(t *testing.T, now time.Time, leaf pki.Leaf, showsOther bool) *server {
	t.Helper()
	issuer := pki.Issuer{Now: now, Rand: rand.Reader}
	ca, err := issuer.NewAuthority("kubernetes-ca", "demo")
	if err != nil {
		t.Fatal(err)
	}
	authority, err := pki.ParseAuthority(ca.Certificate, ca.Key)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := issuer.Issue(authority, leaf)
	if err != nil {
		t.Fatal(err)
	}
	shown := ca
	if showsOther {
		if shown, err = issuer.NewAuthority("kubernetes-ca", "demo"); err != nil {
			t.Fatal(err)
		}
	}
	serving, err := tls.X509KeyPair(append(pair.Certificate, shown.Certificate...), pair.Key)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{}
	if s.pin, err = pinOf(shown.Certificate); err != nil {
		t.Fatal(err)
	}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, in *http.Request) {
		s.asked = append(s.asked, in.Method+" "+in.URL.Path+" "+in.Header.Get("Authorization"))
	}))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{serving}}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func (s *server) address() string { return s.Listener.Addr().String() }

func loopback() pki.Leaf {
	return pki.Leaf{CommonName: "kube-apiserver", Server: true, Addresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
}

func TestDiscover_FindsThePinnedAuthority(t *testing.T) {
	s := newServer(t, time.Now(), loopback(), false)
	found, err := discover(t.Context(), s.address(), []string{"sha256:" + strings.Repeat("0", 64), strings.ToUpper(s.pin)}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if pin, err := pinOf(found); err != nil || pin != s.pin {
		t.Errorf("found %s (%v)", pin, err)
	}
	if len(s.asked) != 1 || s.asked[0] != "GET /livez " {
		t.Errorf("it asked %q: nothing but the time is to be asked for, without a token", s.asked)
	}
}

func TestDiscover_SendsNothingToAnotherServer(t *testing.T) {
	for name, test := range map[string]struct {
		server *server
		pin    string
		want   string
	}{
		"AnotherAuthority":  {newServer(t, time.Now(), loopback(), false), "sha256:" + strings.Repeat("0", 64), "somebody stands between"},
		"AnAuthorityOnShow": {newServer(t, time.Now(), loopback(), true), "", "has not signed its certificate"},
		"AnotherAddress":    {newServer(t, time.Now(), pki.Leaf{CommonName: "x", Server: true, DNSNames: []string{"api.example.com"}}, false), "", "give an address that the certificate is for"},
	} {
		t.Run(name, func(t *testing.T) {
			pin := test.pin
			if pin == "" {
				pin = test.server.pin
			}
			_, err := discover(t.Context(), test.server.address(), []string{pin}, time.Now)
			refused(t, err, test.want)
			if len(test.server.asked) > 0 {
				t.Errorf("it sent %q", test.server.asked)
			}
		})
	}
}

func TestDiscover_TellsWhatIsNoAPIServer(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	other := httptest.NewTLSServer(http.NotFoundHandler())
	defer other.Close()
	// httptest's own certificate is an authority to itself: it is shown as such.
	for address, want := range map[string]string{
		plain.Listener.Addr().String(): "speaks no TLS",
		other.Listener.Addr().String(): "it is another cluster",
		"127.0.0.1:1":                  "check the address",
	} {
		_, err := discover(t.Context(), address, []string{"sha256:" + strings.Repeat("0", 64)}, time.Now)
		refused(t, err, want)
	}
}

func TestDiscover_TellsAClockFromACertificateThatEnded(t *testing.T) {
	s := newServer(t, time.Now(), loopback(), false)
	off := func() time.Time { return time.Now().Add(6 * time.Minute) }
	_, err := discover(t.Context(), s.address(), []string{s.pin}, off)
	refused(t, err, "checking the clock", "6m", "apart")

	old := newServer(t, time.Now().Add(-2*pki.LeafLife), loopback(), false)
	_, err = discover(t.Context(), old.address(), []string{old.pin}, time.Now)
	refused(t, err, "its certificate ended on", "renew")
}

func TestSeal_OpensWithItsKeyOnly(t *testing.T) {
	key, err := newKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	kept := credentialsOf(t)
	sealed, err := seal(kept, key, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := unseal(sealed, key)
	if err != nil || opened.CA != kept.CA || opened.ServiceAccountKey != kept.ServiceAccountKey {
		t.Errorf("opened otherwise: %v", err)
	}
	if opened.BootstrapToken != "" {
		t.Error("a token was sealed")
	}
	flipped := append([]byte(nil), sealed...)
	flipped[len(flipped)/2] ^= 1
	for name, try := range map[string]func() error{
		"AnotherKey":  func() error { _, err := unseal(sealed, strings.Repeat("0", 64)); return err },
		"NoKey":       func() error { _, err := unseal(sealed, "secret"); return err },
		"AFlippedBit": func() error { _, err := unseal(flipped, key); return err },
		"CutOff":      func() error { _, err := unseal(sealed[:10], key); return err },
	} {
		if try() == nil {
			t.Errorf("%s: it was opened", name)
		}
	}
}
