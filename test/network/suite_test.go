package network_test

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/test/cluster"
)

// namespace is where testdata puts everything.
const namespace = "network-test"

//go:embed testdata/pods.yaml
var podsYAML string

// suite is a cluster with the tests' pods on it.
type suite struct {
	*cluster.Cluster
	network network
	// said is what create said.
	said string
	// nodes are all of the cluster, pods the server on each, in the same order.
	nodes []node
	pods  []pod
}

// node is a host. Address is the one it has in the cluster.
type node struct{ name, address string }

// pod is a server that tells its name. Host is the node that it is on.
type pod struct {
	name, address string
	host          node
}

// start runs the tests' pods and waits until every node has one.
func (c *suite) start(t *testing.T) {
	t.Helper()
	c.apply(t, podsYAML)
	c.settle(t)
}

// apply applies a manifest in which IMAGE stands for agnhost's.
func (c *suite) apply(t *testing.T, manifest string) {
	t.Helper()
	path := filepath.Join(c.Home, "manifest.yaml")
	text := strings.ReplaceAll(manifest, "IMAGE", images.OptionalReferences("agnhost", "")[0])
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c.Kubectl(t, "apply", "-f", path)
}

// settle waits until every pod is ready, and reads where they are: their
// addresses change whenever a host or the layer does.
func (c *suite) settle(t *testing.T) {
	t.Helper()
	c.kubectl(t, "rollout", "status", "daemonset/pods", "--timeout=4m")
	c.kubectl(t, "wait", "--for=condition=Ready", "pod", "--all", "--timeout=4m")
	c.nodes, c.pods = nil, nil
	for _, line := range c.lines(t, "get", "nodes", "-o", `jsonpath={range .items[*]}{.metadata.name} {.status.addresses[?(@.type=="InternalIP")].address}{"\n"}{end}`) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			t.Fatalf("node without an address: %q", line)
		}
		c.nodes = append(c.nodes, node{fields[0], fields[1]})
	}
	on := map[string]pod{}
	for _, line := range c.lines(t, "get", "pods", "-l", "app=pods", "-o", `jsonpath={range .items[*]}{.spec.nodeName} {.metadata.name} {.status.podIP}{"\n"}{end}`) {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			t.Fatalf("pod without an address: %q", line)
		}
		on[fields[0]] = pod{name: fields[1], address: fields[2]}
	}
	for _, n := range c.nodes {
		p, ok := on[n.name]
		if !ok {
			t.Fatalf("node %s has no pod of the test's", n.name)
		}
		p.host = n
		c.pods = append(c.pods, p)
	}
	if len(c.pods) < 2 {
		t.Fatalf("there are %d nodes: packets between hosts need two", len(c.pods))
	}
}

// kubectl is Kubectl in the tests' namespace.
func (c *suite) kubectl(t *testing.T, args ...string) string {
	t.Helper()
	return c.Kubectl(t, append([]string{"--namespace", namespace}, args...)...)
}

// lines are what kubectl prints, without empty ones.
func (c *suite) lines(t *testing.T, args ...string) []string {
	t.Helper()
	var list []string
	for line := range strings.Lines(c.kubectl(t, args...)) {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	return list
}

// field is one field of an object in the tests' namespace.
func (c *suite) field(t *testing.T, kind, name, path string) string {
	t.Helper()
	return strings.TrimSpace(c.kubectl(t, "get", kind, name, "-o", "jsonpath={"+path+"}"))
}

// inPod runs a command in a pod and returns what it printed.
func (c *suite) inPod(t *testing.T, pod string, args ...string) (string, error) {
	t.Helper()
	return c.Ask(t, "kubectl", append([]string{"--context", c.Name, "--namespace", namespace, "exec", pod, "--"}, args...)...)
}

// onHost runs a command on a host and returns what it printed on both streams.
func (c *suite) onHost(t *testing.T, host string, args ...string) (string, error) {
	t.Helper()
	return c.Try(t, "docker", append([]string{"exec", host}, args...)...)
}

// dial has a pod ask a server of agnhost's a number of times, each over a
// connection of its own. The protocol is http or udp; the request a path or a
// command.
func (c *suite) dial(t *testing.T, from, protocol, host string, port int, request string, tries int) (answers, error) {
	t.Helper()
	query := url.Values{
		"host": {host}, "port": {strconv.Itoa(port)}, "protocol": {protocol}, "request": {request}, "tries": {strconv.Itoa(tries)},
	}
	out, err := c.inPod(t, from, "curl", "--silent", "--show-error", "--max-time", "60", "http://localhost:8080/dial?"+query.Encode())
	if err != nil {
		return answers{}, fmt.Errorf("%w\n%s", err, out)
	}
	var a answers
	if err := json.Unmarshal([]byte(out), &a); err != nil {
		return answers{}, fmt.Errorf("%w: %s", err, out)
	}
	return a, nil
}

// pairs calls a check for every two pods of different hosts, both ways.
func (c *suite) pairs(check func(from, to pod)) {
	for _, from := range c.pods {
		for _, to := range c.pods {
			if from.host != to.host {
				check(from, to)
			}
		}
	}
}

// at is the URL of a path on a server.
func at(host string, port int, path string) string {
	return "http://" + net.JoinHostPort(host, strconv.Itoa(port)) + path
}

// within tries until a check passes. What follows a change takes a moment to
// reach every node; what then stays wrong fails the test.
func (c *suite) within(t *testing.T, what string, deadline time.Duration, check func() error) {
	t.Helper()
	c.Await(t, what, deadline, func() (bool, string) {
		err := check()
		return err == nil, fmt.Sprint(err)
	})
}
