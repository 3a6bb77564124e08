package local

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// Addresses within the node CIDR: the machine is the gateway at .1, control
// planes have .2 and following, the balancer before them .20, workers what is
// free from .64.
const (
	gateway           = 1
	firstControlPlane = 2
	ofBalancer        = 20
	firstWorker       = 64
)

// addressAt is the nth address of a node CIDR's IPv4 range.
func addressAt(cidr string, n int) (string, error) {
	cidr = config.First(cidr)
	prefix, err := netip.ParsePrefix(cidr)
	if err != nil {
		return "", fmt.Errorf("reading the node CIDR %q: %w", cidr, err)
	}
	prefix = prefix.Masked()
	if !prefix.Addr().Is4() {
		return "", fmt.Errorf("reading the node CIDR %q: its first range must be IPv4", cidr)
	}
	base := prefix.Addr().As4()
	var bytes [4]byte
	binary.BigEndian.PutUint32(bytes[:], binary.BigEndian.Uint32(base[:])+uint32(n))
	address := netip.AddrFrom4(bytes)
	if !prefix.Contains(address) {
		return "", fmt.Errorf("choosing address %d of %s: it has fewer; write a larger spec.network.nodeCIDR", n, cidr)
	}
	return address.String(), nil
}

// freeAddress is the lowest worker address that nobody has.
func freeAddress(cidr string, taken map[string]bool) (string, error) {
	for n := firstWorker; ; n++ {
		address, err := addressAt(cidr, n)
		if err != nil {
			return "", err
		}
		// The last of the range is its broadcast, which addressAt allows.
		if _, err := addressAt(cidr, n+1); err != nil {
			return "", err
		}
		if !taken[address] {
			return address, nil
		}
	}
}

// besides is the address of the node CIDR's IPv6 range that goes with an IPv4
// one: at the same place, so that whoever knows the one knows the other. It is
// empty where there is one range.
func besides(cidr, address string) (string, error) {
	second := config.Second(cidr)
	if second == "" {
		return "", nil
	}
	prefixes, err := config.Prefixes(cidr)
	if err != nil {
		return "", err
	}
	given, err := netip.ParseAddr(address)
	if err != nil || !given.Is4() || !prefixes[0].Addr().Is4() {
		return "", fmt.Errorf("finding the IPv6 address beside %q in %q: that is no IPv4 address in an IPv4 range", address, cidr)
	}
	four, base := given.As4(), prefixes[0].Addr().As4()
	place := binary.BigEndian.Uint32(four[:]) - binary.BigEndian.Uint32(base[:])
	bytes := prefixes[1].Addr().As16()
	// The range ends in as many zero bits as the place has at least, or the
	// address is outside of it.
	low := binary.BigEndian.Uint64(bytes[8:]) + uint64(place)
	binary.BigEndian.PutUint64(bytes[8:], low)
	if six := netip.AddrFrom16(bytes); prefixes[1].Contains(six) {
		return six.String(), nil
	}
	return "", fmt.Errorf("finding the IPv6 address beside %q: %s has fewer addresses than %s; write a larger range", address, prefixes[1], prefixes[0])
}
