// Package e2e_test brings up real clusters on this machine, with the plugin
// as a user runs it, and asks them whether they do what they are for.
package e2e_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/test/cluster"
)

// required makes what is missing a failure instead of a skip: 'make test'
// sets it, so that a green run has run these.
const required = "ANYWHERE_E2E"

func TestCluster(t *testing.T) {
	if os.Getenv(required) == "" {
		t.Skipf("%s is not set: 'make e2e' builds images and hosts and sets it", required)
	}
	c := &suite{
		Cluster: cluster.New(t, "e2e", cluster.Config{APIPort: 16443, NodeCIDR: "10.241.0.0/24", Workers: 2}),
		loops:   loops(t),
	}

	if !t.Run("create, killed while hosts are made, converges when run again", c.testCreate) {
		t.FailNow()
	}
	t.Run("it is healthy at once", c.testHealthyAtOnce)
	t.Run("every node is Ready", c.testNodes)
	t.Run("what is on the hosts is what was rendered", c.testRendered)
	t.Run("a Service answers from pods on both workers, by name", c.testService)
	t.Run("pods reach each other across hosts", c.testPodToPod)
	t.Run("kubectl logs and exec verify the kubelet", c.testLogsAndExec)
	t.Run("anonymous requests are refused save health", c.testAnonymous)
	t.Run("secrets are encrypted at rest", c.testEncryption)
	t.Run("an addon that is deleted comes back", c.testAddonComesBack)
	t.Run("kubectl top tells what nodes use", c.testTop)
	t.Run("a pod keeps its files on a host's disk", c.testVolume)
	t.Run("an addon of the user's own comes and goes", c.testOwnAddon)
	t.Run("a field of somebody else's is kept", c.testForeignField)
	t.Run("a pool is added, drained and removed", c.testPools)
	t.Run("a change is foreseen, saved and applied as it was", c.testForeseen)
	t.Run("status tells what a script asks", c.testStatus)
	t.Run("what came up is drawn", c.testTimeline)
	t.Run("a worker survives a reboot", c.testReboot)
	t.Run("a second create changes nothing", c.testCreateAgain)
	t.Run("a host removed by hand is made again", c.testHostMadeAgain)
	t.Run("the doctor finds nothing", c.testDoctor)
	t.Run("no secret is in plain state", c.testStateHasNoKey)
	t.Run("no secret is in what one sends for help", c.testSupportBundle)
	t.Run("delete leaves nothing", c.testDelete)
}

// suite is what the tests of one cluster share.
type suite struct {
	*cluster.Cluster
	// loops are the loop devices in use before there was a cluster.
	loops string
}

func (c *suite) testCreate(t *testing.T) {
	first := c.Start(t, "create", "-f", c.File)
	c.Await(t, "a first host to exist", 2*time.Minute, func() (bool, string) {
		out := c.Docker(t, "ps", "-aq", "--filter", "label=kubernetes-anywhere.cluster="+c.Name)
		return out != "", first.Output()
	})
	first.Kill(t)
	out := c.Anywhere(t, "create", "-f", c.File, "--timeline", c.timeline())
	if !strings.Contains(out, "kubectl --context "+c.Name+" get nodes") {
		t.Errorf("create does not end with the next command:\n%s", out)
	}
	saysAsShown(t, out)
}

// saysAsShown holds what create printed to what the docs show of it: the same
// steps, in the same order.
func saysAsShown(t *testing.T, out string) {
	t.Helper()
	screen, err := os.ReadFile("../../docs/screens/create.txt")
	if err != nil {
		t.Fatal(err)
	}
	rest, steps := out, 0
	for line := range strings.Lines(string(screen)) {
		if !strings.HasPrefix(line, "[") {
			continue
		}
		steps++
		_, after, found := strings.Cut(rest, line)
		if !found {
			t.Fatalf("create does not print %q where docs/screens/create.txt does ('make screens' renews it):\n%s", line, out)
		}
		rest = after
	}
	if steps < 5 {
		t.Errorf("docs/screens/create.txt shows %d steps only", steps)
	}
}

func (c *suite) testNodes(t *testing.T) {
	out := c.Kubectl(t, "get", "nodes", "--no-headers")
	if n := strings.Count(out, " Ready "); n != 3 {
		t.Errorf("%d nodes are Ready, want 3:\n%s", n, out)
	}
	if !strings.Contains(out, "control-plane") {
		t.Errorf("no node has the role of control plane:\n%s", out)
	}
}

func (c *suite) testCreateAgain(t *testing.T) {
	before := c.Docker(t, "ps", "-q", "--no-trunc", "--filter", "label=kubernetes-anywhere.cluster="+c.Name)
	started := c.StartTimes(t)
	if code := c.ExitCode(t, "preview", "-f", c.File, "--exit-code"); code != 0 {
		t.Errorf("preview of an unchanged cluster exits %d, want 0", code)
	}
	c.Anywhere(t, "create", "-f", c.File)
	if after := c.Docker(t, "ps", "-q", "--no-trunc", "--filter", "label=kubernetes-anywhere.cluster="+c.Name); after != before {
		t.Errorf("the hosts were\n%sand are\n%s", before, after)
	}
	if again := c.StartTimes(t); again != started {
		t.Errorf("hosts were started again: before\n%safter\n%s", started, again)
	}
}

func (c *suite) testDelete(t *testing.T) {
	c.Anywhere(t, "delete", c.Name)
	label := "label=kubernetes-anywhere.cluster=" + c.Name
	for kind, out := range map[string]string{
		"containers": c.Docker(t, "ps", "-aq", "--filter", label),
		"networks":   c.Docker(t, "network", "ls", "-q", "--filter", label),
		"volumes":    c.Docker(t, "volume", "ls", "-q", "--filter", label),
	} {
		if out != "" {
			t.Errorf("%s are left: %s", kind, out)
		}
	}
	if dangling := c.Docker(t, "volume", "ls", "-q"); strings.Contains(dangling, c.Name+"-") {
		t.Errorf("volumes are left: %s", dangling)
	}
	if entries, _ := os.ReadDir(c.Home + "/.kube/anywhere"); len(entries) > 0 {
		t.Errorf("state is left: %v", entries)
	}
	if out := c.Run(t, "kubectl", "config", "get-contexts", "-o", "name"); strings.Contains(out, c.Name) {
		t.Errorf("the context is left: %s", out)
	}
	if now := loops(t); now != c.loops {
		t.Errorf("loop devices were %q and are %q", c.loops, now)
	}
}

// loops lists the loop devices in use.
func loops(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("losetup", "--list", "--noheadings", "--output", "NAME,BACK-FILE").CombinedOutput()
	if err != nil {
		t.Fatalf("listing loop devices: %v\n%s", err, out)
	}
	return string(out)
}
