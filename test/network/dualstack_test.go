package network_test

import (
	_ "embed"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/test/cluster"
)

// dualVariable set to anything runs the test of a cluster with two families.
const dualVariable = "ANYWHERE_TEST_DUAL_STACK"

//go:embed testdata/dualstack.yaml
var dualStackYAML string

// dual is a suite on a cluster where everything has an address of each family.
type dual struct {
	*suite
	// six is the IPv6 address of each node and of each pod, by its name.
	six map[string]string
}

// The layer is flannel, or the one that ANYWHERE_TEST_LAYER names.
func TestDualStack(t *testing.T) {
	if os.Getenv(dualVariable) == "" {
		t.Skipf("%s is not set: 'make images WITH=agnhost host-image build' makes what it needs", dualVariable)
	}
	layer := os.Getenv(layerVariable)
	if layer == "" {
		layer = "flannel"
	}
	c := dual{six: map[string]string{}, suite: up(t, "dual", cluster.Config{APIPort: 16445, NodeCIDR: "10.245.0.0/24,fd00:a245::/64", Workers: 1}, network{
		Layer: layer, PodCIDR: "10.244.0.0/16,fd00:10:244::/56", ServiceCIDR: "10.96.0.0/16,fd00:10:96::/112",
	})}
	c.start(t)
	c.apply(t, dualStackYAML)
	t.Run("nodes have addresses and ranges of both families", c.testNodes)
	t.Run("pods have an address of each", c.testAddresses)
	t.Run("pods reach each other across hosts by IPv6", c.testPods6)
	t.Run("full-size IPv6 packets pass whole", c.testPackets6)
	t.Run("hosts and pods reach each other by IPv6", c.testHosts6)
	t.Run("a Service answers in both families", c.testServices)
	t.Run("names resolve to both", c.testNames6)
	t.Run("a NodePort answers in both", c.testNodePorts)
	t.Run("pods reach each other across hosts by IPv4", c.testPods)
	t.Run("a Service of IPv4 alone answers", c.testService)
}

// inRange tells an address of one of several ranges, written with commas or
// spaces between them.
func inRange(t *testing.T, address, ranges string) bool {
	t.Helper()
	at, err := netip.ParseAddr(address)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range strings.Fields(strings.ReplaceAll(ranges, ",", " ")) {
		if netip.MustParsePrefix(text).Contains(at) {
			return true
		}
	}
	return false
}

func (c *dual) testNodes(t *testing.T) {
	for _, n := range c.nodes {
		addresses := strings.Fields(c.field(t, "node", n.name, `.status.addresses[?(@.type=="InternalIP")].address`))
		ranges := strings.Fields(c.field(t, "node", n.name, ".spec.podCIDRs[*]"))
		if len(addresses) != 2 || !inRange(t, addresses[0], "10.245.0.0/24") || !inRange(t, addresses[1], "fd00:a245::/64") {
			t.Fatalf("%s has %v", n.name, addresses)
		}
		if len(ranges) != 2 || !strings.HasSuffix(ranges[0], "/24") || !strings.HasSuffix(ranges[1], "/64") {
			t.Errorf("%s gives pods addresses of %v", n.name, ranges)
		}
		c.six[n.name] = addresses[1]
	}
}

func (c *dual) testAddresses(t *testing.T) {
	for _, p := range c.pods {
		addresses := strings.Fields(c.field(t, "pod", p.name, ".status.podIPs[*].ip"))
		ranges := c.field(t, "node", p.host.name, ".spec.podCIDRs[*]")
		if len(addresses) != 2 || !inRange(t, addresses[0], ranges) || !inRange(t, addresses[1], ranges) || !strings.Contains(addresses[1], ":") {
			t.Fatalf("%s on %s has %v of %s", p.name, p.host.name, addresses, ranges)
		}
		c.six[p.name] = addresses[1]
	}
}

// testPods6 is testPods by IPv6: every two hosts, both ways, and the pod's own
// address is seen.
func (c *dual) testPods6(t *testing.T) {
	c.pairs(func(from, to pod) {
		for protocol, port := range map[string]int{"http": 8080, "udp": 8081} {
			c.within(t, fmt.Sprintf("%s from %s to %s", protocol, from.host.name, to.host.name), soon, func() error {
				a, err := c.dial(t, from.name, protocol, c.six[to.name], port, "hostname", few)
				if err != nil {
					return err
				}
				return a.only(to.name, few)
			})
		}
		a, err := c.dial(t, from.name, "http", c.six[to.name], 8080, "clientip", 1)
		if err != nil || len(a.Responses) != 1 || !strings.HasPrefix(a.Responses[0], "["+c.six[from.name]+"]") {
			t.Errorf("%s is seen as %q on %s, want %s (%v)", from.name, a.Responses, to.host.name, c.six[from.name], err)
		}
	})
}

// testPackets6 sends datagrams as large as a pod's device takes, and a stream of
// full segments. IPv6 is cut into pieces by who sends it only, after a first
// packet was lost: a pod must know at once what fits between hosts.
func (c *dual) testPackets6(t *testing.T) {
	c.pairs(func(from, to pod) {
		to.address = c.six[to.name]
		mtu := c.mtu(t, from)
		// IPv6's own header is 20 bytes longer than IPv4's.
		if err := c.echo(t, from, to, mtu-headers-20-len(command)); err != nil {
			t.Errorf("datagrams of %d bytes from %s to %s: %v", mtu, from.host.name, to.host.name, err)
		}
		c.upload(t, from, to)
	})
}

func (c *dual) testHosts6(t *testing.T) {
	for _, p := range c.pods {
		for _, n := range c.nodes {
			c.within(t, "answer to "+n.name+" from the pod on "+p.host.name, soon, func() error {
				return c.askedOnHost(t, n, at(c.six[p.name], 8080, "/hostname"), p.name)
			})
			// The kubelet's health is on every host at this port.
			out, err := c.inPod(t, p.name, "curl", "--silent", "--insecure", "--output", "/dev/null", "--write-out", "%{http_code}", "--max-time", "5",
				fmt.Sprintf("https://[%s]:10250/healthz", c.six[n.name]))
			if err != nil || strings.TrimSpace(out) != "401" {
				t.Errorf("the kubelet of %s answers %q to %s on %s: %v", n.name, out, p.name, p.host.name, err)
			}
		}
	}
}

// addresses are a Service's, IPv4 first.
func (c *dual) addresses(t *testing.T, service string) []string {
	t.Helper()
	all := strings.Fields(c.field(t, "service", service, ".spec.clusterIPs[*]"))
	slices.SortFunc(all, func(a, b string) int { return strings.Count(a, ":") - strings.Count(b, ":") })
	return all
}

func (c *dual) testServices(t *testing.T) {
	both, six := c.addresses(t, "both"), c.addresses(t, "six")
	if len(both) != 2 || !inRange(t, both[0], "10.96.0.0/16") || !inRange(t, both[1], "fd00:10:96::/112") || len(six) != 1 || !inRange(t, six[0], "fd00:10:96::/112") {
		t.Fatalf("Services have %v and %v", both, six)
	}
	for _, p := range c.pods {
		for _, address := range append(both, six...) {
			c.within(t, "every pod's answer to "+p.host.name+" by "+address, soon, func() error {
				a, err := c.dial(t, p.name, "http", address, 80, "hostname", many)
				if err != nil {
					return err
				}
				return a.all(c.pods, many)
			})
		}
		c.within(t, "every pod's answer to "+p.host.name+" by UDP", soon, func() error {
			a, err := c.dial(t, p.name, "udp", both[1], 81, "hostname", many)
			if err != nil {
				return err
			}
			return a.all(c.pods, many)
		})
	}
	for _, n := range c.nodes {
		c.within(t, "answer of the Service to host "+n.name, soon, func() error {
			return c.askedOnHost(t, n, at(both[1], 80, "/hostname"), "")
		})
	}
}

// testNames6 asks the DNS server at both of its addresses.
func (c *dual) testNames6(t *testing.T) {
	servers := strings.Fields(c.Kubectl(t, "--namespace", "kube-system", "get", "service", "kube-dns", "-o", "jsonpath={.spec.clusterIPs[*]}"))
	if len(servers) != 2 || servers[0] != "10.96.0.10" || !inRange(t, servers[1], "fd00:10:96::/112") {
		t.Fatalf("DNS is at %v", servers)
	}
	zone := "." + namespace + ".svc.cluster.local"
	both, six := c.addresses(t, "both"), c.addresses(t, "six")
	var pods []string
	for _, p := range c.pods {
		pods = append(pods, c.six[p.name])
	}
	slices.Sort(pods)
	for _, p := range c.pods {
		for _, server := range servers {
			for _, question := range []struct {
				kind, name string
				want       []string
			}{
				{"A", "both" + zone, both[:1]}, {"AAAA", "both" + zone, both[1:]}, {"AAAA", "six" + zone, six},
				{"A", "six" + zone, nil}, {"AAAA", "both-headless" + zone, pods},
			} {
				c.within(t, question.kind+" of "+question.name+" at "+server, soon, func() error {
					out, err := c.inPod(t, p.name, "dig", "+short", "+time=2", "+tries=2", "@"+server, question.name, question.kind)
					if got := slices.Sorted(strings.FieldsSeq(out)); err != nil || !slices.Equal(got, question.want) {
						return fmt.Errorf("got %q, want %q (%v)", got, question.want, err)
					}
					return nil
				})
			}
		}
		out, err := c.inPod(t, p.name, "curl", "-6", "--silent", "--show-error", "--fail", "--max-time", "10", "http://both/hostname")
		if err == nil {
			err = c.answered(out, "")
		}
		if err != nil {
			t.Errorf("asking http://both by IPv6 on %s: %v: %s", p.host.name, err, out)
		}
	}
}

// testNodePorts asks every node at both of its addresses, from outside of the
// cluster and from pods.
func (c *dual) testNodePorts(t *testing.T) {
	for _, n := range c.nodes {
		for _, address := range []string{n.address, c.six[n.name]} {
			c.within(t, "answer at "+at(address, 30090, ""), soon, func() error {
				return c.fromOutside(at(address, 30090, "/hostname"), "")
			})
			for protocol, port := range map[string]int{"http": 30090, "udp": 30091} {
				a, err := c.dial(t, c.pods[0].name, protocol, address, port, "hostname", many)
				if err == nil {
					err = a.all(c.pods, many)
				}
				if err != nil {
					t.Errorf("%s to port %d of %s: %v", protocol, port, address, err)
				}
			}
		}
	}
}
