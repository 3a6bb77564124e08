package balance

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

// told is a Learner that says what it was told to.
type told struct {
	mu      sync.Mutex
	members []string
	err     error
}

func (l *told) Members(context.Context) ([]string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.members, l.err
}

func (l *told) tell(err error, members ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.members, l.err = members, err
}

func TestLearn_FollowsTheClusterAndKeepsIt(t *testing.T) {
	first, second := newServer(t, "first"), newServer(t, "second")
	file, teacher := filepath.Join(t.TempDir(), "members"), &told{err: errors.New("nobody has joined")}
	o := Options{Backends: []string{first.address()}, Learn: teacher, LearnEvery: 50 * time.Millisecond, Keep: file}
	address, log, end := run(t, o)
	says(t, log, "not yet told which API servers there are: nobody has joined", first.address()+" is ready")
	if name, err := ask(newClient(t), address); name != "first" || err != nil {
		t.Fatalf("got %q, %v", name, err)
	}
	teacher.tell(nil, second.address())
	says(t, log, second.address()+" is ready")
	for range 3 {
		if name, err := ask(newClient(t), address); name != "second" || err != nil {
			t.Errorf("got %q, %v, after the cluster's only server became another one", name, err)
		}
	}
	// Nobody at all is no answer, and neither is a failure.
	teacher.tell(nil)
	teacher.tell(errors.New("the API is away"))
	end()
	if content, err := os.ReadFile(file); err != nil || string(content) != second.address()+"\n" {
		t.Fatalf("it keeps %q, %v", content, err)
	}
	if info, _ := os.Stat(file); info.Mode().Perm() != 0o644 {
		t.Errorf("its mode is %o", info.Mode().Perm())
	}
	if left, _ := os.ReadDir(filepath.Dir(file)); len(left) != 1 {
		t.Errorf("there are %v", left)
	}

	// The next start knows before it is told, and falls back on the first.
	address, log, _ = run(t, o)
	says(t, log, second.address()+" is ready", first.address()+" is ready")
	if name, err := ask(newClient(t), address); name != "second" || err != nil {
		t.Errorf("got %q, %v", name, err)
	}
	second.CloseClientConnections()
	second.Close()
	says(t, log, second.address()+" is gone")
	if name, err := ask(newClient(t), address); name != "first" || err != nil {
		t.Errorf("got %q, %v", name, err)
	}
}

func TestLearn_ForgetsAServerThatLeftTheCluster(t *testing.T) {
	first, second := newServer(t, "first"), newServer(t, "second")
	teacher := &told{members: []string{first.address(), second.address()}}
	address, log, _ := run(t, Options{Backends: []string{first.address()}, Learn: teacher, LearnEvery: 50 * time.Millisecond})
	says(t, log, second.address()+" is ready")
	eventually(t, "a client at the second", func() bool {
		_, _ = ask(newClient(t), address)
		return second.open.Load() > 1
	})
	teacher.tell(nil, first.address())
	eventually(t, "its connections are closed", func() bool { return second.open.Load() == 0 })
	if name, err := ask(newClient(t), address); name != "first" || err != nil {
		t.Errorf("got %q, %v", name, err)
	}
}

func TestLearn_UsesNoBrokenFile(t *testing.T) {
	only, file := newServer(t, "only"), filepath.Join(t.TempDir(), "members")
	if err := os.WriteFile(file, []byte("garbage\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	address, log, _ := run(t, Options{Backends: []string{only.address()}, Learn: &told{err: errors.New("away")}, Keep: file})
	says(t, log, file+" is not used", only.address()+" is ready")
	if name, err := ask(newClient(t), address); name != "only" || err != nil {
		t.Errorf("got %q, %v", name, err)
	}
}

func TestMembers_AreTheAddressesOfTheEndpoints(t *testing.T) {
	got, err := members([]byte(`{"kind":"Endpoints","subsets":[
		{"addresses":[{"ip":"10.0.0.2"},{"ip":"fd00::3"}],"notReadyAddresses":[{"ip":"10.0.0.9"}],"ports":[{"name":"https","port":6443}]}]}`))
	if err != nil || !slices.Equal(got, []string{"10.0.0.2:6443", "[fd00::3]:6443"}) {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := members([]byte("<html>")); err == nil || !strings.Contains(err.Error(), "endpoints of the API") {
		t.Errorf("got %v", err)
	}
}

func TestService_AsksAsTheKubeletAndOnlyTheRightServer(t *testing.T) {
	ca, file := newAuthority(t), filepath.Join(t.TempDir(), "kubelet-client-current.pem")
	s := newServerOf(t, "a", ca)
	asks := Service{Address: s.address(), Pair: file, Authority: ca.Certificate}
	if _, err := asks.Members(t.Context()); err == nil || !strings.Contains(err.Error(), "the kubelet's certificate") {
		t.Errorf("got %v before the kubelet has a certificate", err)
	}
	for name, want := range map[string]string{"system:node:a": "", "somebody": "401"} {
		pair := issue(t, ca, pki.Leaf{CommonName: name, Client: true})
		if err := os.WriteFile(file, slices.Concat(pair.Certificate, pair.Key), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := asks.Members(t.Context())
		switch {
		case want == "" && (err != nil || !slices.Equal(got, []string{"10.0.0.2:6443", "10.0.0.3:6443"})):
			t.Errorf("%s: got %v, %v", name, got, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
	asks.Authority = newAuthority(t).Certificate
	if got, err := asks.Members(t.Context()); err == nil {
		t.Errorf("another cluster's server said %v", got)
	}
}
