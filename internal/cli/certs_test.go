package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/ui"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// certHosts is a target whose hosts can be reached, and hold one certificate
// each, that 'renew' makes last a year longer.
type certHosts struct {
	target.Target
	mu      sync.Mutex
	ends    map[string]time.Time
	down    map[string]bool
	history []string
}

var _ target.Reaching = (*certHosts)(nil)

func (*certHosts) Name() string { return "local" }

func (h *certHosts) Run(_ context.Context, _ *config.Cluster, host target.Host, c target.Command) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	line := strings.Join(c.Args, " ")
	_, args, found := strings.Cut(line, ":v1.37.1 ")
	if !found || !strings.Contains(line, "--privileged") {
		return fmt.Errorf("that is no container of the bootstrap image: %s", line)
	}
	if h.down[host.Name] {
		_, _ = io.WriteString(c.Stderr, "bootstrap: no certificates here\n")
		return &target.ExitError{Host: host.Name, Args: c.Args, Code: 1}
	}
	h.history = append(h.history, host.Name+": "+args)
	end := h.ends[host.Name]
	if args == "renew --force" {
		h.ends[host.Name] = end.AddDate(1, 0, 0)
		return nil
	}
	return json.NewEncoder(c.Stdout).Encode(node.Inventory{Host: "as it calls itself", Certificates: []node.Certificate{
		{Name: "apiserver", NotBefore: end.AddDate(-1, 0, 0), NotAfter: end, DaysLeft: 20, Problems: []string{"it is unloved"}},
		{Name: "kubelet-serving", Problems: []string{"it is missing"}},
	}})
}

// certBench is three control planes, the API of which does not answer.
func certBench(t *testing.T) (*bench, *certHosts, *session, target.Outputs) {
	t.Helper()
	b := &bench{}
	b.env = Environment{IOStreams: genericiooptions.IOStreams{In: strings.NewReader(""), Out: &b.out, ErrOut: &b.err}}
	at := time.Date(2027, 1, 2, 0, 0, 0, 0, time.UTC)
	hosts := &certHosts{
		ends: map[string]time.Time{"a-1": at, "a-2": at.AddDate(0, 0, -1), "a-3": at.AddDate(0, 0, 1)},
		down: map[string]bool{},
	}
	cluster := config.New("local", nil)
	cluster.Metadata.Name = "a"
	out := target.Outputs{Endpoint: "https://127.0.0.1:9"}
	for _, name := range []string{"a-1", "a-2", "a-3"} {
		out.Hosts = append(out.Hosts, target.Host{Name: name, Role: node.ControlPlane})
	}
	return b, hosts, &session{env: b.env, cluster: cluster, target: hosts}, out
}

func TestCerts_ListsTheFirstToEndFirstAndSaysWhoCouldNotBeAsked(t *testing.T) {
	b, hosts, s, out := certBench(t)
	hosts.down["a-3"] = true
	list := certificates{Name: "a", Hosts: s.hostRunner(out).inventories(t.Context(), out.Hosts)}
	if err := s.printCertificates(list); err != nil {
		t.Fatal(err)
	}
	want := `HOST   CERTIFICATE       ENDS         LEFT
a-1    kubelet-serving   -            -
a-2    kubelet-serving   -            -
a-2    apiserver         2027-01-01   20d
a-1    apiserver         2027-01-02   20d

Problems:
  a-1, kubelet-serving:
    it is missing
  a-2, kubelet-serving:
    it is missing
  a-2, apiserver:
    it is unloved
  a-1, apiserver:
    it is unloved
`
	if diff := cmp.Diff(want, b.out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, word := range []string{"a-3 could not be asked", "status 1", "docker run", "certs -o json"} {
		if !strings.Contains(b.err.String(), word) {
			t.Errorf("%q is not said:\n%s", word, b.err.String())
		}
	}
}

// renewalOf is a renewal whose cluster's health is what the test says.
func renewalOf(s *session, out target.Outputs, answers bool, health func(context.Context) string) *renewal {
	r := newRenewal(s, out, out.Hosts)
	r.answers, r.unhealthy = answers, health
	return r
}

func TestCertsRenew_OneHostAfterTheOtherWithHealthBetween(t *testing.T) {
	b, hosts, s, out := certBench(t)
	unwell := false
	r := renewalOf(s, out, true, func(context.Context) string {
		hosts.mu.Lock()
		defer hosts.mu.Unlock()
		hosts.history = append(hosts.history, "health")
		if unwell = !unwell; unwell {
			return "not yet"
		}
		return ""
	})
	plan := r.plan(time.Minute)
	if err := phase.Run(t.Context(), plan[:1], ui.New(&b.err, 0)); err != nil {
		t.Fatal(err)
	}
	hosts.history = nil
	if err := phase.Run(t.Context(), plan[1:], ui.New(&b.err, 0)); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, name := range []string{"a-1", "a-2", "a-3"} {
		want = append(want, name+": renew --force", "health", "health", name+": certs -o json")
	}
	if diff := cmp.Diff(want, hosts.history); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := r.print(); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(b.out.String(), "apiserver   2028-01-0"); got != 3 {
		t.Errorf("%d certificates are shown as renewed:\n%s", got, b.out.String())
	}
}

func TestCertsRenew_TouchesNothingWhenAHostCannotBeAsked(t *testing.T) {
	b, hosts, s, out := certBench(t)
	hosts.down["a-2"] = true
	r := renewalOf(s, out, true, func(context.Context) string { return "" })
	err := phase.Run(t.Context(), r.plan(time.Minute), ui.New(&b.err, 0))
	var failure *phase.Failure
	if !errors.As(err, &failure) {
		t.Fatalf("got %v", err)
	}
	if next := strings.Join(failure.Next, "\n"); !strings.Contains(next, "kubectl anywhere certs renew a --host a-1 --host a-3") {
		t.Errorf("what to type next is\n%s", next)
	}
	if strings.Contains(strings.Join(hosts.history, " "), "renew") {
		t.Errorf("it did %q", hosts.history)
	}
}

func TestCertsRenew_AllAtOnceWhereTheAPIIsDown(t *testing.T) {
	b, hosts, s, out := certBench(t)
	r := renewalOf(s, out, false, func(context.Context) string {
		hosts.mu.Lock()
		defer hosts.mu.Unlock()
		if renewed := strings.Count(strings.Join(hosts.history, " "), "renew"); renewed < 3 {
			return fmt.Sprintf("%d of 3 are renewed", renewed)
		}
		return ""
	})
	if err := phase.Run(t.Context(), r.plan(10*time.Second), ui.New(&b.err, 0)); err != nil {
		t.Fatalf("%v after %q", err, hosts.history)
	}
}

func TestCertsRenew_RefusesAHostThatIsNoControlPlane(t *testing.T) {
	_, _, _, out := certBench(t)
	var usage *usageError
	if _, err := chosenControlPlanes(out, []string{"a-4"}); !errors.As(err, &usage) || !strings.Contains(err.Error(), "a-1, a-2, a-3") {
		t.Errorf("got %v", err)
	}
	hosts, err := chosenControlPlanes(out, []string{"a-3"})
	if err != nil || len(hosts) != 1 || hosts[0].Name != "a-3" {
		t.Errorf("got %v, %v", hosts, err)
	}
}

// unreached is a target without a way of its own to its hosts.
type unreached struct{ target.Target }

func (unreached) Name() string { return "gcp" }

func TestOnHost_SaysWhatToTypeWhereThereIsNoWay(t *testing.T) {
	_, _, s, out := certBench(t)
	s.target = unreached{}
	err := s.hostRunner(out).run(t.Context(), out.Hosts[0], target.Command{Args: []string{"etcd", "restore", "--snapshot", "a b"}, Stdin: strings.NewReader("")})
	var failure *phase.Failure
	if !errors.As(err, &failure) || len(failure.Next) != 1 {
		t.Fatalf("got %v", err)
	}
	want := "docker run --rm --privileged --pid=host --net=host --volume /:/host --interactive ghcr.io/kubernetes-anywhere/bootstrap:v1.37.1 etcd restore --snapshot 'a b'   # on host a-1"
	if failure.Next[0] != want {
		t.Errorf("what to type is\n%s", failure.Next[0])
	}
}
