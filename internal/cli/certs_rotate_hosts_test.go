package cli

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// reachable is a target on whose hosts 'bootstrap certs' can be run, and what
// it says there; a host of which it says nothing cannot be asked.
type reachable struct {
	*fakeTarget
	mu   sync.Mutex
	says map[string]node.Inventory
	runs []string
}

var _ target.Reaching = (*reachable)(nil)

func (r *reachable) Run(_ context.Context, _ *config.Cluster, host target.Host, command target.Command) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	inventory, asked := r.says[host.Name]
	if !asked {
		return errors.New("no route to host")
	}
	last := command.Args[len(command.Args)-1]
	r.runs = append(r.runs, host.Name+": "+last)
	if last == "renew" {
		r.says[host.Name] = sign(inventory, servingName, authoritiesOf(inventory, "ca")[0])
		return nil
	}
	return json.NewEncoder(command.Stdout).Encode(inventory)
}

// followed are the hosts of three, which have all followed so far.
func followed(t *testing.T, b *bench) *reachable {
	t.Helper()
	r := &reachable{fakeTarget: b.fakeTarget, says: map[string]node.Inventory{}}
	b.env.Targets = []target.Target{r}
	out := outputsOf(t, b)
	wanted, err := trusts(out.CA.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range out.Hosts {
		says, _ := held(t, "-1", "-2")
		says.Certificates = slices.DeleteFunc(says.Certificates, func(c node.Certificate) bool {
			return len(wanted) == 1 && strings.HasSuffix(c.Name, " (2)")
		})
		for i, fingerprint := range wanted {
			says = sign(says, []string{"ca", "ca (2)"}[i], fingerprint)
		}
		says = sign(sign(says, "apiserver", wanted[0]), servingName, wanted[0])
		says.Host, says.Role = host.Name, host.Role
		if !isControlPlane(host) {
			says.Certificates = slices.DeleteFunc(says.Certificates, func(c node.Certificate) bool {
				return c.Name != "ca" && c.Name != "ca (2)" && c.Name != servingName
			})
		}
		r.says[host.Name] = says
	}
	return r
}

func sessionOf(t *testing.T, b *bench) *session {
	t.Helper()
	s, err := clusterFlags{}.open(b.env, &cobra.Command{}, []string{"a"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func outputsOf(t *testing.T, b *bench) target.Outputs {
	t.Helper()
	out, err := sessionOf(t, b).outputs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestRotateCA_TouchesNothingWhereAHostHasNotFollowed(t *testing.T) {
	b, health, file := threeUp(t)
	r := followed(t, b)
	r.says["a-control-plane-2"] = sign(r.says["a-control-plane-2"], "etcd/peer", "etcd/ca-of-old")
	delete(r.says, "a-workers-1")
	code, _, stderr := b.run(t, "certs", "rotate-ca", "a", "--yes")
	if code != ExitFailed || len(b.world.Calls()) > 0 {
		t.Errorf("exit %d, calls %v", code, b.world.Calls())
	}
	has(t, stderr, "a-control-plane-2: another authority signed etcd/peer", `host "a-workers-1": no route to host`, "kubectl anywhere certs renew a")

	// Going back takes along who cannot be asked, but nobody who lives by what
	// it forgets.
	if err := b.provision(t, t.Context(), file, health, "trust"); err != nil {
		t.Fatal(err)
	}
	b.world.Forget()
	r = followed(t, b)
	delete(r.says, "a-workers-1")
	r.says["a-control-plane-2"] = sign(r.says["a-control-plane-2"], "etcd/peer", "etcd/ca-2")
	code, _, stderr = b.run(t, "certs", "rotate-ca", "a", "--step", "back", "--yes")
	if code != ExitFailed || len(b.world.Calls()) > 0 {
		t.Errorf("exit %d, calls %v", code, b.world.Calls())
	}
	has(t, stderr, "a-workers-1 could not be asked, and is taken along", "a-control-plane-2: another authority signed etcd/peer")
	r.says["a-control-plane-2"] = sign(r.says["a-control-plane-2"], "etcd/peer", "etcd/ca-1")
	// The API, which is asked next, is not there.
	_, _, stderr = b.run(t, "certs", "rotate-ca", "a", "--step", "back", "--yes", "--timeout", "2s")
	has(t, stderr, "letting kubelets ask for certificates")
}

// silent is a reporter whose words nobody needs.
type silent struct{}

func (silent) Begin(int, int, string)   {}
func (silent) Wait(string, string)      {}
func (silent) Note(string, ...any)      {}
func (silent) End(time.Duration, error) {}

func TestAwaitHosts_RenewsAServingCertificateThatAnotherControlPlaneSigned(t *testing.T) {
	b, _, _ := threeUp(t)
	r := followed(t, b)
	r.says["a-control-plane-1"] = sign(r.says["a-control-plane-1"], servingName, "ca-of-old")
	o := &rotateOptions{creation: &creation{session: sessionOf(t, b), out: outputsOf(t, b)}}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := o.awaitHosts(ctx, silent{}); err != nil {
		t.Fatal(err)
	}
	renewed := slices.DeleteFunc(r.runs, func(run string) bool { return !strings.HasSuffix(run, " renew") })
	if !slices.Equal(renewed, []string{"a-control-plane-1: renew"}) {
		t.Errorf("renewed: %q", renewed)
	}
}
