package baremetal

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/test/cluster"
	"golang.org/x/crypto/ssh"
)

// sshd is a host with a real SSH server, which the user debian may log in to.
func sshd(t *testing.T) (*cluster.Host, reach) {
	t.Helper()
	if os.Getenv("ANYWHERE_NODE") == "" {
		t.Skip("ANYWHERE_NODE is not set: 'make test-node' builds hosts and sets it")
	}
	cluster.Network(t, "hbm", "10.242.4.0/24")
	host := cluster.NewHost(t, "hbm", "hbm-1", "10.242.4.11", "kubernetes-anywhere/host-ssh:13")
	key, public, _ := newKey(t)
	host.Put(t, "/home/debian/.ssh/authorized_keys", string(ssh.MarshalAuthorizedKey(public)))
	host.Shell(t, "chown -R debian: /home/debian/.ssh && systemctl restart ssh")
	print := strings.Fields(host.Shell(t, "ssh-keygen -lf /etc/ssh/ssh_host_ecdsa_key.pub"))[1]
	return host, reach{Address: host.Address, Port: 22, User: "debian", Key: key, Fingerprint: print, KnownHosts: "/nonexistent"}
}

// The scripts do on a host what the fake host of the other tests takes them to.
func TestScripts_OnARealHost(t *testing.T) {
	host, r := sshd(t)
	on, err := dialSSH(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = on.Close() }()
	bundle, err := images.Find(config.DefaultKubernetesVersion, "")
	if err != nil || bundle.Path == "" {
		t.Fatalf("there is no archive of images (%v); type: make images", err)
	}
	h := New().hosts()
	s := spec{
		Cluster: "hbm", Name: "n", Role: node.Worker, Parallel: 1, reach: r,
		Image: images.For(config.DefaultKubernetesVersion, "").Bootstrap, Small: bundle.BootstrapPath, Archive: archive(t, strings.Repeat("images", 100000)),
	}
	m := &making{hosts: h, on: on, spec: s}
	if err := m.look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if f := m.found; !f.root || f.arch != target.AMD64 || !strings.HasPrefix(f.os, "debian 13") || f.engine() != docker || !f.has["apt-get"] || f.mark != (mark{}) || f.roomKiB < 1<<10 {
		t.Errorf("it finds %+v", f)
	}
	host.Shell(t, "systemctl stop docker.service docker.socket")
	m.found.dockerRuns = false
	for _, step := range []func(context.Context) error{m.engine, m.claim, m.bootstrapImage, m.imageArchive} {
		if err := step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if out := host.Shell(t, "docker image inspect -f ok "+s.Image+"; cat "+markPath+"; head -c 12 "+archivePath+"; wc -c <"+archivePath); out != "ok\n{\"cluster\":\"hbm\",\"node\":\"n\"}\nimagesimages600000\n" {
		t.Errorf("there is\n%s", out)
	}
	heard := &listener{host: "n", heard: h.heard}
	if err := on.Run(t.Context(), target.Command{Args: []string{"sh", "-c", runScript, "sh", docker, s.Image, "version"}, Stdout: heard, Stderr: heard}); err != nil {
		t.Errorf("running the image: %v, %q", err, heard.last)
	}
	err = h.runImage(t.Context(), on, s, docker, "no bundle", "apply", "--bundle", "-")
	if err == nil || !strings.Contains(err.Error(), "stage 2 of 10, bundle: reading the node bundle") {
		t.Errorf("of a bundle that is none it says: %v", err)
	}

	again := testLookedAtAgain(t, on, s)
	testUploads(t, host, again)
	if _, err := script(t.Context(), on, forgetScript, nil, docker, s.Image); err != nil {
		t.Error(err)
	}
	if left := host.Shell(t, "ls -d "+stateFolder+" 2>/dev/null; docker images -q; true"); left != "" {
		t.Errorf("left are\n%s", left)
	}
	testDies(t, host, on, r)
}

// testLookedAtAgain finds that nothing is to do.
func testLookedAtAgain(t *testing.T, on shell, s spec) *making {
	t.Helper()
	begin := time.Now()
	again := &making{hosts: New().hosts(), on: on, spec: s}
	for _, step := range []func(context.Context) error{again.look, again.engine, again.claim, again.bootstrapImage, again.imageArchive} {
		if err := step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("looking at a host where all is in place takes %s", time.Since(begin))
	return again
}

// testUploads breaks an upload off and damages another.
func testUploads(t *testing.T, host *cluster.Host, m *making) {
	t.Helper()
	m.Archive = archive(t, strings.Repeat("others", 100000))
	sum, size, err := m.sums.of(m.Archive)
	if err != nil {
		t.Fatal(err)
	}
	part := stateFolder + "/images.tar.part"
	host.Shell(t, "head -c 300000 /dev/zero | tr '\\0' x >"+part+" && printf %s "+sum+" >"+part+"-sum")
	if err := m.imageArchive(t.Context()); err == nil || !strings.Contains(err.Error(), "it arrived with SHA-256") {
		t.Errorf("a damaged upload: %v", err)
	}
	host.Shell(t, "for i in $(seq 50000); do printf others; done >"+part+" && printf %s "+sum+" >"+part+"-sum")
	if err := m.imageArchive(t.Context()); err != nil {
		t.Errorf("an upload that broke off: %v", err)
	}
	if out := host.Shell(t, "sha256sum <"+archivePath+"; ls "+stateFolder); !strings.HasPrefix(out, sum) || strings.Contains(out, "part") || size != 600000 {
		t.Errorf("there is\n%s", out)
	}
}

// testDies freezes the host in the midst of a command.
func testDies(t *testing.T, host *cluster.Host, on shell, r reach) {
	t.Helper()
	quick, err := dial(t.Context(), r, pace{dial: 10 * time.Second, alive: 200 * time.Millisecond, misses: 5})
	if err != nil {
		t.Fatal(err)
	}
	_ = on.Close()
	defer func() { _ = quick.Close() }()
	time.AfterFunc(time.Second, func() { _ = exec.Command("docker", "pause", host.Name).Run() })
	defer func() { _ = exec.Command("docker", "unpause", host.Name).Run() }()
	begin := time.Now()
	var dead *unreachable
	if err := quick.Run(t.Context(), target.Command{Args: []string{"sleep", "600"}}); !errors.As(err, &dead) || time.Since(begin) > time.Minute {
		t.Errorf("after %s: %v", time.Since(begin), err)
	}
	if _, err := dial(t.Context(), r, quickPace()); !errors.As(err, &dead) || !strings.Contains(err.Error(), "no answer within") {
		t.Errorf("a frozen host: %v", err)
	}
}
