package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// Limits of the ranges, as lengths of their prefixes or numbers of bits.
const (
	// A node gets a /24 of the pods' range, and a /64 of the IPv6 one: the
	// controller-manager's --node-cidr-mask-size-ipv4 and -ipv6.
	nodePodBits, nodePodBits6 = 24, 64
	// The controller-manager cuts an IPv6 range into at most 2^16
	// (clusterSubnetMaxDiff of Kubernetes' nodeipam/ipam/cidrset).
	largestPods6 = nodePodBits6 - 16
	// The API server refuses a services' range of more than 20 bits (its
	// validateClusterIPFlags); below four the tenth address, DNS, does not
	// exist.
	mostServiceBits, leastServiceBits = 20, 4
	// keptNodeAddresses of the hosts' range are not for hosts: network,
	// gateway, endpoint, broadcast and what clouds keep for themselves.
	keptNodeAddresses = 8
)

// namedRange is a range that was read, and the field it came from.
type namedRange struct {
	path   string
	prefix netip.Prefix
	// part is where it is written; empty for ranges that nobody wrote.
	part part
}

func (f *findings) network(path string, c *Cluster) {
	n := c.Spec.Network
	f.layer(path, c)
	var ranges []namedRange
	for _, field := range []struct{ name, value string }{
		{"podCIDR", n.PodCIDR}, {"serviceCIDR", n.ServiceCIDR}, {"nodeCIDR", n.NodeCIDR},
	} {
		ranges = append(ranges, f.field(join(path, field.name), field.value)...)
	}
	f.together(path, c)
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
	have, all := r.prefix.Bits(), r.prefix.Addr().BitLen()
	switch r.path[strings.LastIndexByte(r.path, '.')+1:] {
	case "podCIDR":
		f.roomForPods(r, nodes)
	case "serviceCIDR":
		switch smallest, largest := all-leastServiceBits, all-mostServiceBits; {
		case have > smallest:
			f.add(r.path, fmt.Sprintf("write a /%d or larger", smallest), "%s is too small for the API's and the DNS server's addresses", r.prefix)
		case have < largest:
			f.add(r.path, fmt.Sprintf("write a /%d or smaller", largest), "%s is larger than the API server takes", r.prefix)
		}
	case "nodeCIDR":
		if free := max(0, upTo(all-have)-keptNodeAddresses); free < nodes {
			f.add(r.path, fmt.Sprintf("write a /%d or larger", bitsFor(nodes+keptNodeAddresses, all)),
				"%s has addresses for %d hosts, this cluster has %d", r.prefix, free, nodes)
		}
	}
}

func (f *findings) roomForPods(r namedRange, nodes int) {
	have, each := r.prefix.Bits(), nodePodBits
	if r.prefix.Addr().Is6() {
		each = nodePodBits6
		if have < largestPods6 {
			f.add(r.path, fmt.Sprintf("write a /%d or smaller", largestPods6), "%s is larger than the controller-manager takes", r.prefix)
		}
	}
	held := 0
	if have <= each {
		held = upTo(each - have)
	}
	if held < nodes {
		f.add(r.path, fmt.Sprintf("write a /%d or larger", bitsFor(nodes, each)),
			"%s holds a /%d for %d nodes, this cluster has %d", r.prefix, each, held, nodes)
	}
}

// upTo is 2 to the power of a number of bits, or as much of it as anybody
// needs.
func upTo(bits int) int { return 1 << min(bits, 32) }

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
				if free, ok := freeRange(later.prefix, taken); ok {
					fix = fmt.Sprintf("write a free range, such as %q", later.part.with(free))
					// What is proposed once is no longer free.
					taken = append(taken, namedRange{path: later.path, prefix: free})
				}
			}
			f.add(later.path, fix, "%s overlaps %s (%s)", later.prefix, earlier.path, earlier.prefix)
		}
	}
}
