package aws

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

const (
	// publicBits is the length of a public subnet's prefix: sixteen addresses,
	// the least that AWS makes, and enough for a NAT gateway and what a load
	// balancer asks for (eight).
	publicBits = 28
	// keptAddresses are those that AWS keeps of every subnet.
	keptAddresses = 5
	// fewZones share the range in quarters, more of them (to mostZones) in
	// eighths: a zone can be added without moving the subnets that are there.
	fewZones, mostZones = 3, 6
	// largestNetwork is the length of the prefix of the largest VPC.
	largestNetwork = 16
)

// layout is how the range of the hosts' network is shared out, by zone.
type layout struct {
	private, public []netip.Prefix
}

// share shares a range out among zones: private subnets from its beginning,
// small public ones from its end.
func share(nodeCIDR string, zones int) (layout, error) {
	whole, err := netip.ParsePrefix(nodeCIDR)
	if err != nil {
		return layout{}, fmt.Errorf("sharing out spec.network.nodeCIDR: %w", err)
	}
	bits := whole.Bits() + privateShare(zones)
	if !whole.Addr().Is4() || whole.Bits() < largestNetwork || smallest(zones) < whole.Bits() || zones > mostZones {
		return layout{}, fmt.Errorf("sharing out spec.network.nodeCIDR %s among %d zones: write a /%d to /%d", whole, zones, largestNetwork, smallest(zones))
	}
	var out layout
	for i := range zones {
		out.private = append(out.private, netip.PrefixFrom(offset(whole, uint32(i)<<(32-bits)), bits))
		fromEnd := uint32(1)<<(32-whole.Bits()) - uint32(i+1)<<(32-publicBits)
		out.public = append(out.public, netip.PrefixFrom(offset(whole, fromEnd), publicBits))
	}
	return out, nil
}

// privateShare is by how many bits a private subnet is smaller than the range.
func privateShare(zones int) int {
	if zones <= fewZones {
		return 2
	}
	return 3
}

// smallest is the length of the prefix of the smallest range that can be
// shared out: its private subnets leave room for the public ones.
func smallest(zones int) int {
	for bits := publicBits - privateShare(zones); ; bits-- {
		room := (1<<privateShare(zones) - zones) << (32 - bits - privateShare(zones))
		if room >= zones<<(32-publicBits) {
			return bits
		}
	}
}

// offset is the address so many places into a range.
func offset(of netip.Prefix, places uint32) netip.Addr {
	first := of.Masked().Addr().As4()
	var moved [4]byte
	binary.BigEndian.PutUint32(moved[:], binary.BigEndian.Uint32(first[:])+places)
	return netip.AddrFrom4(moved)
}
