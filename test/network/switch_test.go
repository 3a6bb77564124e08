package network_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/test/cluster"
)

// switchVariable is the layer that a cluster on flannel is taken to, and back.
const switchVariable = "ANYWHERE_TEST_SWITCH"

// serving is a Deployment that is drained from node to node.
const serving = `apiVersion: apps/v1
kind: Deployment
metadata: {name: serving, namespace: network-test}
spec:
  replicas: 4
  selector: {matchLabels: {app: serving}}
  template:
    metadata: {labels: {app: serving}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - {name: agnhost, image: IMAGE, args: [netexec, --http-port=8080]}
---
apiVersion: v1
kind: Service
metadata: {name: serving, namespace: network-test}
spec: {selector: {app: serving}, ports: [{port: 80, targetPort: 8080}]}
`

func TestSwitch(t *testing.T) {
	to := os.Getenv(switchVariable)
	if to == "" {
		t.Skipf("%s is not set: it names a layer that a cluster on flannel is switched to, such as flannel-host-gw", switchVariable)
	}
	c := up(t, "swi", cluster.Config{APIPort: 16446, NodeCIDR: "10.246.0.0/24", Workers: 2}, network{Layer: "flannel"}, to)
	c.start(t)
	c.apply(t, serving)
	if !t.Run("before", c.testServing) {
		t.FailNow()
	}
	t.Run("a plan touches nothing", func(t *testing.T) { c.testPlan(t, to) })
	t.Run("what would be lost is refused", func(t *testing.T) { c.testLost(t, to) })
	if !t.Run("killed at a node, it goes on", func(t *testing.T) { c.testKilled(t, to) }) {
		t.FailNow()
	}
	t.Run("after", func(t *testing.T) { c.testAfter(t, "flannel", to) })
	t.Run("it is refused where another is asked for, and goes back", func(t *testing.T) { c.testBack(t, to) })
	t.Run("after going back", func(t *testing.T) { c.testAfter(t, "flannel", to) })
	c.Anywhere(t, "network", "switch", "flannel", "-f", c.File, "--yes", "--force")
	t.Run("after the way back", func(t *testing.T) { c.testAfter(t, to, "flannel") })
}

// testServing asks the Deployment from every node, and then all else.
func (c *suite) testServing(t *testing.T) {
	c.settle(t)
	c.kubectl(t, "rollout", "status", "deployment/serving", "--timeout=4m")
	for _, p := range c.pods {
		c.within(t, "answers of the Deployment to "+p.host.name, soon, func() error {
			_, err := c.inPod(t, p.name, "curl", "--silent", "--fail", "--max-time", "5", "http://serving.network-test.svc.cluster.local/hostname")
			return err
		})
	}
	c.connectivity(t)
}

func (c *suite) testPlan(t *testing.T, to string) {
	// Mirrors of static pods may come late.
	looks := func() string {
		return c.Kubectl(t, "get", "nodes,pods", "-A", "-l", "tier!=control-plane", "--no-headers", "-o", "custom-columns=N:.metadata.uid,L:.metadata.labels")
	}
	before := looks()
	out := c.Anywhere(t, "network", "switch", to, "-f", c.File, "--plan")
	for _, want := range []string{`Switching cluster "swi" from flannel to ` + to, "flannel.1", "swi-workers-1", "swi-control-plane-1", "network-test/mirror"} {
		if !strings.Contains(out, want) {
			t.Errorf("the plan does not tell of %s:\n%s", want, out)
		}
	}
	for line := range strings.Lines(out) {
		if len([]rune(strings.TrimRight(line, "\n"))) > 80 {
			t.Errorf("more than 80 columns: %s", line)
		}
	}
	if after := looks(); after != before {
		t.Errorf("nodes and pods were\n%sand are\n%s", before, after)
	}
	data, err := c.Output(t, "network", "switch", to, "-f", c.File, "--plan", "-o", "json")
	var plan struct {
		Nodes []struct{ Name string }
		Lost  []string
	}
	if err == nil {
		err = json.Unmarshal([]byte(data), &plan)
	}
	if err != nil || len(plan.Nodes) != 3 || plan.Nodes[0].Name != firstTo(t, to) || !slices.Equal(plan.Lost, []string{"network-test/mirror"}) {
		t.Errorf("got %+v, %v of %s", plan, err, data)
	}
}

// testLost takes away the pod that is refused for, once it was.
func (c *suite) testLost(t *testing.T, to string) {
	if code := c.ExitCode(t, "network", "switch", to, "-f", c.File, "--yes"); code != 2 {
		t.Errorf("it exits %d, want 2", code)
	}
	c.kubectl(t, "delete", "pod", "mirror")
	if code := c.ExitCode(t, "network", "switch", to, "-f", c.File); code != 2 {
		t.Errorf("without --yes, asked by nobody, it exits %d, want 2", code)
	}
}

// firstTo is the node that goes to a layer from flannel before all others.
func firstTo(t *testing.T, to string) string {
	t.Helper()
	layer, err := catalog.LayerOf(to)
	if err != nil {
		t.Fatal(err)
	}
	if layer.HostsSeePods {
		return "swi-control-plane-1"
	}
	return "swi-workers-1"
}

// testKilled kills it twice: in the midst of the first node, and after it.
func (c *suite) testKilled(t *testing.T, to string) {
	c.killedAt(t, "its host to be freed of flannel", to)
	if out, err := c.Output(t, "status", "-f", c.File); err != nil || !strings.Contains(out, "a switch is under way from flannel to "+to) {
		t.Errorf("status does not say that a switch is under way (%v):\n%s", err, out)
	}
	if code := c.ExitCode(t, "addons", "apply", "-f", c.File); code != 1 {
		t.Errorf("addons apply meanwhile exits %d, want 1", code)
	}
	first := firstTo(t, to)
	c.killedAt(t, "node "+first+" is on "+to, to)
	out := c.Anywhere(t, "network", "switch", to, "-f", c.File, "--yes", "--force")
	if strings.Contains(out, "Switching node "+first+"\n") {
		t.Errorf("the first node was switched again:\n%s", out)
	}
}

// killedAt kills a switch once it has said something.
func (c *suite) killedAt(t *testing.T, said, to string) {
	t.Helper()
	run := c.Start(t, "network", "switch", to, "-f", c.File, "--yes", "--force")
	c.Await(t, said, 4*time.Minute, func() (bool, string) { return strings.Contains(run.Output(), said), run.Output() })
	run.Kill(t)
}

// testBack turns round after the first node: from the layer that it came to.
func (c *suite) testBack(t *testing.T, at string) {
	c.killedAt(t, "node swi-workers-1 is on flannel", "flannel")
	if code := c.ExitCode(t, "network", "switch", "none", "-f", c.File, "--yes"); code != 2 {
		t.Errorf("a third layer meanwhile exits %d, want 2", code)
	}
	c.Anywhere(t, "network", "switch", at, "-f", c.File, "--yes", "--force")
}

// testAfter checks that a cluster is on a layer as if it had never had another.
func (c *suite) testAfter(t *testing.T, from, to string) {
	c.apply(t, podsYAML)
	c.testServing(t)
	nodes := c.Kubectl(t, "get", "nodes", "--show-labels")
	if strings.Contains(nodes, "kubernetes-anywhere.io/network=") || strings.Contains(nodes, "SchedulingDisabled") {
		t.Errorf("nodes are not as they were:\n%s", nodes)
	}
	if out := c.Kubectl(t, "get", "configmaps,pods", "-n", "kube-system", "-o", "name"); strings.Contains(out, "kubernetes-anywhere-network") {
		t.Errorf("something of the switch is left:\n%s", out)
	}
	if data, err := os.ReadFile(c.File); err != nil || !strings.Contains(string(data), `"layer": "`+to+`"`) {
		t.Errorf("the config does not say %s: %s, %v", to, data, err)
	}
	if code := c.ExitCode(t, "preview", "-f", c.File, "--exit-code"); code != 0 {
		t.Errorf("preview exits %d, want 0", code)
	}
	for _, n := range c.nodes {
		c.testLeftovers(t, n.name, from, to)
	}
	c.kubectl(t, "delete", "pod", "mirror")
}

// testLeftovers looks on a host for what one layer leaves and the other has not.
func (c *suite) testLeftovers(t *testing.T, host, from, to string) {
	t.Helper()
	was, err := catalog.LayerOf(from)
	if err != nil {
		t.Fatal(err)
	}
	is, err := catalog.LayerOf(to)
	if err != nil {
		t.Fatal(err)
	}
	// With the tools of the image that cleans: a host may have none.
	tool := func(name string, args ...string) []string {
		image := images.For(config.DefaultKubernetesVersion, "").Bootstrap
		return append([]string{"docker", "run", "--rm", "--privileged", "--net=host", "--entrypoint", name, image}, args...)
	}
	for _, look := range []struct {
		was, is []string
		command []string
	}{
		{was.Leftovers.Interfaces, is.Leftovers.Interfaces, []string{"ip", "-o", "link"}},
		{was.Leftovers.Files, is.Leftovers.Files, []string{"find", "/etc/cni/net.d", "/run", "/var/lib/cni", "-xdev"}},
		{was.Leftovers.Chains, is.Leftovers.Chains, tool("iptables-save")},
		{was.Leftovers.Chains, is.Leftovers.Chains, tool("ip6tables-save")},
		{was.Leftovers.Tables, is.Leftovers.Tables, tool("nft", "list", "tables")},
		{was.Leftovers.IPSets, is.Leftovers.IPSets, tool("ipset", "list", "-name")},
		{was.Leftovers.IPSets, is.Leftovers.IPSets, tool("iptables-save")},
		{hostPorts(was), hostPorts(is), tool("iptables-save", "-t", "nat")},
	} {
		if len(look.was) == 0 {
			continue
		}
		out, err := c.onHost(t, host, look.command...)
		if err != nil {
			t.Errorf("looking on %s with %v: %v: %s", host, look.command, err, out)
		}
		for _, name := range look.was {
			if !slices.Contains(look.is, name) && strings.Contains(out, strings.TrimSuffix(name, "*")) {
				t.Errorf("%s of %s is left on %s:\n%s", name, from, host, out)
			}
		}
	}
}

// hostPorts are how the portmap plugin marks the rules of a layer's pods.
func hostPorts(layer catalog.Layer) (marks []string) {
	for _, network := range layer.Leftovers.CNINetworks {
		marks = append(marks, `dnat name: \"`+network+`\"`)
	}
	return marks
}
