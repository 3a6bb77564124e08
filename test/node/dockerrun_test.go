package node_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/test/cluster"
)

// line is what a user types on a host.
const line = "docker run --rm --privileged --pid=host --net=host -v /:/host IMAGE "

// machines are hosts with an engine, the archive of images, and nothing else.
type machines struct {
	image string
	hosts map[string]*cluster.Host
}

func newMachines(t *testing.T, network, subnet string, names ...string) *machines {
	t.Helper()
	bundle, err := images.Find(config.DefaultKubernetesVersion, "")
	if err != nil || bundle.Path == "" {
		t.Fatalf("there is no archive of images (%v); type: make images", err)
	}
	cluster.Network(t, network, subnet+".0/24")
	m := &machines{image: images.For(config.DefaultKubernetesVersion, "").Bootstrap, hosts: map[string]*cluster.Host{}}
	for i, name := range names {
		host := cluster.NewHost(t, network, network+"-"+name, subnet+"."+string("123456789"[i])+"0", "kubernetes-anywhere/host:13",
			"--volume", bundle.Path+":/var/lib/kubernetes-anywhere/images.tar:ro",
			"--volume", bundle.BootstrapPath+":/root/bootstrap.tar:ro")
		host.Run(t, "docker", "load", "--quiet", "--input", "/root/bootstrap.tar")
		m.hosts[name] = host
	}
	return m
}

// typed types a line on a host, which must succeed, and returns what it printed
// on standard output.
func (m *machines) typed(t *testing.T, on, command string) string {
	t.Helper()
	out := m.hosts[on].Shell(t, strings.ReplaceAll(command, "IMAGE", m.image))
	t.Logf("%s# %s\n%s", on, command, out)
	return out
}

// kubectl asks the API server of one control plane, as its administrator.
func (m *machines) kubectl(t *testing.T, on string, args ...string) string {
	t.Helper()
	out, err := m.tryKubectl(t, on, args...)
	if err != nil {
		t.Fatalf("kubectl %s at %s: %v\n%s", strings.Join(args, " "), on, err, out)
	}
	return out
}

func (m *machines) tryKubectl(t *testing.T, on string, args ...string) (string, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "admin.conf")
	if err := os.WriteFile(file, []byte(m.hosts[on].Shell(t, "cat /etc/kubernetes/admin.conf")), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("kubectl", append([]string{"--kubeconfig", file, "--request-timeout=20s"}, args...)...).CombinedOutput()
	return string(out), err
}

// lines are those that a program prints to be pasted on other hosts.
var lines = regexp.MustCompile(`(?m)^\s*(docker run .* join .*)$`)

func invitations(t *testing.T, printed string) (worker, controlPlane string) {
	t.Helper()
	for _, found := range lines.FindAllStringSubmatch(printed, -1) {
		if strings.Contains(found[1], "--control-plane") {
			controlPlane = found[1]
		} else {
			worker = found[1]
		}
	}
	if worker == "" || controlPlane == "" {
		t.Fatalf("no lines to paste for a worker and a control plane in\n%s", printed)
	}
	return worker, controlPlane
}

func (m *machines) awaitReady(t *testing.T, on string, count int) {
	t.Helper()
	end := time.Now().Add(5 * time.Minute)
	for {
		out, _ := m.tryKubectl(t, on, "get", "nodes", "--no-headers")
		if strings.Count(out, " Ready ") == count {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("want %d ready nodes, have\n%s", count, out)
		}
		time.Sleep(2 * time.Second)
	}
}

// typedConfig is what a user writes for a cluster that is typed by hand.
const typedConfig = `{
  "apiVersion": "kubernetes-anywhere.io/v1alpha1", "kind": "Cluster", "metadata": {"name": "typed"},
  "spec": {"target": "baremetal", "network": {"nodeCIDR": "10.243.1.0/24"}}
}`

// begin types the one line that is not copied, and returns those that are.
func (m *machines) begin(t *testing.T) (worker, controlPlane string) {
	t.Helper()
	m.hosts["one"].Put(t, "/root/cluster.json", typedConfig)
	worker, controlPlane = invitations(t, m.typed(t, "one", line+"init --config /host/root/cluster.json"))
	m.awaitReady(t, "one", 1)
	return worker, controlPlane
}

// A cluster that no phase 1 made: one line is typed, the other is copied from
// what it printed.
func TestDockerRun_MakesAClusterFromItsOwnLines(t *testing.T) {
	needs(t, core)
	m := newMachines(t, "hrun", "10.243.1", "one", "four")
	worker, _ := m.begin(t)
	m.typed(t, "four", worker)
	m.awaitReady(t, "one", 2)
	t.Run("init and join again change nothing", m.testAgain(worker))
	t.Run("secrets are closed", m.testClosed)
	t.Run("reset gives the host back", m.testReset)
}

// Three control planes and a worker, which outlive the host they all joined by.
func TestDockerRun_OutlivesItsFirstHost(t *testing.T) {
	needs(t, longer)
	m := newMachines(t, "hrun", "10.243.1", "one", "two", "three", "four")
	worker, controlPlane := m.begin(t)
	m.typed(t, "four", worker)
	m.typed(t, "two", controlPlane)
	m.typed(t, "three", controlPlane)
	m.awaitReady(t, "one", 4)
	if out := m.kubectl(t, "three", "get", "nodes", "--no-headers", "-l", "node-role.kubernetes.io/control-plane"); strings.Count(out, "\n") != 3 {
		t.Errorf("want three control planes, have\n%s", out)
	}
	m.testLosesTheFirst(t)
}
