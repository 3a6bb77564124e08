package baremetal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// quickPace keeps tests of dead hosts short.
func quickPace() pace {
	return pace{dial: 500 * time.Millisecond, alive: 20 * time.Millisecond, misses: 3}
}

// echo says its command line and what it was told.
func echo(line string, stdin io.Reader, stdout, stderr io.Writer) int {
	told, _ := io.ReadAll(stdin)
	_, _ = fmt.Fprintf(stdout, "%s|%s", line, told)
	_, _ = fmt.Fprint(stderr, "complaint")
	return 0
}

func mustDial(t *testing.T, r reach) *connection {
	t.Helper()
	c, err := dial(t.Context(), r, usualPace())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestRun_PassesArgumentsStreamsAndStatus(t *testing.T) {
	key, public, _ := newKey(t)
	s := newServer(t, public, echo)
	c := mustDial(t, s.reach(key))
	var stdout, stderr bytes.Buffer
	err := c.Run(t.Context(), target.Command{
		Args: []string{"sh", "-c", "it's $HOME"}, Stdin: strings.NewReader("told"), Stdout: &stdout, Stderr: &stderr,
	})
	if err != nil || stdout.String() != `'sh' '-c' 'it'\''s $HOME'|told` || stderr.String() != "complaint" {
		t.Errorf("got %q, %q, %v", stdout.String(), stderr.String(), err)
	}
	s.run = func(string, io.Reader, io.Writer, io.Writer) int { return 7 }
	var exit *target.ExitError
	if err := c.Run(t.Context(), target.Command{Args: []string{"false"}}); !errors.As(err, &exit) || exit.Code != 7 {
		t.Errorf("got %v", err)
	}
}

func TestRun_BecomesRootBySudo(t *testing.T) {
	key, public, _ := newKey(t)
	s := newServer(t, public, echo)
	r := s.reach(key)
	r.User = "admin"
	var stdout bytes.Buffer
	if err := mustDial(t, r).Run(t.Context(), target.Command{Args: []string{"id"}, Stdin: strings.NewReader(""), Stdout: &stdout}); err != nil || stdout.String() != "sudo -n -- 'id'|" {
		t.Errorf("got %q, %v", stdout.String(), err)
	}
}

func TestRun_SaysThatTheConnectionWasLost(t *testing.T) {
	key, public, _ := newKey(t)
	s := newServer(t, public, func(string, io.Reader, io.Writer, io.Writer) int { return -1 })
	err := mustDial(t, s.reach(key)).Run(t.Context(), target.Command{Args: []string{"id"}})
	var dead *unreachable
	if !errors.As(err, &dead) || !strings.Contains(err.Error(), "the connection was lost") {
		t.Errorf("got %v", err)
	}
}

func TestRun_EndsWhenTheCallerDoes(t *testing.T) {
	key, public, _ := newKey(t)
	forever := make(chan struct{})
	defer close(forever)
	s := newServer(t, public, func(string, io.Reader, io.Writer, io.Writer) int { <-forever; return 0 })
	c := mustDial(t, s.reach(key))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := c.Run(ctx, target.Command{Args: []string{"sleep"}}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestRun_DoesNotWaitForAHostThatHasDied(t *testing.T) {
	key, public, _ := newKey(t)
	forever := make(chan struct{})
	defer close(forever)
	s := newServer(t, public, func(string, io.Reader, io.Writer, io.Writer) int { <-forever; return 0 })
	quick := quickPace()
	quick.dial = usualPace().dial
	c, err := dial(t.Context(), s.reach(key), quick)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	s.mu.Lock()
	s.ignore = true
	s.mu.Unlock()
	var dead *unreachable
	if err := c.Run(t.Context(), target.Command{Args: []string{"sleep"}}); !errors.As(err, &dead) {
		t.Errorf("got %v", err)
	}
}

func TestDial_NamesTheCommandToTryForAHostThatIsSilent(t *testing.T) {
	key, public, _ := newKey(t)
	s := newServer(t, public, echo)
	s.mute = true
	r := s.reach(key)
	closed := r
	closed.Port = closedPort(t)
	for name, test := range map[string]struct {
		reach reach
		want  string
	}{
		"mute":   {r, "no answer within 500ms"},
		"closed": {closed, "refused"},
	} {
		_, err := dial(t.Context(), test.reach, quickPace())
		var dead *unreachable
		if !errors.As(err, &dead) || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), fmt.Sprintf("'ssh -p %d -i %s root@127.0.0.1 true'", test.reach.Port, key)) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func closedPort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

func TestDial_GoesThroughAJumpHostAndChecksBothKeys(t *testing.T) {
	key, public, _ := newKey(t)
	jump, s := newServer(t, public, echo), newServer(t, public, echo)
	r, j := s.reach(key), jump.reach(key)
	r.Jump = &j
	c := mustDial(t, r)
	if err := c.Run(t.Context(), target.Command{Args: []string{"id"}, Stdin: strings.NewReader("")}); err != nil || jump.logins.Load() != 1 || s.logins.Load() != 1 {
		t.Errorf("got %v, logins %d and %d", err, jump.logins.Load(), s.logins.Load())
	}
	wrong := j
	wrong.Fingerprint = s.fingerprint()
	r.Jump = &wrong
	_, err := dial(t.Context(), r, usualPace())
	var dead *unreachable
	if err == nil || errors.As(err, &dead) || !strings.Contains(err.Error(), "jump host of 127.0.0.1") || !strings.Contains(err.Error(), jump.fingerprint()) || s.logins.Load() != 1 {
		t.Errorf("got %v", err)
	}
	j.Port = closedPort(t)
	r.Jump = &j
	if _, err = dial(t.Context(), r, usualPace()); !errors.As(err, &dead) || !strings.Contains(err.Error(), "reaching the jump host") {
		t.Errorf("got %v", err)
	}
}

// known is a reach that trusts a file of known hosts.
func TestDial_SaysWhyALoginFails(t *testing.T) {
	_, public, _ := newKey(t)
	other, _, private := newKey(t)
	s := newServer(t, public, echo)
	locked, err := ssh.MarshalPrivateKeyWithPassphrase(private, "", []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	lockedPath := filepath.Join(t.TempDir(), "locked")
	if err := os.WriteFile(lockedPath, pemOf(locked), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSH_AUTH_SOCK", "")
	for name, test := range map[string]struct {
		change func(*reach)
		want   string
	}{
		"not that key":      {func(r *reach) { r.Key = other }, "ssh-copy-id -i " + other},
		"no such file":      {func(r *reach) { r.Key = "/nonexistent/id" }, "ssh-keygen -t ed25519 -f /nonexistent/id"},
		"a passphrase":      {func(r *reach) { r.Key = lockedPath }, "ssh-add " + lockedPath},
		"no key":            {func(r *reach) { r.Key = os.Args[0] }, "name the file of a private key"},
		"there is no agent": {func(r *reach) { r.Key, r.Agent = "", true }, "SSH_AUTH_SOCK is not set"},
	} {
		r := s.reach(other)
		test.change(&r)
		_, err := dial(t.Context(), r, usualPace())
		var dead *unreachable
		if err == nil || errors.As(err, &dead) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestDial_OffersTheKeysOfTheAgent(t *testing.T) {
	_, public, private := newKey(t)
	s := newServer(t, public, echo)
	ring := agent.NewKeyring()
	if err := ring.Add(agent.AddedKey{PrivateKey: private}); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(t.TempDir(), "agent")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(ring, conn) }()
		}
	}()
	t.Setenv("SSH_AUTH_SOCK", socket)
	r := s.reach("")
	r.Agent = true
	mustDial(t, r)
}
