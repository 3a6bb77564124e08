// Package e2e_test brings up real clusters on this machine, with the plugin
// as a user runs it, and asks them whether they do what they are for.
package e2e_test

import (
	"os"
	"strings"
	"testing"
	"time"
)

// required makes what is missing a failure instead of a skip: 'make test'
// sets it, so that a green run has run these.
const required = "ANYWHERE_E2E"

func TestCluster(t *testing.T) {
	if os.Getenv(required) == "" {
		t.Skipf("%s is not set: 'make e2e' builds images and hosts and sets it", required)
	}
	c := newCluster(t, "e2e", config{APIPort: 16443, NodeCIDR: "10.241.0.0/24", Workers: 2})
	t.Cleanup(c.cleanup)

	if !t.Run("create, killed while hosts are made, converges when run again", c.testCreate) {
		t.FailNow()
	}
	t.Run("every node is Ready", c.testNodes)
	t.Run("a Service answers from pods on both workers, by name", c.testService)
	t.Run("pods reach each other across hosts", c.testPodToPod)
	t.Run("kubectl logs and exec verify the kubelet", c.testLogsAndExec)
	t.Run("anonymous requests are refused save health", c.testAnonymous)
	t.Run("secrets are encrypted at rest", c.testEncryption)
	t.Run("an addon that is deleted comes back", c.testAddonComesBack)
	t.Run("a pool is added, drained and removed", c.testPools)
	t.Run("a worker survives a reboot", c.testReboot)
	t.Run("a second create changes nothing", c.testCreateAgain)
	t.Run("a host removed by hand is made again", c.testHostMadeAgain)
	t.Run("no secret is in plain state", c.testStateHasNoKey)
	t.Run("delete leaves nothing", c.testDelete)
}

func (c *cluster) testCreate(t *testing.T) {
	first := c.start(t, "create", "-f", c.configFile)
	c.await(t, "a first host to exist", 2*time.Minute, func() (bool, string) {
		out := c.docker(t, "ps", "-aq", "--filter", "label=kubernetes-anywhere.cluster="+c.name)
		return out != "", first.output()
	})
	first.kill(t)
	out := c.anywhere(t, "create", "-f", c.configFile)
	if !strings.Contains(out, "kubectl --context "+c.name+" get nodes") {
		t.Errorf("create does not end with the next command:\n%s", out)
	}
}

func (c *cluster) testNodes(t *testing.T) {
	out := c.kubectl(t, "get", "nodes", "--no-headers")
	if n := strings.Count(out, " Ready "); n != 3 {
		t.Errorf("%d nodes are Ready, want 3:\n%s", n, out)
	}
	if !strings.Contains(out, "control-plane") {
		t.Errorf("no node has the role of control plane:\n%s", out)
	}
}

func (c *cluster) testCreateAgain(t *testing.T) {
	before := c.docker(t, "ps", "-q", "--no-trunc", "--filter", "label=kubernetes-anywhere.cluster="+c.name)
	started := c.startTimes(t)
	if code := c.exitCode(t, "preview", "-f", c.configFile, "--exit-code"); code != 0 {
		t.Errorf("preview of an unchanged cluster exits %d, want 0", code)
	}
	c.anywhere(t, "create", "-f", c.configFile)
	if after := c.docker(t, "ps", "-q", "--no-trunc", "--filter", "label=kubernetes-anywhere.cluster="+c.name); after != before {
		t.Errorf("the hosts were\n%sand are\n%s", before, after)
	}
	if again := c.startTimes(t); again != started {
		t.Errorf("hosts were started again: before\n%safter\n%s", started, again)
	}
}

func (c *cluster) testDelete(t *testing.T) {
	c.anywhere(t, "delete", c.name)
	label := "label=kubernetes-anywhere.cluster=" + c.name
	for kind, out := range map[string]string{
		"containers": c.docker(t, "ps", "-aq", "--filter", label),
		"networks":   c.docker(t, "network", "ls", "-q", "--filter", label),
		"volumes":    c.docker(t, "volume", "ls", "-q", "--filter", label),
	} {
		if out != "" {
			t.Errorf("%s are left: %s", kind, out)
		}
	}
	if dangling := c.docker(t, "volume", "ls", "-q"); strings.Contains(dangling, c.name+"-") {
		t.Errorf("volumes are left: %s", dangling)
	}
	if entries, _ := os.ReadDir(c.home + "/.kube/anywhere"); len(entries) > 0 {
		t.Errorf("state is left: %v", entries)
	}
	if out := c.run(t, "kubectl", "config", "get-contexts", "-o", "name"); strings.Contains(out, c.name) {
		t.Errorf("the context is left: %s", out)
	}
	if now := loops(t); now != c.loops {
		t.Errorf("loop devices were %q and are %q", c.loops, now)
	}
}
