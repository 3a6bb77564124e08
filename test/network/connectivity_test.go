package network_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	// few tries are enough where one server answers, many where each of three
	// has to: that one of them is passed over 40 times is one in ten million.
	few, many = 5, 40
	// soon is how long rules may take to reach every node.
	soon = 30 * time.Second
)

// connectivity is what every layer has to do, between all nodes.
func (c *suite) connectivity(t *testing.T) {
	t.Run("pods reach each other across hosts", c.testPods)
	t.Run("hosts reach pods", c.testHosts)
	t.Run("a Service answers from pods and hosts", c.testService)
	t.Run("names resolve", c.testNames)
	t.Run("a port of the host leads to the pod", c.testHostPort)
	t.Run("a NodePort answers on every node", c.testNodePort)
	t.Run("a pod reaches itself through its Service", c.testHairpin)
}

// testPods asks both ways between every two hosts, and that the server sees
// the pod's own address: no translation between pods.
func (c *suite) testPods(t *testing.T) {
	c.pairs(func(from, to pod) {
		for protocol, port := range map[string]int{"http": 8080, "udp": 8081} {
			c.within(t, fmt.Sprintf("%s from %s to %s", protocol, from.host.name, to.host.name), soon, func() error {
				a, err := c.dial(t, from.name, protocol, to.address, port, "hostname", few)
				if err != nil {
					return err
				}
				return a.only(to.name, few)
			})
		}
		c.within(t, fmt.Sprintf("sight of %s as itself on %s", from.host.name, to.host.name), soon, func() error {
			a, err := c.dial(t, from.name, "http", to.address, 8080, "clientip", 1)
			if err != nil {
				return err
			}
			if len(a.Responses) != 1 || !strings.HasPrefix(strings.Trim(a.Responses[0], "["), from.address) {
				return fmt.Errorf("%s is seen as %q, want %s", from.name, a.Responses, from.address)
			}
			return nil
		})
	})
}

func (c *suite) testHosts(t *testing.T) {
	for _, n := range c.nodes {
		for _, p := range c.pods {
			c.within(t, "answer to "+n.name+" from the pod on "+p.host.name, soon, func() error {
				return c.askedOnHost(t, n, at(p.address, 8080, "/hostname"), p.name)
			})
		}
	}
}

// askedOnHost asks a URL from a host; an empty name takes any answer of the
// tests' pods.
func (c *suite) askedOnHost(t *testing.T, n node, url, name string) error {
	t.Helper()
	out, err := c.onHost(t, n.name, "curl", "--silent", "--show-error", "--fail", "--max-time", "5", url)
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return c.answered(out, name)
}

// answered checks the name that a server told.
func (c *suite) answered(got, want string) error {
	got = strings.TrimSpace(got)
	if got == want || want == "" && slices.ContainsFunc(c.pods, func(p pod) bool { return p.name == got }) {
		return nil
	}
	return fmt.Errorf("%q answered, want %q of %v", got, want, c.pods)
}

func (c *suite) testService(t *testing.T) {
	address := c.field(t, "service", "pods", ".spec.clusterIP")
	for _, p := range c.pods {
		for protocol, port := range map[string]int{"http": 80, "udp": 81} {
			c.within(t, "every pod's answer to "+p.host.name+" by "+protocol, soon, func() error {
				a, err := c.dial(t, p.name, protocol, address, port, "hostname", many)
				if err != nil {
					return err
				}
				return a.all(c.pods, many)
			})
		}
	}
	for _, n := range c.nodes {
		c.within(t, "answer of the Service to host "+n.name, soon, func() error {
			return c.askedOnHost(t, n, at(address, 80, "/hostname"), "")
		})
	}
}

// testNames asks from every node: a Service's name in its long and its short
// form, the names of pods behind one without an address, and an alias.
func (c *suite) testNames(t *testing.T) {
	zone := "." + namespace + ".svc.cluster.local"
	var addresses []string
	for _, p := range c.pods {
		addresses = append(addresses, p.address)
	}
	slices.Sort(addresses)
	for _, p := range c.pods {
		for name, want := range map[string][]string{
			"pods" + zone: {c.field(t, "service", "pods", ".spec.clusterIP")}, "headless" + zone: addresses,
		} {
			c.within(t, name+" on "+p.host.name, soon, func() error {
				out, err := c.inPod(t, p.name, "dig", "+short", "+time=2", "+tries=2", name)
				if got := slices.Sorted(strings.FieldsSeq(out)); err != nil || !slices.Equal(got, want) {
					return fmt.Errorf("%s is %q, want %q (%v)", name, got, want, err)
				}
				return nil
			})
		}
		out, err := c.inPod(t, p.name, "dig", "+short", "alias"+zone, "CNAME")
		if err != nil || strings.TrimSpace(out) != "pods"+zone+"." {
			t.Errorf("on %s the alias stands for %q, want %q (%v)", p.host.name, out, "pods"+zone+".", err)
		}
		for _, name := range []string{"pods", "pods." + namespace, "alias"} {
			out, err := c.inPod(t, p.name, "curl", "--silent", "--show-error", "--fail", "--max-time", "10", "http://"+name+"/hostname")
			if err == nil {
				err = c.answered(out, "")
			}
			if err != nil {
				t.Errorf("asking http://%s on %s: %v: %s", name, p.host.name, err, out)
			}
		}
	}
}

// fromOutside asks a URL from this machine, which is no part of the cluster.
func (c *suite) fromOutside(url, name string) error {
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	return c.answered(string(body), name)
}

func (c *suite) testHostPort(t *testing.T) {
	for _, to := range c.pods {
		c.within(t, "answer on port 18080 of "+to.host.name, soon, func() error {
			return c.fromOutside(at(to.host.address, 18080, "/hostname"), to.name)
		})
		for _, from := range c.pods {
			for protocol, port := range map[string]int{"http": 18080, "udp": 18081} {
				a, err := c.dial(t, from.name, protocol, to.host.address, port, "hostname", few)
				if err == nil {
					err = a.only(to.name, few)
				}
				if err != nil {
					t.Errorf("%s from a pod on %s to port %d of %s: %v", protocol, from.host.name, port, to.host.name, err)
				}
			}
		}
	}
}

// testNodePort asks every node, from outside and from pods of every node: one
// that a node has no pod for, too, for most answers come from another.
func (c *suite) testNodePort(t *testing.T) {
	for _, to := range c.nodes {
		c.within(t, "answer on port 30080 of "+to.name, soon, func() error {
			return c.fromOutside(at(to.address, 30080, "/hostname"), "")
		})
		for _, from := range c.pods {
			for protocol, port := range map[string]int{"http": 30080, "udp": 30081} {
				a, err := c.dial(t, from.name, protocol, to.address, port, "hostname", many)
				if err == nil {
					err = a.all(c.pods, many)
				}
				if err != nil {
					t.Errorf("%s from a pod on %s to port %d of %s: %v", protocol, from.host.name, port, to.name, err)
				}
			}
		}
	}
}

func (c *suite) testHairpin(t *testing.T) {
	address := c.field(t, "service", "mirror", ".spec.clusterIP")
	for protocol, port := range map[string]int{"http": 80, "udp": 81} {
		c.within(t, "answer by "+protocol+" of the pod to itself", soon, func() error {
			a, err := c.dial(t, "mirror", protocol, address, port, "hostname", few)
			if err != nil {
				return err
			}
			return a.only("mirror", few)
		})
	}
}
