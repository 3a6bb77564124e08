package network_test

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/probe"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/test/cluster"
)

//go:embed testdata/policy.yaml
var askersYAML string

//go:embed testdata/deny.yaml
var denyYAML string

//go:embed testdata/allow.yaml
var allowYAML string

// startAskers runs the pods that ask, and checks that both are answered while
// there is no policy.
func (c *suite) startAskers(t *testing.T) {
	t.Helper()
	c.apply(t, askersYAML)
	c.kubectl(t, "wait", "--for=condition=Ready", "pod/friend", "pod/stranger", "--timeout=3m")
	c.askers(t, "without a policy", true, true)
}

// askers waits until the friend and the stranger are answered as they should be,
// by the pods of every node. It asks for the pods' own addresses: what a pod
// asks through a Service of its own may reach it past any policy.
func (c *suite) askers(t *testing.T, when string, friend, stranger bool) {
	t.Helper()
	for name, want := range map[string]bool{"friend": friend, "stranger": stranger} {
		for _, p := range c.pods {
			c.within(t, fmt.Sprintf("%s: answered=%v for the %s by the pod on %s", when, want, name, p.host.name), time.Minute, func() error {
				out, err := c.inPod(t, name, "curl", "--silent", "--show-error", "--fail", "--max-time", "2", at(p.address, 8080, "/hostname"))
				switch {
				case want && err != nil:
					return err
				case want:
					return c.answered(out, p.name)
				case err == nil:
					return fmt.Errorf("%q answered", out)
				case !strings.Contains(err.Error(), "exit code 28") && !strings.Contains(err.Error(), "exit code 7"):
					return fmt.Errorf("the question failed for another reason than a policy: %w", err)
				}
				return nil
			})
		}
	}
}

// testPolicy denies all, lets the friend in, and takes the policies away.
func (c *suite) testPolicy(t *testing.T) {
	c.startAskers(t)
	c.apply(t, denyYAML)
	c.askers(t, "denied to all", false, false)
	c.apply(t, allowYAML)
	c.askers(t, "allowed to the friend", true, false)
	c.kubectl(t, "delete", "networkpolicy", "deny", "allow")
	c.askers(t, "without a policy any more", true, true)
}

// noEffect is how long a policy is watched that should do nothing.
const noEffect = 15 * time.Second

// testNoPolicy shows what create warned of: a policy that nobody enforces.
func (c *suite) testNoPolicy(t *testing.T) {
	want := "network policy has no effect: " + c.declared(t).Name + " does not enforce it"
	if !strings.Contains(strings.ToLower(c.said), want) {
		t.Errorf("create does not say %q:\n%s", want, c.said)
	}
	c.startAskers(t)
	c.apply(t, denyYAML)
	for end := time.Now().Add(noEffect); time.Now().Before(end); {
		c.askers(t, "denied to all by a policy that has no effect", true, true)
	}
	c.kubectl(t, "delete", "networkpolicy", "deny")
}

// queueRule is what kube-network-policies asks of nftables; its DaemonSet asks
// whether the kernel takes it.
const queueRule = "queue num 98 bypass"

// queues tells whether this machine's kernel, which is its containers' too, has
// what kube-network-policies is made of.
func queues(t *testing.T) bool {
	t.Helper()
	return probe.Run(t.Context(), []string{"nftables", queueRule}, io.Discard) == nil
}

// testNoQueue shows that a policy nobody can enforce does not pass for one.
func (c *suite) testNoQueue(t *testing.T) {
	out, err := c.Try(t, cluster.Plugin(), "create", "-f", c.File, "--timeout", "4m")
	t.Logf("kubectl anywhere create\n%s", out)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 124 {
		t.Errorf("create ends with %v, want exit code 124", err)
	}
	for _, want := range []string{"kube-network-policies", "does not take the nftables rule", queueRule} {
		if !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
			t.Errorf("create does not say %q", want)
		}
	}
}
