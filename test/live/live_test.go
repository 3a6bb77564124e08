// Package live_test makes a cluster on an account of a cloud, tries it and
// takes it away again: the plugin and kubectl as a user runs them.
//
//	make test-live TARGET=gcp
//
// It costs what an hour of three small machines, their disks and two load
// balancers cost. It needs the credentials that the target's page in
// docs/targets asks for, bin/kubectl-anywhere, kubectl, and a registry from
// which hosts can pull the images. It has never been run by those who wrote it: they
// have no account. What it does not need is trust: everything it makes carries
// the label of its cluster, and it says at the end what is left.
//
//	ANYWHERE_LIVE           gcp, aws or azure; without it everything is skipped
//	ANYWHERE_LIVE_ACCOUNT   gcp: the project; azure: the subscription
//	ANYWHERE_LIVE_CONFIG    the file of a config to use instead of the smallest one; its
//	                        name is replaced
//	ANYWHERE_LIVE_REGISTRY  a registry that holds all images, instead of the upstream ones
//	ANYWHERE_LIVE_KEEP      anything: a cluster that fails is left for a look
package live_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Bounds of the long commands: far more than they take, to end a run that hangs.
const (
	createTakes = 50 * time.Minute
	deleteTakes = 40 * time.Minute
)

func TestLive(t *testing.T) {
	cloud := os.Getenv("ANYWHERE_LIVE")
	if cloud == "" {
		t.Skip("ANYWHERE_LIVE is not set: 'make test-live TARGET=gcp' makes a cluster on an account, which costs money")
	}
	c := newCluster(t, cloud)
	t.Cleanup(func() { c.takeAway(t) })
	for _, step := range []struct {
		title string
		run   func(*testing.T)
	}{
		{"create brings up a cluster", c.testCreate},
		{"every node is Ready and knows where it is", c.testNodes},
		{"a Service answers from pods on both workers, by name", c.testService},
		{"pods find names inside and outside", c.testDNS},
		{"logs and exec reach the kubelets", c.testLogs},
		{"pods do not reach the metadata service", c.testMetadata},
		{"a second create changes nothing", c.testCreateAgain},
		{"a pool grows and shrinks", c.testScale},
		{"delete leaves nothing", c.testDelete},
	} {
		if !t.Run(step.title, step.run) && step.title == "create brings up a cluster" {
			t.FailNow()
		}
	}
}

func (c *cluster) testCreate(t *testing.T) {
	out := c.within(t, createTakes, plugin(), "create", "-f", c.config)
	if !strings.Contains(out, "kubectl --context "+c.name+" get nodes") {
		t.Errorf("create does not end with the next command:\n%s", out)
	}
}

func (c *cluster) testNodes(t *testing.T) {
	nodes := strings.Split(strings.TrimSpace(c.kubectl(t, "get", "nodes", "-o",
		`jsonpath={range .items[*]}{.metadata.name}|{.status.conditions[?(@.type=="Ready")].status}|{.spec.providerID}|{.metadata.labels.topology\.kubernetes\.io/zone}{"\n"}{end}`)), "\n")
	if len(nodes) != c.nodes {
		t.Errorf("there are %d nodes, want %d: %q", len(nodes), c.nodes, nodes)
	}
	for _, line := range nodes {
		parts := strings.Split(line, "|")
		if len(parts) != 4 || parts[1] != "True" || !strings.HasPrefix(parts[2], c.provider) || parts[3] == "" {
			t.Errorf("%q is not Ready, or has no provider id beginning %q, or no zone", line, c.provider)
		}
	}
}

func (c *cluster) testCreateAgain(t *testing.T) {
	// 3 would be changes pending.
	c.within(t, createTakes, plugin(), "preview", "-f", c.config, "--exit-code")
	before := c.kubectl(t, "get", "nodes", "-o", "jsonpath={.items[*].metadata.uid}")
	c.within(t, createTakes, plugin(), "create", "-f", c.config)
	if after := c.kubectl(t, "get", "nodes", "-o", "jsonpath={.items[*].metadata.uid}"); after != before {
		t.Errorf("the nodes were %s and are %s", before, after)
	}
}

func (c *cluster) testScale(t *testing.T) {
	c.within(t, createTakes, plugin(), "pool", "scale", c.pool, "--count", "3", "-f", c.config)
	if n := len(strings.Fields(c.kubectl(t, "get", "nodes", "-o", "name"))); n != c.nodes+1 {
		t.Errorf("there are %d nodes after growing, want %d", n, c.nodes+1)
	}
	c.within(t, createTakes, plugin(), "pool", "scale", c.pool, "--count", "2", "-f", c.config)
	if n := len(strings.Fields(c.kubectl(t, "get", "nodes", "-o", "name"))); n != c.nodes {
		t.Errorf("there are %d nodes after shrinking, want %d", n, c.nodes)
	}
}

func (c *cluster) testDelete(t *testing.T) {
	out := c.within(t, deleteTakes, plugin(), "delete", c.name)
	c.deleted = true
	if !strings.Contains(out, "Nothing is left") {
		t.Errorf("the receipt is not empty:\n%s", out)
	}
	if _, err := os.Stat(filepath.Join(c.home, ".kube", "anywhere", c.name)); !os.IsNotExist(err) {
		t.Errorf("state is left: %v", err)
	}
}
