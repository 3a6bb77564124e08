package conformance_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// group is whose tests are run: those of the pod network.
const group = "[sig-network] "

// policyFeature marks tests of network policy: they are run where the cluster
// enforces it.
const policyFeature = "[Feature:NetworkPolicy]"

// reason is why tests are left out: those that a pattern matches.
type reason struct {
	why, pattern string
}

// reasons are asked in this order. The images are those that tests of
// k8s.io/kubernetes/test/e2e/network name beside agnhost (imageutils.GetE2EImage,
// v1.37.1): none of them is made of Go, so none can be built from modules.
func reasons() []reason {
	return []reason{
		{"it is about load balancers, which a cloud makes", `\[Feature:LoadBalancer\]`},
		{"the cluster of this run does not enforce network policy", regexp.QuoteMeta(policyFeature)},
		{"pods of this cluster have addresses of one family: test/network asks of two", `\[Feature:IPv6DualStack\]`},
		{"the kernel it was chosen on has no SCTP", `SCTP`},
		{"it asks the Internet", `\[Feature:Networking-(IPv4|IPv6|DNS)\]`},
		{"it needs another feature, an add-on, or a gate that is off by default", `\[Feature:|\[FeatureGate:|\[Alpha\]|\[Beta\]`},
		{"it disturbs whatever runs beside it", `\[Serial\]|\[Disruptive\]`},
		{"it measures over many minutes", `\[Slow\]|Service endpoints latency`},
		{"it runs nginx", `should create Endpoints (and EndpointSlices )?for Pods matching a Service`},
		{"it runs an image of its own: a fault of Linux 4.x, or iptables", `invalid conntrack state bug|CLOSE_WAIT timeout`},
		{"it runs busybox's own image", `when initial unready endpoints get ready`},
		{"it is for one cloud", `\[Provider:`},
	}
}

// whyNot is why a test is left out, or nothing.
func whyNot(name string, enforces bool) string {
	if enforces {
		name = strings.ReplaceAll(name, policyFeature, "")
	}
	for _, r := range reasons() {
		if regexp.MustCompile(r.pattern).MatchString(name) {
			return r.why
		}
	}
	return ""
}

// chosen are the tests of the group that are run, of all names, sorted, and
// left those that are not, by reason. Enforces tells that network policy takes
// effect.
func chosen(names []string, enforces bool) (run []string, left map[string][]string) {
	left = map[string][]string{}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
		if !strings.HasPrefix(name, group) {
			continue
		}
		if why := whyNot(name, enforces); why != "" {
			left[why] = append(left[why], name)
			continue
		}
		run = append(run, name)
	}
	return run, left
}

// shares deals names out to so many processes, one after the other, so that
// neighbours, which take alike long, are in different ones.
func shares(names []string, processes int) [][]string {
	dealt := make([][]string, min(processes, len(names)))
	for i, name := range names {
		dealt[i%len(dealt)] = append(dealt[i%len(dealt)], name)
	}
	return dealt
}

// focus is the pattern of just these names. Ginkgo matches it against the
// suite's name and a test's, so only the end can be held on to.
func focus(names []string) string {
	var quoted []string
	for _, name := range names {
		quoted = append(quoted, regexp.QuoteMeta(name))
	}
	return "(" + strings.Join(quoted, "|") + ")$"
}

func TestChosen_LeavesOutWithAReason(t *testing.T) {
	all := []string{
		"[sig-network] Services should serve a basic endpoint from pods [Conformance]",
		"[sig-network] Services should serve a basic endpoint from pods [Conformance]",
		"[sig-network] Networking Granular Checks: Services should function for pod-Service: sctp [Feature:SCTPConnectivity]",
		"[sig-network] Netpol NetworkPolicy between server and client should support a 'default-deny-all' policy [Feature:NetworkPolicy]",
		"[sig-network] Netpol [Feature:SCTPConnectivity] should enforce policy based on Ports [Feature:NetworkPolicy]",
		"[sig-storage] Volumes should mount",
	}
	for enforces, want := range map[bool][2]int{false: {1, 3}, true: {2, 2}} {
		run, left := chosen(all, enforces)
		if len(run) != want[0] || !strings.Contains(run[len(run)-1], "basic endpoint") {
			t.Errorf("where policy is enforced: %v: %q are run", enforces, run)
		}
		total := 0
		for why, names := range left {
			if why == "" {
				t.Errorf("%q are left out for no reason", names)
			}
			total += len(names)
		}
		if total != want[1] {
			t.Errorf("where policy is enforced: %v: %q are left out", enforces, left)
		}
	}
}

func TestFocus_MatchesTheseNamesOnly(t *testing.T) {
	pattern := regexp.MustCompile(focus([]string{"[sig-network] A (b) c", "[sig-network] D"}))
	for text, want := range map[string]bool{
		"Kubernetes e2e suite [sig-network] A (b) c": true, "Kubernetes e2e suite [sig-network] D": true,
		"Kubernetes e2e suite [sig-network] D [Slow]": false, "Kubernetes e2e suite [sig-network] A b c": false,
	} {
		if pattern.MatchString(text) != want {
			t.Errorf("%q: %v, want %v", text, !want, want)
		}
	}
}

func TestShares_DealOutEveryNameOnce(t *testing.T) {
	dealt := shares([]string{"a", "b", "c", "d", "e"}, 2)
	if len(dealt) != 2 || !slices.Equal(dealt[0], []string{"a", "c", "e"}) || !slices.Equal(dealt[1], []string{"b", "d"}) {
		t.Errorf("dealt %q", dealt)
	}
	if dealt := shares([]string{"a"}, 4); len(dealt) != 1 {
		t.Errorf("one name was dealt to %d processes", len(dealt))
	}
}
