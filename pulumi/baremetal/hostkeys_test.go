package baremetal

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

func TestDial_RefusesAKeyThatIsNotTheOneOfTheConfig(t *testing.T) {
	key, public, _ := newKey(t)
	s := newServer(t, public, echo)
	r := s.reach(key)
	r.Fingerprint = ssh.FingerprintSHA256(newSigner(t).PublicKey())
	_, err := dial(t.Context(), r, usualPace())
	var dead *unreachable
	if err == nil || errors.As(err, &dead) || !strings.Contains(err.Error(), s.fingerprint()) || !strings.Contains(err.Error(), "another machine may be in between") || s.logins.Load() != 0 {
		t.Errorf("got %v, %d logins", err, s.logins.Load())
	}
}

func TestDial_FindsTheKindOfKeyThatAFingerprintIsOf(t *testing.T) {
	key, public, _ := newKey(t)
	s := newServer(t, public, echo)
	r := s.reach(key)
	r.Fingerprint = ssh.FingerprintSHA256(s.addECDSA().PublicKey())
	mustDial(t, r)
}

func known(t *testing.T, s *server, key string, lines ...string) reach {
	t.Helper()
	r := s.reach(key)
	r.Fingerprint = ""
	if lines != nil {
		if err := os.WriteFile(r.KnownHosts, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func TestDial_TrustsTheFileOfKnownHosts(t *testing.T) {
	key, public, _ := newKey(t)
	s := newServer(t, public, echo)
	ecdsa := s.addECDSA()
	at := knownhosts.Normalize(s.listener.Addr().String())
	for name, line := range map[string]string{
		"plain":                     knownhosts.Line([]string{at}, s.keys[0].PublicKey()),
		"hashed":                    knownhosts.HashHostname(at) + strings.TrimPrefix(knownhosts.Line([]string{at}, s.keys[0].PublicKey()), at),
		"of another kind of key":    knownhosts.Line([]string{at}, ecdsa.PublicKey()),
		"of one among several keys": knownhosts.Line([]string{at}, ecdsa.PublicKey()) + "\n" + knownhosts.Line([]string{at}, s.keys[0].PublicKey()),
	} {
		if c, err := dial(t.Context(), known(t, s, key, line), usualPace()); err != nil {
			t.Errorf("%s: got %v", name, err)
		} else {
			_ = c.Close()
		}
	}
}

func TestDial_TrustsAnAuthorityOfHostsThatTheFileNames(t *testing.T) {
	key, public, _ := newKey(t)
	authority, other := newSigner(t), newSigner(t)
	s := newServer(t, public, echo)
	s.addSigned(authority, "127.0.0.1")
	line := func(by ssh.Signer) string {
		return "@cert-authority " + knownhosts.Line([]string{"127.0.0.1", s.listener.Addr().String()}, by.PublicKey())
	}
	c, err := dial(t.Context(), known(t, s, key, line(authority)), usualPace())
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	if _, err := dial(t.Context(), known(t, s, key, line(other)), usualPace()); err == nil || s.logins.Load() != 1 {
		t.Errorf("another authority: got %v", err)
	}
	// The key itself is known, and who signed it is not.
	both := line(other) + "\n" + knownhosts.Line([]string{s.listener.Addr().String()}, s.keys[0].PublicKey())
	if c, err = dial(t.Context(), known(t, s, key, both), usualPace()); err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
}

func TestDial_ShowsOfAnUnknownHostTheKeyThatPeopleCompare(t *testing.T) {
	key, public, _ := newKey(t)
	s := newServer(t, public, echo)
	s.addECDSA()
	if _, err := dial(t.Context(), known(t, s, key), usualPace()); err == nil || !strings.Contains(err.Error(), s.fingerprint()) {
		t.Errorf("got %v, want the one of ed25519, %s", err, s.fingerprint())
	}
}

func TestDial_RefusesUnknownChangedAndRevokedKeysWithTheFix(t *testing.T) {
	key, public, _ := newKey(t)
	s := newServer(t, public, echo)
	at := knownhosts.Normalize(s.listener.Addr().String())
	other := newSigner(t).PublicKey()
	scan := fmt.Sprintf("ssh-keyscan -p %d 127.0.0.1 >> ", s.port())
	for name, test := range map[string]struct {
		lines []string
		want  []string
	}{
		"no file":        {nil, []string{"is not known", scan, `"fingerprint": "` + s.fingerprint() + `"`, "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"}},
		"no line":        {[]string{knownhosts.Line([]string{"elsewhere"}, other)}, []string{"is not known", scan}},
		"changed":        {[]string{knownhosts.Line([]string{at}, other)}, []string{"line 1 of", "another machine may be in between", "ssh-keygen -f", "-R '" + at + "'"}},
		"revoked":        {[]string{"@revoked " + knownhosts.Line([]string{at}, s.keys[0].PublicKey())}, []string{"is revoked"}},
		"not to be read": {[]string{"nonsense"}, []string{"reading the known hosts"}},
	} {
		_, err := dial(t.Context(), known(t, s, key, test.lines...), usualPace())
		var dead *unreachable
		if err == nil || errors.As(err, &dead) || s.logins.Load() != 0 {
			t.Errorf("%s: got %v, %d logins", name, err, s.logins.Load())
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q is not in %v", name, want, err)
			}
		}
	}
}
