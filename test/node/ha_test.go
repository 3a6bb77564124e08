package node_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/test/cluster"
)

const (
	// writeEvery is between two writes of the client.
	writeEvery = 100 * time.Millisecond
	// settled is how long the client goes on writing before and after a loss.
	settled = 20 * time.Second
	// longestGap is far more than the loss of a control plane takes: a gap that
	// is longer is no failover but a failure.
	longestGap = time.Minute
)

// TestControlPlanes_OneIsLostAndReplaced kills the host of etcd's leader while
// a client writes, and makes it anew.
func TestControlPlanes_OneIsLostAndReplaced(t *testing.T) {
	needs(t, core)
	c := cluster.New(t, "hlocal", cluster.Config{APIPort: 26445, NodeCIDR: "10.242.5.0/24", ControlPlanes: 3, Workers: 1})
	c.Anywhere(t, "create", "-f", c.File)
	awaitMembers(t, c)

	w := newWriter(t, c)
	w.start()
	time.Sleep(settled)
	quiet := w.mark()
	silent := cutOff(t, c, w)
	lost := etcdLeader(t, c)
	w.mark()
	t.Logf("killing %s, etcd's leader", lost)
	c.Docker(t, "kill", "--signal", "KILL", lost)
	time.Sleep(settled)
	w.awaitProgress(t)
	killed := w.mark()

	c.Docker(t, "rm", "--force", "--volumes", lost)
	c.Docker(t, "volume", "rm", lost+"-var")
	begun := time.Now()
	c.Anywhere(t, "create", "-f", c.File)
	replaced := time.Since(begun)
	awaitMembers(t, c)
	c.Kubectl(t, "wait", "--for=condition=Ready", "nodes", "--all", "--timeout=4m")
	time.Sleep(settled)
	made := w.mark()
	w.stop()

	missing := w.missing(t)
	t.Logf("%d writes were acknowledged, %d failed, %d that were acknowledged are lost", len(w.acknowledged), w.failed, len(missing))
	for _, failure := range w.failures {
		t.Log(failure)
	}
	t.Logf("longest gap between two acknowledged writes: %s with nothing lost, %s with the leader cut off, %s with the leader's host killed, %s while the host was made anew (which took %s)",
		quiet.Round(time.Millisecond), silent.Round(time.Millisecond), killed.Round(time.Millisecond), made.Round(time.Millisecond), replaced.Round(time.Second))
	if len(missing) > 0 {
		t.Errorf("acknowledged writes are lost: %s", strings.Join(missing, " "))
	}
	if max(silent, killed, made) > longestGap {
		t.Errorf("the API was away for longer than %s", longestGap)
	}
	c.Anywhere(t, "delete", c.Name)
	label := "label=kubernetes-anywhere.cluster=" + c.Name
	if left := c.Docker(t, "ps", "-aq", "--filter", label) + c.Docker(t, "volume", "ls", "-q", "--filter", label) + c.Docker(t, "network", "ls", "-q", "--filter", label); left != "" {
		t.Errorf("there is something left: %s", left)
	}
}

// cutOff has the host of etcd's leader lose every packet for a while, which no
// connection is told of, and returns the longest gap.
func cutOff(t *testing.T, c *cluster.Cluster, w *writer) time.Duration {
	t.Helper()
	host := etcdLeader(t, c)
	t.Logf("cutting off %s, etcd's leader", host)
	lose := func(verb string) {
		c.Docker(t, "exec", host, "iptables", "--wait", verb, "INPUT", "--in-interface", "eth0", "--jump", "DROP")
		c.Docker(t, "exec", host, "iptables", "--wait", verb, "OUTPUT", "--out-interface", "eth0", "--jump", "DROP")
	}
	lose("--insert")
	time.Sleep(settled)
	w.awaitProgress(t)
	lose("--delete")
	awaitMembers(t, c)
	return w.mark()
}
