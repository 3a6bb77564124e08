package pki

import (
	"bytes"
	"crypto/rand"
	"strings"
	"testing"
	"time"
)

// What could not be made to last longer is not made again: that would only
// restart who reads it, more often the nearer the end is.
func TestServes_LeavesALeafThatEndsWithItsAuthority(t *testing.T) {
	authority, ca := newCA(t, "kubernetes")
	pair, err := Issuer{Now: start.Add(AuthorityLife - 200*24*time.Hour), Rand: rand.Reader}.Issue(ca, serverLeaf())
	if err != nil {
		t.Fatal(err)
	}
	for left, want := range map[time.Duration]bool{100 * 24 * time.Hour: true, time.Hour: true, -time.Hour: false} {
		if reason, ok := Serves(pair, authority.Certificate, serverLeaf(), start.Add(AuthorityLife-left)); ok != want {
			t.Errorf("%s before the end: %q, %v", left, reason, ok)
		}
	}
}

func TestIssue_RefusesAnAuthorityThatHasEnded(t *testing.T) {
	_, ca := newCA(t, "kubernetes")
	_, err := Issuer{Now: start.Add(AuthorityLife + time.Hour), Rand: rand.Reader}.Issue(ca, serverLeaf())
	if err == nil || !strings.Contains(err.Error(), `"kubernetes" ended on 2036-11-19`) {
		t.Errorf("got %v", err)
	}
}

func TestParseCertificates_ReadsAllAndSkipsKeys(t *testing.T) {
	a, _ := newCA(t, "a")
	b, _ := newCA(t, "b")
	certs, err := ParseCertificates(bytes.Join([][]byte{a.Certificate, a.Key, b.Certificate}, nil))
	if err != nil || len(certs) != 2 || certs[1].Subject.CommonName != "b" {
		t.Fatalf("got %d, error %v", len(certs), err)
	}
	if Fingerprint(certs[0]) == Fingerprint(certs[1]) || !strings.HasPrefix(Fingerprint(certs[0]), "sha256:") {
		t.Errorf("they are %s and %s", Fingerprint(certs[0]), Fingerprint(certs[1]))
	}
	if !Matches(certs[0], a.Key) || Matches(certs[0], b.Key) || Matches(certs[0], nil) {
		t.Error("the key of one is taken for the other's")
	}
	if _, err := ParseCertificates(a.Key); err == nil {
		t.Error("certificates were read where there are none")
	}
}
