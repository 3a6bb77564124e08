package network_test

import (
	"strings"
	"testing"
	"time"
)

// testReboot restarts a worker, as a power failure would, and asks everything
// again that goes through it.
func (c *suite) testReboot(t *testing.T) {
	worker := c.Name + "-workers-1"
	kubelet := func() string {
		out, err := c.onHost(t, worker, "docker", "inspect", "--format", "{{.Id}} {{.State.Running}}", "kubelet")
		if err != nil {
			return ""
		}
		return strings.TrimSpace(out)
	}
	before := kubelet()
	c.Docker(t, "restart", worker)
	c.Await(t, "new kubelet on "+worker, 4*time.Minute, func() (bool, string) {
		now := kubelet()
		return now != before && strings.HasSuffix(now, "true"), now
	})
	c.Kubectl(t, "wait", "--for=condition=Ready", "node/"+worker, "--timeout=4m")
	// What was Ready before the reboot still counts as such until the kubelet
	// has looked: ask until the pod that runs now is found.
	c.Await(t, "pod of "+worker+" that can be asked", 4*time.Minute, func() (bool, string) {
		c.settle(t)
		for _, p := range c.pods {
			if p.host.name == worker {
				out, err := c.inPod(t, p.name, "true")
				return err == nil, out
			}
		}
		return false, "there is none"
	})
	c.connectivity(t)
}
