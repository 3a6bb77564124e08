package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// Limits of the ranges, as lengths of their prefixes.
const (
	// A node gets a /24 of the pods' range.
	nodePodBits = 24
	// The API server refuses a services' range larger than a /12; below a
	// /28 the tenth address, DNS, does not exist.
	largestService, smallestService = 12, 28
	// keptNodeAddresses of the hosts' range are not for hosts: network,
	// gateway, endpoint, broadcast and what clouds keep for themselves.
	keptNodeAddresses = 8
)

// namedRange is a range that was read, and the field it came from.
type namedRange struct {
	path   string
	prefix netip.Prefix
}

func (f *findings) network(path string, c *Cluster) {
	n := c.Spec.Network
	f.layer(path, c)
	var ranges []namedRange
	for _, field := range []struct{ name, value string }{
		{"podCIDR", n.PodCIDR}, {"serviceCIDR", n.ServiceCIDR}, {"nodeCIDR", n.NodeCIDR},
	} {
		if prefix, ok := f.cidr(join(path, field.name), field.value); ok {
			ranges = append(ranges, namedRange{join(path, field.name), prefix})
		}
	}
	if c.countable() {
		for _, r := range ranges {
			f.room(r, c.NodeCount())
		}
	}
	f.overlaps(ranges)
	f.domain(path+".dnsDomain", n.DNSDomain)
}

func (f *findings) domain(path, domain string) {
	if len(validation.IsDNS1123Subdomain(domain)) == 0 {
		return
	}
	fix := fmt.Sprintf("write lower-case labels with dots between them, such as %q", DefaultDNSDomain)
	if bare := strings.Trim(strings.ToLower(domain), "."); len(validation.IsDNS1123Subdomain(bare)) == 0 {
		fix = fmt.Sprintf("write %q", bare)
	}
	f.add(path, fix, "%q is not a DNS domain", domain)
}

// room checks that a range is neither too small for the cluster nor larger
// than Kubernetes takes.
func (f *findings) room(r namedRange, nodes int) {
	have := r.prefix.Bits()
	switch r.path[strings.LastIndexByte(r.path, '.')+1:] {
	case "podCIDR":
		if have > nodePodBits || 1<<(nodePodBits-have) < nodes {
			held := 0
			if have <= nodePodBits {
				held = 1 << (nodePodBits - have)
			}
			f.add(r.path, fmt.Sprintf("write a /%d or larger", bitsFor(nodes, nodePodBits)),
				"%s holds a /%d for %d nodes, this cluster has %d", r.prefix, nodePodBits, held, nodes)
		}
	case "serviceCIDR":
		switch {
		case have > smallestService:
			f.add(r.path, fmt.Sprintf("write a /%d or larger", smallestService), "%s is too small for the API's and the DNS server's addresses", r.prefix)
		case have < largestService:
			f.add(r.path, fmt.Sprintf("write a /%d or smaller", largestService), "%s is larger than the API server takes", r.prefix)
		}
	case "nodeCIDR":
		if free := max(0, 1<<(32-have)-keptNodeAddresses); free < nodes {
			f.add(r.path, fmt.Sprintf("write a /%d or larger", bitsFor(nodes+keptNodeAddresses, 32)),
				"%s has addresses for %d hosts, this cluster has %d", r.prefix, free, nodes)
		}
	}
}

// countable tells whether the numbers of nodes are sane, for with others a
// sum says nothing.
func (c *Cluster) countable() bool {
	total := 0
	for _, pool := range c.Spec.Pools {
		if pool.Count < 0 || pool.Count > mostNodes {
			return false
		}
		total += pool.Count
	}
	return total <= mostNodes && c.Spec.ControlPlane.Count >= 0 && c.Spec.ControlPlane.Count <= mostNodes
}

// bitsFor is the length of the prefix that holds a number of prefixes of the
// given length.
func bitsFor(count, bits int) int {
	for size := 1; size < count && bits > 0; size *= 2 {
		bits--
	}
	return bits
}

// overlaps compares each range with those before it.
func (f *findings) overlaps(ranges []namedRange) {
	taken := slices.Clone(ranges)
	for i, later := range ranges {
		fix := ""
		for _, earlier := range ranges[:i] {
			if !later.prefix.Overlaps(earlier.prefix) {
				continue
			}
			if fix == "" {
				fix = "write a range that overlaps no other"
				if free, ok := freeRange(later.prefix.Bits(), taken); ok {
					fix = fmt.Sprintf("write a free range, such as %q", free)
					// What is proposed once is no longer free.
					taken = append(taken, namedRange{later.path, free})
				}
			}
			f.add(later.path, fix, "%s overlaps %s (%s)", later.prefix, earlier.path, earlier.prefix)
		}
	}
}
