package cli

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/etcd"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/etcd/etcdtest"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/ui"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// etcdTarget is a target whose hosts can be reached, and run etcd.
type etcdTarget struct {
	target.Target
	mu sync.Mutex
	// snapshot is what a host writes; cut are hosts that write half of it.
	snapshot []byte
	cut      map[string]bool
	down     map[string]bool
	history  []string
	received map[string][]byte
}

func (*etcdTarget) Name() string { return "local" }

func (e *etcdTarget) Run(_ context.Context, _ *config.Cluster, host target.Host, c target.Command) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, args, found := strings.Cut(strings.Join(c.Args, " "), ":v1.37.1 ")
	if !found {
		return fmt.Errorf("that is no container of the bootstrap image: %q", c.Args)
	}
	e.history = append(e.history, host.Name+": "+args)
	if e.down[host.Name] {
		return errors.New("no route to host")
	}
	switch {
	case args == "etcd status -o json":
		return json.NewEncoder(c.Stdout).Encode(map[string]any{"members": []etcd.MemberStatus{
			{Name: "a-1", Leader: true, Healthy: true, DBSize: 2_500_000, Revision: 7, Version: "3.7.3"},
			{Name: "a-2", Problem: "it does not answer: timeout"},
		}})
	case args == "etcd snapshot --to -":
		content := e.snapshot
		if e.cut[host.Name] {
			content = content[:len(content)/2]
		}
		_, _ = c.Stdout.Write(content)
		if e.cut[host.Name] {
			return &target.ExitError{Host: host.Name, Args: c.Args, Code: 1}
		}
	case c.Stdin != nil:
		content, err := io.ReadAll(c.Stdin)
		e.received[host.Name] = content
		return err
	}
	return nil
}

func etcdBench(t *testing.T) (*bench, *etcdTarget, *session, target.Outputs) {
	t.Helper()
	t.Chdir(t.TempDir())
	b, _, s, out := certBench(t)
	hosts := &etcdTarget{cut: map[string]bool{}, down: map[string]bool{}, received: map[string][]byte{}}
	hosts.snapshot = etcdtest.WriteSnapshot(t, filepath.Join(t.TempDir(), "s.db"), 3)
	s.target = hosts
	for i := range out.Hosts {
		out.Hosts[i].Address = fmt.Sprint("10.0.0.", i+1)
	}
	return b, hosts, s, out
}

func TestEtcdStatus_TakesTheFirstControlPlaneThatCanTell(t *testing.T) {
	_, hosts, s, out := etcdBench(t)
	hosts.down["a-1"] = true
	found, err := s.hostRunner(out).etcdMembers(t.Context(), out.Hosts)
	if err != nil || len(found) != 2 || found[0].Role() != "leader" || found[1].State() != "it does not answer: timeout" {
		t.Errorf("got %+v, %v", found, err)
	}
	hosts.down = map[string]bool{"a-1": true, "a-2": true, "a-3": true}
	if _, err := s.hostRunner(out).etcdMembers(t.Context(), out.Hosts); err == nil || strings.Count(err.Error(), "no route to host") != 3 {
		t.Errorf("got %v", err)
	}
}

func TestEtcdSnapshot_OfTheNextHostWhereOneFailsHalfway(t *testing.T) {
	b, hosts, s, out := etcdBench(t)
	hosts.cut["a-1"] = true
	if err := s.saveSnapshot(t.Context(), out, "s.db"); err != nil {
		t.Fatal(err)
	}
	info, err := etcd.Verify("s.db")
	if err != nil || info.Keys != 3 || info.Revision != 4 || !strings.Contains(b.out.String(), "by a-2 in s.db: revision 4, 3 keys") {
		t.Errorf("got %+v, %v, and it said %s", info, err, b.out.String())
	}
	stat, err := os.Stat("s.db")
	if err != nil || stat.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", stat, err)
	}
}

func TestEtcdSnapshot_LeavesNothingWhereItIsNotWhole(t *testing.T) {
	_, hosts, s, out := etcdBench(t)
	whole := hosts.snapshot
	for name, change := range map[string]func(){
		"no host can be reached": func() { hosts.down = map[string]bool{"a-1": true, "a-2": true, "a-3": true} },
		"the stream was cut off": func() { hosts.down, hosts.snapshot = nil, whole[:len(whole)-64] },
		"a byte was flipped":     func() { hosts.snapshot = append([]byte{whole[0] ^ 1}, whole[1:]...) },
	} {
		change()
		if err := s.saveSnapshot(t.Context(), out, "s.db"); err == nil {
			t.Errorf("%s: no error", name)
		}
		if left, _ := os.ReadDir("."); len(left) > 0 {
			t.Errorf("%s: %v is left", name, left)
		}
		hosts.down, hosts.snapshot = nil, whole
	}
	if err := os.WriteFile("s.db", []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.saveSnapshot(t.Context(), out, "s.db"); err == nil {
		t.Error("a file that came meanwhile was overwritten")
	}
	if content, _ := os.ReadFile("s.db"); string(content) != "precious" {
		t.Errorf("it is %q", content)
	}
}

func TestEtcdSnapshot_OverwritesNothing(t *testing.T) {
	b := newBench(t)
	if err := os.WriteFile("there.db", []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := b.run(t, "etcd", "snapshot", "there.db")
	if content, _ := os.ReadFile("there.db"); code != ExitUsage || string(content) != "precious" || !strings.Contains(stderr, "not overwritten") {
		t.Errorf("exited %d, the file is %q", code, content)
	}
	if code, _, _ := b.run(t, "etcd", "snapshot"); code != ExitUsage {
		t.Errorf("without a file it exited %d", code)
	}
	b.untouched(t)
}

func TestEtcdRestore_RefusesADamagedFile(t *testing.T) {
	b := newBench(t)
	content := etcdtest.WriteSnapshot(t, "s.db", 3)
	content[len(content)/2] ^= 1
	if err := os.WriteFile("bad.db", content, 0o600); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{"bad.db": "does not match the SHA-256", "none.db": "there is no snapshot"} {
		if code, _, stderr := b.run(t, "etcd", "restore", file, "--yes"); code != ExitUsage || !strings.Contains(stderr, want) {
			t.Errorf("%s: exited %d: %s", file, code, stderr)
		}
	}
	b.untouched(t)
}

// newTestRestore is a restore of some hosts from a good file.
func newTestRestore(t *testing.T, s *session, out target.Outputs, n int) *etcdRestore {
	t.Helper()
	etcdtest.WriteSnapshot(t, "s.db", 3)
	info, err := etcd.Verify("s.db")
	if err != nil {
		t.Fatal(err)
	}
	return &etcdRestore{
		session: s, out: out, runner: s.hostRunner(out).directly(), file: "s.db", info: info,
		hosts: out.Hosts[:n], others: out.Hosts[n:], token: "a-now",
	}
}

func TestEtcdRestore_ShowsItsPlanAndDoesNothingUnasked(t *testing.T) {
	b, hosts, s, out := etcdBench(t)
	err := newTestRestore(t, s, out, 3).do(t.Context(), false, time.Minute)
	var usage *usageError
	if !errors.As(err, &usage) || !strings.Contains(err.Error(), "--yes") || len(hosts.history) > 0 {
		t.Errorf("got %v, it ran %q", err, hosts.history)
	}
	for _, part := range []string{"revision 4, 3 keys", "a-1 (10.0.0.1)", "a-3 (10.0.0.3)", "moved aside", "is gone from it"} {
		if !strings.Contains(b.out.String(), part) {
			t.Errorf("%q is not in the plan:\n%s", part, b.out.String())
		}
	}
}

func TestEtcdRestore_StopsAllThenChangesAllThenStartsAll(t *testing.T) {
	_, hosts, s, out := etcdBench(t)
	r := newTestRestore(t, s, out, 3)
	plan := r.plan(time.Minute)
	if err := phase.Run(t.Context(), plan[:len(plan)-1], ui.New(io.Discard, 0)); err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, line := range hosts.history {
		_, args, _ := strings.Cut(line, ": ")
		order = append(order, args)
	}
	change := "etcd restore --snapshot - --members a-1=10.0.0.1,a-2=10.0.0.2,a-3=10.0.0.3 --token a-now --yes --stay-stopped"
	if want := slices.Concat(slices.Repeat([]string{"version"}, 3), slices.Repeat([]string{"etcd stop"}, 3), slices.Repeat([]string{change}, 3),
		slices.Repeat([]string{"etcd start"}, 3)); !slices.Equal(order, want) {
		t.Errorf("it ran %q", order)
	}
	content, _ := os.ReadFile("s.db")
	for _, host := range out.Hosts {
		if !bytes.Equal(hosts.received[host.Name], content) {
			t.Errorf("%s did not get the whole snapshot", host.Name)
		}
	}
}

func TestEtcdRestore_StopsNoneWhereOneCannotBeReached(t *testing.T) {
	_, hosts, s, out := etcdBench(t)
	hosts.down["a-2"] = true
	plan := newTestRestore(t, s, out, 3).plan(time.Minute)
	if err := phase.Run(t.Context(), plan, ui.New(io.Discard, 0)); err == nil || !strings.Contains(err.Error(), "no route to host") {
		t.Errorf("got %v", err)
	}
	for _, line := range hosts.history {
		if !strings.HasSuffix(line, ": version") {
			t.Errorf("it ran %q", line)
		}
	}
}

func TestEtcdRestore_OfOneGoesOnWithoutTheOthers(t *testing.T) {
	_, hosts, s, out := etcdBench(t)
	hosts.down["a-3"] = true
	r := newTestRestore(t, s, out, 1)
	plan := r.plan(time.Minute)
	if err := phase.Run(t.Context(), plan[:len(plan)-1], ui.New(io.Discard, 0)); err != nil {
		t.Fatal(err)
	}
	want := []string{"a-2: etcd stop", "a-1: etcd restore --snapshot - --members a-1=10.0.0.1 --token a-now --yes --stay-stopped", "a-1: etcd start"}
	for _, line := range want {
		if !slices.Contains(hosts.history, line) {
			t.Errorf("%q is not in %q", line, hosts.history)
		}
	}
}

func TestEtcdRestore_SaysWhatToTypeWhereNoHostCanBeReached(t *testing.T) {
	_, hosts, s, out := etcdBench(t)
	s.target = struct{ target.Target }{hosts} // the contract alone, as clouds have it
	err := newTestRestore(t, s, out, 3).do(t.Context(), true, time.Minute)
	var failure *phase.Failure
	if !errors.As(err, &failure) || len(failure.Next) != 3 || len(hosts.history) > 0 {
		t.Fatalf("got %v, it ran %q", err, hosts.history)
	}
	if want := "etcd restore --snapshot /root/snapshot.db --members a-1=10.0.0.1,a-2=10.0.0.2,a-3=10.0.0.3 --token a-now --yes   # on a-3"; !strings.HasSuffix(failure.Next[2], want) {
		t.Errorf("it says %q", failure.Next[2])
	}
}

func TestEtcdRestore_WaitsForTheAPIAndSaysWhy(t *testing.T) {
	_, _, s, out := etcdBench(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	authority, err := pki.Issuer{Now: time.Now(), Rand: rand.Reader}.NewAuthority("ca")
	if err != nil {
		t.Fatal(err)
	}
	out.CA = node.Authority{Certificate: string(authority.Certificate), Key: string(authority.Key)}
	err = newTestRestore(t, s, out, 1).awaitAPI(ctx, ui.New(io.Discard, 0))
	if err == nil || !strings.Contains(err.Error(), "waiting for the API at https://127.0.0.1:9") || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
