package node_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/test/cluster"
)

// TestEtcd_ComesBackFromASnapshot destroys the data of every control plane of a
// cluster of three, and brings it back from a file.
func TestEtcd_ComesBackFromASnapshot(t *testing.T) {
	needs(t, longer)
	count := 3
	if os.Getenv("ANYWHERE_NODE_ETCD") == "1" {
		count = 1 // what a small machine does in half the time
	}
	c := cluster.New(t, "hetcd", cluster.Config{APIPort: 26441, NodeCIDR: "10.242.1.0/24", ControlPlanes: count})
	c.Anywhere(t, "create", "-f", c.File)
	status := c.Anywhere(t, "etcd", "status", c.Name)
	if strings.Count(status, "healthy") != count || strings.Count(status, "leader") != 1 {
		t.Errorf("etcd is\n%s", status)
	}
	var hosts []string
	for _, n := range []string{"1", "2", "3"}[:count] {
		hosts = append(hosts, c.Name+"-control-plane-"+n)
	}

	// What a control plane does by itself.
	c.Docker(t, "exec", hosts[0], "systemctl", "is-active", "kubernetes-anywhere-snapshot.timer")
	c.Docker(t, "exec", hosts[0], "systemctl", "start", "kubernetes-anywhere-snapshot.service")
	if kept := c.Docker(t, "exec", hosts[0], "ls", "-l", "/var/lib/kubernetes-anywhere/snapshots"); strings.Count(kept, "-rw------- 1 root root") != 1 {
		t.Errorf("the host keeps\n%s", kept)
	}

	c.Kubectl(t, "create", "configmap", "before", "--from-literal=is=kept")
	file := filepath.Join(c.Home, "cluster.db")
	t.Log(c.Anywhere(t, "etcd", "snapshot", file, c.Name))
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the snapshot is %v, %v", info, err)
	}
	if code := c.ExitCode(t, "etcd", "snapshot", file, c.Name); code != 2 {
		t.Errorf("a snapshot over a file exited %d", code)
	}
	c.Kubectl(t, "create", "configmap", "after", "--from-literal=is=lost")
	if code := c.ExitCode(t, "etcd", "restore", file, c.Name); code != 2 {
		t.Errorf("a restore without --yes exited %d", code)
	}
	c.Kubectl(t, "get", "configmap", "after")

	for _, host := range hosts {
		c.Docker(t, "exec", host, "sh", "-c", "rm -rf /var/lib/etcd/member; pkill -9 -x etcd")
	}
	c.Await(t, "lost data", 3*time.Minute, func() (bool, string) {
		out, err := c.Try(t, "kubectl", "get", "configmap", "before")
		return err != nil, out
	})
	begun := time.Now()
	t.Log(c.Anywhere(t, "etcd", "restore", file, c.Name, "--yes"))
	t.Logf("restored in %s", time.Since(begun).Round(time.Second))

	if value := c.Kubectl(t, "get", "configmap", "before", "-o", "jsonpath={.data.is}"); !strings.Contains(value, "kept") {
		t.Errorf("what was saved is %q", value)
	}
	if out, err := c.Try(t, "kubectl", "get", "configmap", "after"); err == nil {
		t.Errorf("what was made after the snapshot is there: %s", out)
	}
	c.Kubectl(t, "wait", "--for=condition=Ready", "nodes", "--all", "--timeout=4m")
	c.Kubectl(t, "create", "configmap", "again", "--from-literal=is=new")
	c.Await(t, "healthy members", 2*time.Minute, func() (bool, string) {
		out, err := c.Try(t, cluster.Plugin(), "etcd", "status", c.Name)
		return err == nil && strings.Count(out, "healthy") == count, out
	})
	// Applied again, nothing of it changes.
	for _, host := range hosts {
		c.Docker(t, "exec", host, "systemctl", "start", "kubernetes-anywhere-renew.service")
	}
	c.Kubectl(t, "get", "configmap", "before", "again")
	c.Anywhere(t, "delete", c.Name)
}
