// Package airgap_test brings up a cluster where nothing can be reached: in a
// network of its own with a Docker of its own, which has no image, and a cache
// that is empty. All there is comes out of one file.
package airgap_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/test/cluster"
)

// variable asks for this test, which needs root and some gigabytes.
const variable = "ANYWHERE_TEST_AIRGAP"

func TestCreate_ReachesForNothingOutside(t *testing.T) {
	if os.Getenv(variable) == "" {
		t.Skipf("%s is not set: 'make test-airgap' builds images and hosts and sets it", variable)
	}
	size := cluster.Config{APIPort: 16447, NodeCIDR: "10.247.0.0/24", Workers: 1}
	c := cluster.New(t, "gap", size)
	kit := filepath.Join(t.TempDir(), "gap.kit")
	c.Anywhere(t, "images", "bundle", "-f", c.File, "--repo", filepath.Join("..", ".."), "--out", kit)

	island := newIsland(t, c.Home)
	c.Within, c.Env = island.within(), []string{"DOCKER_HOST=" + island.docker, "KUBERNETES_ANYWHERE_CACHE=" + t.TempDir()}
	if out, err := c.Try(t, "ip", "route", "show", "default"); err != nil || strings.TrimSpace(out) != "" {
		t.Fatalf("there is a way out: %s, %v", out, err)
	}
	if out := c.Docker(t, "images", "-q"); strings.TrimSpace(out) != "" {
		t.Fatalf("this Docker has images already:\n%s", out)
	}
	if code := c.ExitCode(t, "create", "-f", c.File); code != 2 {
		t.Errorf("without the kit create exits %d, want 2", code)
	}
	c.Anywhere(t, "create", "-f", c.File, "--bundle", kit)
	if out := c.Kubectl(t, "get", "nodes", "--no-headers"); strings.Count(out, " Ready ") != 2 {
		t.Errorf("want two nodes that are ready, have\n%s", out)
	}
	for host := range strings.Lines(c.Kubectl(t, "get", "nodes", "-o", `jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}`)) {
		if out, err := c.Try(t, "docker", "exec", strings.TrimSpace(host), "sh", "-c", "getent hosts registry.k8s.io"); err == nil {
			t.Errorf("host %s knows of the world: %s", host, out)
		}
	}
	// It goes on from what it keeps, as on any machine.
	if code := c.ExitCode(t, "preview", "gap", "--exit-code"); code != 0 {
		t.Errorf("preview exits %d, want 0", code)
	}
	c.Anywhere(t, "delete", "gap")
}

// island is a network without a way out, with a Docker of its own.
type island struct{ name, docker string }

// within is the command that others are run by there. 'ip netns exec' would
// hide control groups.
func (i island) within() []string { return []string{"nsenter", "--net=/run/netns/" + i.name} }

// newIsland makes one, which goes when the test ends.
func newIsland(t *testing.T, home string) island {
	t.Helper()
	i := island{name: "anywhere-airgap", docker: "unix://" + filepath.Join(home, "docker.sock")}
	run := func(name string, args ...string) {
		t.Helper()
		if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
		}
	}
	run("ip", "netns", "add", i.name)
	t.Cleanup(func() { run("ip", "netns", "delete", i.name) })
	run("nsenter", append(i.within()[1:], "ip", "link", "set", "lo", "up")...)
	i.startDocker(t)
	return i
}
