package node_test

import (
	"strings"
	"testing"
	"time"
)

// testAgain types lines a second time: pods keep their start times, so nothing
// was restarted. It begins once all of them are ready.
func (m *machines) testAgain(worker string) func(*testing.T) {
	started := func(t *testing.T) string {
		return m.kubectl(t, "one", "get", "pods", "-A", "--sort-by=.metadata.uid", "-o",
			`jsonpath={range .items[*]}{.metadata.name} {.status.containerStatuses[*].state.running.startedAt}{"\n"}{end}`)
	}
	return func(t *testing.T) {
		m.kubectl(t, "one", "wait", "pods", "--all", "-A", "--for=condition=Ready", "--timeout=3m")
		before := started(t)
		m.typed(t, "one", line+"init --config /host/root/cluster.json")
		m.typed(t, "four", worker)
		if after := started(t); after != before {
			t.Errorf("pods were\n%sand are\n%s", before, after)
		}
	}
}

// testClosed looks for keys that others than root could read.
func (m *machines) testClosed(t *testing.T) {
	for _, on := range []string{"one", "four"} {
		open := m.hosts[on].Shell(t, `find /etc/kubernetes /var/lib/kubernetes-anywhere -type f ! -name "*.tar" -perm /077 -exec grep -l "PRIVATE KEY\|client-key-data" {} +; true`)
		if open != "" {
			t.Errorf("on %s keys can be read by others:\n%s", on, open)
		}
	}
	if out := m.hosts["four"].Shell(t, "ls /etc/kubernetes/pki"); strings.Contains(out, ".key") {
		t.Errorf("the worker has a key of an authority: %s", out)
	}
}

// testLosesTheFirst burns the host that all others joined by.
func (m *machines) testLosesTheFirst(t *testing.T) {
	lost := m.hosts["one"]
	renewed := func() string {
		out, _ := m.tryKubectl(t, "two", "-n", "kube-node-lease", "get", "lease", m.hosts["four"].Name, "-o", "jsonpath={.spec.renewTime}")
		return out
	}
	lost.Remove()
	begin := time.Now()
	before, again := "", 0
	for end := begin.Add(3 * time.Minute); again < 3; time.Sleep(time.Second) {
		if now := renewed(); strings.HasPrefix(now, "20") && now != before {
			before = now
			again++
		}
		if time.Now().After(end) {
			t.Fatalf("the worker's lease was renewed %d times in three minutes, last %q", again, before)
		}
	}
	t.Logf("the worker's lease was renewed %d times within %s of the loss", again, time.Since(begin).Round(time.Second))
	m.kubectl(t, "three", "create", "configmap", "after-the-loss")
	if out := m.kubectl(t, "two", "get", "configmap", "after-the-loss", "-o", "name"); !strings.Contains(out, "after-the-loss") {
		t.Errorf("what one control plane took the other does not have: %s", out)
	}
}

// testReset resets the worker: what was there before is there again.
func (m *machines) testReset(t *testing.T) {
	m.hosts["four"].Put(t, "/etc/cni/net.d/99-mine.conflist.bak", "mine\n")
	out, err := m.hosts["four"].Try("sh", "-c", strings.ReplaceAll(line+"reset", "IMAGE", m.image))
	if err == nil || !strings.Contains(out, "--yes") {
		t.Errorf("reset without --yes: %v\n%s", err, out)
	}
	if out := m.hosts["four"].Shell(t, "systemctl is-active kubelet"); !strings.Contains(out, "active") {
		t.Errorf("the kubelet was stopped by a reset that only lists: %s", out)
	}
	m.typed(t, "four", line+"reset --yes")
	left := m.hosts["four"].Shell(t, `ls -d /etc/kubernetes /var/lib/kubelet /var/lib/etcd /etc/systemd/system/kubelet.service 2>/dev/null; ctr -n k8s.io containers ls -q; ip -o link show cni0 2>/dev/null; grep /var/lib/kubelet /proc/mounts; true`)
	if left != "" {
		t.Errorf("after the reset there is still\n%s", left)
	}
	if kept := m.hosts["four"].Shell(t, "cat /etc/cni/net.d/99-mine.conflist.bak"); kept != "mine\n" {
		t.Errorf("the user's file is %q", kept)
	}
}
