package node

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// balanced is a host of a cluster that has no balancer outside.
func balanced(t *testing.T, role string) (Bundle, Facts) {
	t.Helper()
	b := newBundle(t, role)
	b.Balanced, b.Endpoint = true, BalancerEndpoint
	return b, newFacts(role)
}

func TestBalancer_IsTheGoldenUnitOnEveryRoleAndEngine(t *testing.T) {
	var got strings.Builder
	for _, role := range []string{ControlPlane, Worker} {
		for _, engine := range []string{Docker, Podman} {
			b, f := balanced(t, role)
			f.ContainerEngine = engine
			got.WriteString("===== " + role + ", " + engine + "\n" + files(t, b, f)[BalancerUnit])
		}
	}
	golden := filepath.Join("testdata", "balancer.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(read(t, "balancer.golden"), got.String()); diff != "" {
		t.Errorf("the units differ (-golden +got); if that is meant: go test ./bootstrap-image/node -update\n%s", diff)
	}
}

func TestBalancer_IsOnlyWhereTheBundleSaysSo(t *testing.T) {
	for _, role := range []string{ControlPlane, Worker} {
		with, without := files(t, newBundle(t, role), newFacts(role)), files(t, newBundle(t, role), newFacts(role))
		if with[BalancerUnit] != "" {
			t.Errorf("a %s of a cluster with a balancer of its own has another", role)
		}
		b, f := balanced(t, role)
		with = files(t, b, f)
		if !strings.Contains(with[presetPath], "enable "+BalancerUnit+"\n") {
			t.Errorf("%s: it does not start at boot", role)
		}
		for _, name := range []string{BalancerUnit, presetPath} {
			delete(with, name)
			delete(without, name)
		}
		// A worker's kubelet asks by the endpoint, an API server is called by it.
		for name := range with {
			with[name] = strings.ReplaceAll(with[name], BalancerEndpoint, "api.example.com:6443")
		}
		// It says the endpoint as a host and a port, and who reads it starts again.
		for _, name := range []string{ClusterPath, ManifestsPath + "/kube-addon-manager.yaml"} {
			delete(with, name)
			delete(without, name)
		}
		if diff := cmp.Diff(without, with); diff != "" {
			t.Errorf("%s: a balancer changes something else:\n%s", role, diff)
		}
	}
}

func TestBalancer_StartsBeforeTheKubeletAndAgainWithAnotherAuthority(t *testing.T) {
	b, f := balanced(t, Worker)
	restarts := func(b Bundle) (units []string, digest string) {
		all, err := Restarts(render(t, b, f))
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range all {
			if units = append(units, one.Unit); one.Unit == BalancerUnit {
				digest = one.Digest
			}
		}
		return units, digest
	}
	units, before := restarts(b)
	if !slices.Equal(units, []string{"containerd.service", BalancerUnit, KubeletUnit}) {
		t.Errorf("the order is %v", units)
	}
	b.Credentials.BootstrapToken = "ffffff.0123456789abcdef"
	if _, after := restarts(b); after != before {
		t.Error("another token restarts it, and cuts off all that the host does")
	}
	// The file of the authority is replaced, and the container has the old one.
	b.Credentials.CA.Certificate += b.Credentials.CA.Certificate
	if _, after := restarts(b); after == before {
		t.Error("it goes on with the old authority")
	}
}

func TestBalancer_ListensOnTheLoopbackOnly(t *testing.T) {
	for _, endpoint := range []string{"172.30.0.2:6443", "api.example.com:6443", "127.0.0.1", "0.0.0.0:6444"} {
		b, f := balanced(t, Worker)
		b.Endpoint = endpoint
		if _, err := Ignition(b, f, nil); err == nil || !strings.Contains(err.Error(), BalancerEndpoint) {
			t.Errorf("%s: got %v", endpoint, err)
		}
	}
}
