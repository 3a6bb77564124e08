package cluster

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Host is a machine that no phase 1 made: a container with an init system and
// a container engine, and nothing of Kubernetes.
type Host struct {
	Name, Address string
}

// Network makes a network of containers, which goes when the test ends. Hosts
// go first: make it before them.
func Network(t *testing.T, name, cidr string) {
	t.Helper()
	_ = exec.Command("docker", "network", "rm", name).Run() // of a test that was killed
	docker(t, "network", "create", "--subnet", cidr, name)
	t.Cleanup(func() { _ = exec.Command("docker", "network", "rm", name).Run() })
}

// NewHost starts a host of an image of this repository, such as
// kubernetes-anywhere/host:13, with further arguments for docker run; it goes
// when the test ends.
func NewHost(t *testing.T, network, name, address, image string, arguments ...string) *Host {
	t.Helper()
	h := &Host{Name: name, Address: address}
	h.Remove() // of a test that was killed
	args := []string{
		"run", "--detach", "--name", name, "--hostname", name, "--network", network, "--ip", address, "--tty",
		"--cgroupns=private", "--tmpfs", "/run", "--tmpfs", "/tmp", "--volume", name + "-var:/var",
		"--stop-signal", "SIGRTMIN+3", "--env", "HOST_NAMESERVERS=" + nameservers(), "--entrypoint", "/usr/local/sbin/entrypoint",
	}
	if info, err := os.Stat("/lib/modules"); err == nil && info.IsDir() {
		args = append(args, "--volume", "/lib/modules:/lib/modules:ro")
	}
	args = append(append(args, privileges(t)...), arguments...)
	docker(t, append(args, image)...)
	t.Cleanup(h.Remove)
	h.awaitInit(t)
	return h
}

// Remove takes the host and its disk away, as if the machine had burnt.
func (h *Host) Remove() {
	_ = exec.Command("docker", "rm", "--force", "--volumes", h.Name).Run()
	_ = exec.Command("docker", "volume", "rm", h.Name+"-var").Run()
}

// awaitInit waits until the host takes orders.
func (h *Host) awaitInit(t *testing.T) {
	t.Helper()
	end := time.Now().Add(time.Minute)
	for {
		out, _ := h.Try("systemctl", "is-system-running")
		if state := strings.TrimSpace(out); state == "running" || state == "degraded" {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("host %s has not started within a minute: %s", h.Name, out)
		}
		time.Sleep(300 * time.Millisecond)
	}
}

// Run runs a command on the host, which must succeed, and returns its output.
func (h *Host) Run(t *testing.T, args ...string) string {
	t.Helper()
	out, err := h.Try(args...)
	if err != nil {
		t.Fatalf("on %s: %s: %v\n%s", h.Name, strings.Join(args, " "), err, out)
	}
	return out
}

// Try runs a command on the host and returns what it printed on both streams.
func (h *Host) Try(args ...string) (string, error) {
	out, err := exec.Command("docker", append([]string{"exec", h.Name}, args...)...).CombinedOutput()
	return string(out), err
}

// Shell runs a line of shell on the host, which must succeed, and returns what
// it printed on standard output.
func (h *Host) Shell(t *testing.T, line string) string {
	t.Helper()
	out, err := exec.Command("docker", "exec", h.Name, "sh", "-c", line).Output()
	if err != nil {
		t.Fatalf("on %s: %s: %v\n%s", h.Name, line, err, out)
	}
	return string(out)
}

// Put writes a file on the host.
func (h *Host) Put(t *testing.T, path, content string) {
	t.Helper()
	cmd := exec.Command("docker", "exec", "--interactive", h.Name, "sh", "-c", "umask 077; mkdir -p '"+filepath.Dir(path)+"' && cat > '"+path+"'")
	cmd.Stdin = strings.NewReader(content)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("writing %s on %s: %v\n%s", path, h.Name, err, out)
	}
}

// Cache is where 'make images' keeps what it made.
func Cache(t *testing.T) string {
	t.Helper()
	if named := os.Getenv("KUBERNETES_ANYWHERE_CACHE"); named != "" {
		return named
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(cache, "kubernetes-anywhere")
}

func docker(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("docker", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// privileges are --privileged, or all that it stands for where a capability
// cannot be had. CAP_SYS_RESOURCE is the one that is missing in some sandboxes.
func privileges(t *testing.T) []string {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	const sysResource = 24
	_, after, _ := strings.Cut(string(status), "CapBnd:")
	line, _, _ := strings.Cut(after, "\n")
	bits, err := strconv.ParseUint(strings.TrimSpace(line), 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	if bits&(1<<sysResource) != 0 {
		return []string{"--privileged"}
	}
	return []string{
		"--cap-add=ALL", "--cap-drop=SYS_RESOURCE", "--security-opt=seccomp=unconfined", "--security-opt=apparmor=unconfined",
		"--security-opt=systempaths=unconfined", "--device-cgroup-rule=a *:* rwm",
	}
}

// nameservers are this machine's, as the entrypoint of hosts wants them. Docker's
// own answers inside one container only.
func nameservers() string {
	content, _ := os.ReadFile("/etc/resolv.conf")
	var found []string
	for line := range strings.Lines(string(content)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "nameserver" && !strings.HasPrefix(fields[1], "127.") {
			found = append(found, fields[1])
		}
	}
	return strings.Join(found, " ")
}
