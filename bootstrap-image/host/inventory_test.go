package host

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

var inventoried = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// hostTree is a host with the certificates of a role.
type hostTree struct {
	dir         string
	authorities map[string]pki.Pair
}

func newHostTree(t *testing.T, role string) hostTree {
	t.Helper()
	h := hostTree{dir: t.TempDir(), authorities: map[string]pki.Pair{}}
	issuer := pki.Issuer{Now: inventoried, Rand: rand.Reader}
	for _, place := range node.Places(role) {
		if place.IsAuthority() {
			pair, err := issuer.NewAuthority(place.Name)
			if err != nil {
				t.Fatal(err)
			}
			h.authorities[place.CertPath] = pair
			h.put(t, place, pair)
		}
	}
	for _, place := range node.Places(role) {
		if !place.IsAuthority() {
			h.put(t, place, h.issue(t, place.Authority, inventoried))
		}
	}
	return h
}

func (h hostTree) issue(t *testing.T, authority string, at time.Time) pki.Pair {
	t.Helper()
	ca, err := pki.ParseAuthority(h.authorities[authority].Certificate, h.authorities[authority].Key)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := pki.Issuer{Now: at, Rand: rand.Reader}.Issue(ca, pki.Leaf{CommonName: "leaf", Client: true})
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

func (h hostTree) put(t *testing.T, place node.Place, pair pki.Pair) {
	t.Helper()
	files := map[string][]byte{place.CertPath: pair.Certificate}
	switch {
	case place.Kubeconfig != "":
		document, err := pki.Kubeconfig{Context: "c", Cluster: "c", User: "u", Pair: pair}.YAML()
		if err != nil {
			t.Fatal(err)
		}
		files = map[string][]byte{place.Kubeconfig: document}
	case place.KeyPath == place.CertPath:
		files[place.CertPath] = append(slices.Clone(pair.Certificate), pair.Key...)
	case place.KeyPath != "":
		files[place.KeyPath] = pair.Key
	}
	for path, content := range files {
		h.write(t, path, content)
	}
}

func (h hostTree) write(t *testing.T, path string, content []byte) {
	t.Helper()
	full := filepath.Join(h.dir, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (h hostTree) list(t *testing.T, now time.Time) node.Inventory {
	t.Helper()
	found, err := Certificates(h.dir, "h", now)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// problems are those of a certificate, in one line.
func problems(t *testing.T, found node.Inventory, name string) string {
	t.Helper()
	for _, c := range found.Certificates {
		if c.Name == name {
			return strings.Join(c.Problems, "; ")
		}
	}
	t.Fatalf("there is no %q", name)
	return ""
}

func TestCertificates_OfAHealthyHostAreAllThereWithoutProblems(t *testing.T) {
	for role, count := range map[string]int{node.ControlPlane: 15, node.Worker: 3} {
		h := newHostTree(t, role)
		found := h.list(t, inventoried.Add(24*time.Hour))
		if found.Role != role || len(found.Certificates) != count {
			t.Errorf("%s: it is a %s with %d certificates", role, found.Role, len(found.Certificates))
		}
		if !slices.IsSortedFunc(found.Certificates, func(a, b node.Certificate) int { return a.NotAfter.Compare(b.NotAfter) }) {
			t.Errorf("%s: they are not in the order in which they end", role)
		}
		for _, c := range found.Certificates {
			want := 364
			if c.Authority {
				want = 3649
			}
			if len(c.Problems) > 0 || c.SignedBy == "" || c.DaysLeft != want {
				t.Errorf("%s: %+v", role, c)
			}
		}
	}
}

func TestCertificates_SaysWhatIsWrongWithEach(t *testing.T) {
	h := newHostTree(t, node.ControlPlane)
	places := map[string]node.Place{}
	for _, place := range node.Places(node.ControlPlane) {
		places[place.Name] = place
	}
	h.put(t, places["etcd/peer"], h.issue(t, places["apiserver"].Authority, inventoried))
	h.put(t, places["scheduler"], h.issue(t, places["scheduler"].Authority, inventoried.Add(-pki.LeafLife)))
	h.put(t, places["admin"], h.issue(t, places["admin"].Authority, inventoried.Add(-300*24*time.Hour)))
	h.put(t, places["kubelet-serving"], h.issue(t, places["kubelet-serving"].Authority, inventoried.Add(-300*24*time.Hour)))
	h.write(t, places["etcd/server"].KeyPath, h.issue(t, places["etcd/server"].Authority, inventoried).Key)
	h.write(t, places["front-proxy-client"].CertPath, []byte("rubbish"))
	h.write(t, places["kubelet-client"].CertPath, h.issue(t, places["kubelet-client"].Authority, inventoried.Add(-2*pki.LeafLife)).Certificate)
	for _, path := range []string{places["apiserver"].CertPath, places["apiserver-etcd-client"].KeyPath} {
		if err := os.Remove(filepath.Join(h.dir, path)); err != nil {
			t.Fatal(err)
		}
	}
	found := h.list(t, inventoried.Add(time.Hour))
	got := map[string]string{}
	for _, c := range found.Certificates {
		if len(c.Problems) > 0 {
			got[c.Name] = problems(t, found, c.Name)
		}
	}
	renew := "it has ended: type 'kubectl anywhere certs renew', or 'bootstrap renew' on the host"
	want := map[string]string{
		"apiserver":             "it is missing",
		"apiserver-etcd-client": "its private key is missing, or another's",
		"etcd/server":           "its private key is missing, or another's",
		"etcd/peer":             "no authority in /etc/kubernetes/pki/etcd/ca.crt signed it",
		"scheduler":             renew,
		"admin":                 "it should have been renewed by now: see journalctl -u kubernetes-anywhere-renew",
		"front-proxy-client":    "it is unreadable: reading certificates: there is none in the PEM document",
		"kubelet-client":        "its private key is missing, or another's; it has ended: see journalctl -u kubelet.service",
		// The kubelet renews its own when it sees fit.
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCertificates_WarnOfAnAuthorityAYearBeforeItsEnd(t *testing.T) {
	h := newHostTree(t, node.Worker)
	end := inventoried.Add(pki.AuthorityLife)
	for left, want := range map[time.Duration]string{
		366 * 24 * time.Hour: "",
		364 * 24 * time.Hour: "it ends on 2036-11-19, and all that it signs with it: type 'kubectl anywhere certs rotate-ca'",
		-time.Hour:           "it ended on 2036-11-19: type 'kubectl anywhere certs rotate-ca'",
	} {
		if got := problems(t, h.list(t, end.Add(-left)), "ca"); got != want {
			t.Errorf("%s before: %q", left, got)
		}
	}
}

func TestCertificates_OfSeveralAuthoritiesTellWhichSigned(t *testing.T) {
	h := newHostTree(t, node.Worker)
	path := "/etc/kubernetes/pki/ca.crt"
	old := h.authorities[path]
	pair, err := pki.Issuer{Now: inventoried, Rand: rand.Reader}.NewAuthority("new")
	if err != nil {
		t.Fatal(err)
	}
	h.write(t, path, append(slices.Clone(pair.Certificate), old.Certificate...))
	found := h.list(t, inventoried)
	signed := map[string]string{}
	for _, c := range found.Certificates {
		signed[c.Name] = c.SignedBy
	}
	if signed["ca"] == signed["ca (2)"] || signed["kubelet-client"] != signed["ca (2)"] || problems(t, found, "kubelet-client") != "" {
		t.Errorf("they are signed by %v", signed)
	}
}

func TestCertificates_OfAHostThatIsNoNodeIsAnError(t *testing.T) {
	if _, err := Certificates(t.TempDir(), "h", inventoried); err == nil || !strings.Contains(err.Error(), "is it a node") {
		t.Errorf("got %v", err)
	}
}
