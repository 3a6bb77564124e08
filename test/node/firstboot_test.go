package node_test

import (
	"crypto/rand"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/test/cluster"
)

const (
	bootNetwork = "hhost"
	bootCIDR    = "10.242.8.0/24"
	bootUnit    = "kubernetes-anywhere-first-boot.service"
	bootFolder  = "/var/lib/cloud/seed"
	bootArchive = "/var/lib/kubernetes-anywhere/images.tar"
	bootSmall   = "/var/lib/kubernetes-anywhere/bootstrap.tar"
)

// Machines as clouds have them, cloud-init on them and no container engine,
// become nodes by their user-data alone.
func TestFirstBoot_CloudInitMakesNodes(t *testing.T) {
	needs(t, longer)
	b := newBoots(t)
	var planes *bootHost
	if !t.Run("Debian 13 becomes a control plane", func(s *testing.T) {
		planes = b.start(t, "hhost-1", "10.242.8.11", "13", b.bundle(s, node.ControlPlane))
		planes.awaitNode(s)
		b.kubeconfig = filepath.Join(t.TempDir(), "kubeconfig")
		if err := os.WriteFile(b.kubeconfig, []byte(planes.Shell(s, "cat /etc/kubernetes/admin.conf")), 0o600); err != nil {
			s.Fatal(err)
		}
		b.awaitReady(s, "hhost-1")
	}) {
		t.FailNow()
	}
	for i, version := range []string{"24.04", "22.04"} {
		t.Run("Ubuntu "+version+" becomes a worker", func(s *testing.T) {
			name := "hhost-" + string(rune('2'+i))
			worker := b.start(t, name, "10.242.8.1"+string(rune('2'+i)), version, b.bundle(s, node.Worker))
			worker.awaitNode(s)
			b.awaitReady(s, name)
			if i > 0 {
				return
			}
			s.Run("after a reboot it is a node without another apply", worker.testReboot)
			s.Run("another user-data for another instance runs", worker.testOtherUserData)
		})
	}
	t.Run("Debian 12 goes as far as its Docker can go here", func(s *testing.T) {
		b.testDebian12(s, b.start(s, "hhost-4", "10.242.8.14", "12", b.bundle(s, node.Worker)))
	})
}

// boots is what the hosts of the test share: a cluster that no phase 1 made.
type boots struct {
	input      target.BundleInput
	images     *images.Bundle
	kubeconfig string
}

func newBoots(t *testing.T) *boots {
	t.Helper()
	c := config.New("", nil)
	c.Metadata.Name = "hhost"
	c.Spec.Pools = []config.Pool{{Name: "workers", Count: 3}}
	c.Spec.Network.NodeCIDR = bootCIDR
	found, err := images.Find(c.Spec.KubernetesVersion, "")
	if err != nil || found.Path == "" {
		t.Fatalf("there are no images in the cache: %v; type: make images", err)
	}
	credentials, err := node.NewCredentials("hhost", time.Now(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cluster.Network(t, bootNetwork, bootCIDR)
	return &boots{images: found, input: target.BundleInput{
		Cluster: c, Endpoint: "10.242.8.11:6443", ImageArchive: bootArchive, Credentials: credentials,
		ControlPlanes: []node.Member{{Name: "hhost-1", Address: "10.242.8.11"}},
	}}
}

func (b *boots) bundle(t *testing.T, role string) []byte {
	t.Helper()
	make := target.ControlPlaneBundle
	if role == node.Worker {
		make = func(in target.BundleInput) ([]byte, error) { return target.WorkerBundle(in, "workers") }
	}
	bundle, err := make(b.input)
	if err != nil {
		t.Fatal(err)
	}
	return bundle
}

// bootHost is a machine and the folder of its seed, which is what cloud-init
// takes for the cloud.
type bootHost struct {
	*cluster.Host
	folder string
	in     target.FirstBootInput
}

// start starts a machine with the user-data of a role. cloud-init sets the modes
// of its seed, so that it is not mounted read-only. It is t's that the host goes
// with.
func (b *boots) start(t *testing.T, name, address, version string, bundle []byte) *bootHost {
	t.Helper()
	h := &bootHost{folder: t.TempDir(), in: target.FirstBootInput{
		BootstrapImage: images.For(b.input.Cluster.Spec.KubernetesVersion, "").Bootstrap,
		BundleURL:      "file://" + bootFolder + "/node-bundle.json", BundleSHA256: target.BundleDigest(bundle),
		ImageArchive: bootArchive, BootstrapArchive: bootSmall,
	}}
	if err := os.WriteFile(filepath.Join(h.folder, "node-bundle.json"), bundle, 0o600); err != nil {
		t.Fatal(err)
	}
	h.seed(t, name+"-1")
	h.Host = cluster.NewHost(t, bootNetwork, name, address, "kubernetes-anywhere/host-cloud-init:"+version,
		"--volume", h.folder+":"+bootFolder, "--volume", b.images.Path+":"+bootArchive+":ro", "--volume", b.images.BootstrapPath+":"+bootSmall+":ro")
	return h
}

// seed writes what the metadata service of a cloud would say.
func (h *bootHost) seed(t *testing.T, instance string) {
	t.Helper()
	script, err := target.FirstBoot(h.in)
	if err != nil {
		t.Fatal(err)
	}
	userData, err := target.CloudConfig(script)
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(h.folder, "nocloud")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"meta-data": "instance-id: " + instance + "\n", "user-data": userData} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// status is what the bootstrap says of itself; empty where there is nothing.
func (h *bootHost) status() node.Status {
	var status node.Status
	out, err := exec.Command("docker", "exec", h.Name, "cat", node.StatusPath).Output()
	if err == nil {
		_ = json.Unmarshal(out, &status) // half a file is read again
	}
	return status
}

// log is what the first boot has said, in all boots.
func (h *bootHost) log() string {
	out, _ := h.Try("journalctl", "--unit", bootUnit, "--no-pager", "--output", "cat")
	return out
}

// awaitNode waits until cloud-init and the bootstrap are through.
func (h *bootHost) awaitNode(t *testing.T) {
	t.Helper()
	h.await(t, "end of the bootstrap", 12*time.Minute, func() bool { return h.status().State == node.Done })
	if status := h.status(); status.Stage != node.StageReady {
		t.Errorf("it is done, and its stage is %q", status.Stage)
	}
	h.await(t, "end of the first boot", time.Minute, func() bool { return strings.Contains(h.log(), "this host is a node") })
	if out, err := h.Try("cloud-init", "status", "--wait"); err != nil || !strings.Contains(out, "status: done") {
		t.Errorf("cloud-init says %s (%v)", out, err)
	}
}

// await asks until the answer is yes; what the host says is in the failure.
func (h *bootHost) await(t *testing.T, what string, patience time.Duration, ready func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ready(); time.Sleep(time.Second) {
		if time.Now().After(end) {
			cloudInit, _ := h.Try("tail", "-n", "20", "/var/log/cloud-init.log")
			t.Fatalf("no %s on %s within %s\n%+v\n%s\n%s", what, h.Name, patience, h.status(), h.log(), cloudInit)
		}
	}
}

func (b *boots) kubectl(args ...string) (string, error) {
	out, err := exec.Command("kubectl", append([]string{"--kubeconfig", b.kubeconfig, "--request-timeout", "10s"}, args...)...).CombinedOutput()
	return string(out), err
}

func (b *boots) awaitReady(t *testing.T, name string) {
	t.Helper()
	out, err := b.kubectl("wait", "--for=condition=Ready", "--timeout=3m", "node/"+name)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, _ = b.kubectl("get", "node", name, "--no-headers", "--output", "wide")
	t.Log(strings.TrimSpace(out))
}

// runs is how often the first-boot script has begun on this host.
func (h *bootHost) runs() int { return strings.Count(h.log(), "first-boot: starting") }

func (h *bootHost) reboot(t *testing.T) {
	t.Helper()
	if out, err := exec.Command("docker", "restart", "--time", "30", h.Name).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	h.await(t, "end of cloud-init's work", 2*time.Minute, func() bool {
		out, _ := h.Try("cloud-init", "status")
		return strings.Contains(out, "status: done")
	})
}

func (h *bootHost) testReboot(t *testing.T) {
	h.reboot(t)
	h.await(t, "kubelet", time.Minute, func() bool {
		out, _ := h.Try("docker", "ps", "--format", "{{.Names}}")
		return strings.Contains(out, "kubelet")
	})
	if met := strings.TrimSpace(h.Shell(t, "systemctl show --property ConditionResult --value "+bootUnit)); met != "no" {
		t.Errorf("the unit's condition is met (%s)", met)
	}
	if h.runs() != 1 || h.status().State != "" {
		t.Errorf("it was applied again: %d runs, %+v", h.runs(), h.status())
	}
}

func (h *bootHost) testOtherUserData(t *testing.T) {
	h.in.Deadline = 31 * time.Minute
	h.seed(t, h.Name+"-2")
	h.reboot(t)
	h.awaitNode(t)
	if h.runs() != 2 {
		t.Errorf("the script ran %d times", h.runs())
	}
}

// testDebian12 is a node where --privileged works. Docker 20.10 asks for every
// capability that it knows, also where the machine around it has one less.
func (b *boots) testDebian12(t *testing.T, h *bootHost) {
	// CAP_SYS_RESOURCE is the 24th; it decides whether Docker 20.10 can.
	set := strings.TrimSpace(h.Shell(t, "sed -n 's/^CapBnd://p' /proc/1/status"))
	bits, err := strconv.ParseUint(set, 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	if bits&(1<<24) != 0 {
		h.awaitNode(t)
		b.awaitReady(t, h.Name)
		return
	}
	h.await(t, "end of the first docker run", 5*time.Minute, func() bool { return strings.Contains(h.log(), "bootstrap failed: docker could not start it") })
	if log := h.log(); !strings.Contains(log, "unable to apply caps") || !strings.Contains(log, "loading "+bootSmall) {
		t.Errorf("it says\n%s", log)
	}
	t.Log(h.Shell(t, "docker version --format '{{.Server.Version}}'; containerd --version; . /etc/os-release; echo $PRETTY_NAME"))
}
