package node_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/test/cluster"
)

// metal are three hosts with an SSH server: a control plane, a worker, and a
// worker that is reached through the first, as a user who has sudo.
type metal struct {
	*cluster.Cluster
	hosts []*cluster.Host
	key   string
}

const metalHosts = "kubernetes-anywhere/host-ssh:13"

// TestBareMetal is the life of a cluster on hosts that exist, by the plugin.
func TestBareMetal(t *testing.T) {
	needs(t, longer)
	m := newMetal(t)
	for _, step := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"a host whose key is not known is refused, with its fingerprint", m.testUnknownKey},
		{"a host that is down is named, and the others are made", m.testOneDown},
		{"run again, it alone is retried", m.testRetry},
		{"a second create changes nothing", m.testAgain},
		{"status tells of every host", m.testStatus},
		{"delete gives the hosts back", m.testDelete},
	} {
		if !t.Run(step.name, step.run) {
			t.FailNow()
		}
	}
}

func newMetal(t *testing.T) *metal {
	t.Helper()
	if out, err := exec.Command("docker", "image", "inspect", metalHosts).CombinedOutput(); err != nil {
		t.Fatalf("there is no image %s: type: hack/host-image.sh ssh-13\n%s", metalHosts, out)
	}
	m := &metal{}
	cluster.Network(t, "hbm", "10.242.4.0/24")
	for n := range 3 {
		m.hosts = append(m.hosts, cluster.NewHost(t, "hbm", fmt.Sprintf("hbm-%d", n+1), fmt.Sprintf("10.242.4.%d", 11+n), metalHosts))
	}
	m.Cluster = cluster.Of(t, "hbm", cluster.Config{}, nil)
	m.key = filepath.Join(m.Home, "id")
	public := m.newKey(t)
	m.Write(t, m.spec())
	for _, h := range m.hosts {
		h.Put(t, "/root/.ssh/authorized_keys", public)
		h.Put(t, "/home/debian/.ssh/authorized_keys", public)
		h.Shell(t, "chown -R debian: /home/debian/.ssh && systemctl restart ssh")
	}
	return m
}

// newKey makes the user's key and returns its public half.
func (m *metal) newKey(t *testing.T) string {
	t.Helper()
	_ = os.Remove(m.key)
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", m.key).CombinedOutput(); err != nil {
		t.Fatalf("making a key: %v\n%s", err, out)
	}
	public, err := os.ReadFile(m.key + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	return string(public)
}

func (m *metal) spec() map[string]any {
	return map[string]any{
		"target":       "baremetal",
		"controlPlane": map[string]any{"count": 1},
		"pools":        []any{map[string]any{"name": "workers", "count": 2}},
		"network":      map[string]any{"nodeCIDR": "10.242.4.0/24"},
		"baremetal": map[string]any{
			"key": m.key, "knownHosts": filepath.Join(m.Home, "known_hosts"),
			"hosts": []any{
				map[string]any{"address": m.hosts[0].Address, "role": "control-plane"},
				map[string]any{"address": m.hosts[1].Address, "role": "worker"},
				map[string]any{
					"address": m.hosts[2].Address, "role": "worker", "name": "third", "user": "debian",
					"jump": map[string]any{"address": m.hosts[0].Address, "user": "root"},
				},
			},
		},
	}
}

// testUnknownKey types what the refusal says: it is the key of the host.
func (m *metal) testUnknownKey(t *testing.T) {
	out, err := m.Try(t, cluster.Plugin(), "create", "-f", m.File)
	if err == nil {
		t.Fatalf("it trusted hosts that it does not know:\n%s", out)
	}
	var known strings.Builder
	for _, h := range m.hosts {
		fields := strings.Fields(h.Shell(t, "cat /etc/ssh/ssh_host_ed25519_key.pub"))
		fmt.Fprintf(&known, "%s %s %s\n", h.Address, fields[0], fields[1])
		if h == m.hosts[2] {
			continue // it is behind the first, which was not let through to
		}
		if print := fingerprintOf(t, fields[1]); !strings.Contains(out, print) {
			t.Errorf("the fingerprint %s of %s is not named:\n%s", print, h.Name, out)
		}
	}
	if err := os.WriteFile(filepath.Join(m.Home, "known_hosts"), []byte(known.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := m.hosts[0].Shell(t, "ls /var/lib/kubernetes-anywhere 2>/dev/null; true"); out != "" {
		t.Errorf("the host was touched: %s", out)
	}
}

func fingerprintOf(t *testing.T, key string) string {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
}

func (m *metal) testOneDown(t *testing.T) {
	m.Docker(t, "stop", m.hosts[1].Name)
	out, err := m.Try(t, cluster.Plugin(), "create", "-f", m.File)
	t.Logf("kubectl anywhere create\n%s", out)
	if err == nil || !strings.Contains(out, "hbm-10-242-4-12") || !strings.Contains(out, "ssh -i "+m.key+" root@10.242.4.12 true") {
		t.Fatalf("the host that is down is not named (%v)", err)
	}
	if nodes := m.nodes(t); strings.Count(nodes, " Ready ") != 2 || !strings.Contains(nodes, "third ") {
		t.Errorf("the others are not nodes:\n%s", nodes)
	}
	if !strings.Contains(out, "third: stage ") || !strings.Contains(out, "hbm-control-plane-1: stage ") {
		t.Error("the stages of the hosts were not shown")
	}
}

// nodes asks on the control plane itself: the user has no kubeconfig yet.
func (m *metal) nodes(t *testing.T) string {
	t.Helper()
	content := m.hosts[0].Shell(t, "cat /etc/kubernetes/admin.conf")
	path := filepath.Join(m.Home, "admin.conf")
	content = strings.ReplaceAll(content, "127.0.0.1:6444", m.hosts[0].Address+":6443")
	content = strings.ReplaceAll(content, "127.0.0.1:6443", m.hosts[0].Address+":6443")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return m.Run(t, "kubectl", "--kubeconfig", path, "get", "nodes", "--no-headers")
}

func (m *metal) testRetry(t *testing.T) {
	started := m.started(t)
	m.Docker(t, "start", m.hosts[1].Name)
	out := m.Anywhere(t, "create", "-f", m.File)
	if strings.Contains(out, "third: stage ") || strings.Contains(out, "hbm-control-plane-1: stage ") || !strings.Contains(out, "hbm-10-242-4-12: stage ") {
		t.Error("it ran on other hosts than the one that was down")
	}
	if out := m.Kubectl(t, "get", "nodes", "--no-headers"); strings.Count(out, " Ready ") != 3 {
		t.Errorf("not every node is ready:\n%s", out)
	}
	if again := m.started(t); again != started {
		t.Errorf("the control plane was %q and is %q", started, again)
	}
}

// started tells when the programs of the control plane were started.
func (m *metal) started(t *testing.T) string {
	t.Helper()
	return m.hosts[0].Shell(t, "ps -eo lstart,args | grep '[k]ube-apiserver --' | cut -c1-24; systemctl show kubelet -p ExecMainStartTimestamp")
}

func (m *metal) testAgain(t *testing.T) {
	started := m.started(t)
	if code := m.ExitCode(t, "preview", "-f", m.File, "--exit-code"); code != 0 {
		t.Errorf("preview of an unchanged cluster exits %d, want 0", code)
	}
	m.Anywhere(t, "create", "-f", m.File)
	if again := m.started(t); again != started {
		t.Errorf("the control plane was %q and is %q", started, again)
	}
}

func (m *metal) testStatus(t *testing.T) {
	out := m.Anywhere(t, "status", "hbm")
	for _, host := range []string{"hbm-control-plane-1", "hbm-10-242-4-12", "third"} {
		if !strings.Contains(out, host+" ") {
			t.Errorf("%s is missing:\n%s", host, out)
		}
	}
	if strings.Count(out, " Ready") != 3 {
		t.Errorf("not every host is ready:\n%s", out)
	}
}

func (m *metal) testDelete(t *testing.T) {
	m.hosts[1].Put(t, "/root/mine", "mine\n")
	m.Anywhere(t, "delete", "hbm")
	for _, h := range m.hosts {
		left := h.Shell(t, `ls -d /etc/kubernetes /var/lib/kubelet /var/lib/etcd /var/lib/kubernetes-anywhere /etc/systemd/system/kubelet.service 2>/dev/null; docker ps -aq; docker images -q; true`)
		if left != "" {
			t.Errorf("on %s there is still\n%s", h.Name, left)
		}
		h.Run(t, "docker", "version")
	}
	if mine := m.hosts[1].Shell(t, "cat /root/mine"); mine != "mine\n" {
		t.Errorf("the user's file is %q", mine)
	}
	if entries, _ := os.ReadDir(filepath.Join(m.Home, ".kube", "anywhere")); len(entries) > 0 {
		t.Errorf("state is left: %v", entries)
	}
}
