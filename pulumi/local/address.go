package local

import (
	"encoding/binary"
	"fmt"
	"net/netip"
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

// addressAt is the nth address of an IPv4 range.
func addressAt(cidr string, n int) (string, error) {
	prefix, err := netip.ParsePrefix(cidr)
	if err != nil {
		return "", fmt.Errorf("reading the node CIDR %q: %w", cidr, err)
	}
	prefix = prefix.Masked()
	if !prefix.Addr().Is4() {
		return "", fmt.Errorf("reading the node CIDR %q: only IPv4 is supported by this target", cidr)
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
