package config

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// Places in the services' range that are spoken for, as arguments of
// ServiceAddress.
const (
	APIServiceIndex = 1
	DNSServiceIndex = 10
)

// ServiceAddress is the i-th IPv4 address of the services' range: 1 is the
// service of the API, 10 that of DNS. It is the zero Addr outside of the
// range, and for a range that cannot be read.
func (n Network) ServiceAddress(i int) netip.Addr {
	return addressIn(First(n.ServiceCIDR), i)
}

// NodeAddress is the i-th IPv4 address of the hosts' range, where 0 is the
// network itself and 1 by custom its gateway. It is the zero Addr outside of
// the range, and for a range that cannot be read.
func (n Network) NodeAddress(i int) netip.Addr {
	return addressIn(First(n.NodeCIDR), i)
}

// Nth is the nth address of a range of either family, where 0 is the network
// itself; of a field with a range of each family, of the first. The error says
// that the range cannot be read or is too small.
func Nth(cidr string, n int) (string, error) {
	cidr = First(cidr)
	prefix, err := netip.ParsePrefix(cidr)
	if err != nil {
		return "", fmt.Errorf("reading the address range %q: %w", cidr, err)
	}
	address := prefix.Masked().Addr()
	for range n {
		address = address.Next()
	}
	if !prefix.Contains(address) {
		return "", fmt.Errorf("counting to address %d of %q: it is too small; use a /24 or larger", n, cidr)
	}
	return address.String(), nil
}

func addressIn(cidr string, i int) netip.Addr {
	prefix, err := netip.ParsePrefix(cidr)
	if err != nil || !prefix.Addr().Is4() || i < 0 || int64(i) >= int64(1)<<(32-prefix.Bits()) {
		return netip.Addr{}
	}
	return plus(prefix.Masked().Addr(), uint32(i))
}

// plus adds to an IPv4 address.
func plus(address netip.Addr, n uint32) netip.Addr {
	bytes := address.As4()
	binary.BigEndian.PutUint32(bytes[:], binary.BigEndian.Uint32(bytes[:])+n)
	return netip.AddrFrom4(bytes)
}

// cidr reads a range and refuses what no cluster can use. A range that is
// understood is returned even when something is wrong with it.
func (f *findings) cidr(p part) (netip.Prefix, bool) {
	prefix, err := netip.ParsePrefix(p.value())
	if err != nil {
		fix := `write an address and a length, such as "10.0.0.0/16"`
		if address, err := netip.ParseAddr(p.value()); err == nil && address.Is4() {
			fix = fmt.Sprintf("write the length too, such as %q", p.with(netip.PrefixFrom(address, 16).Masked()))
		}
		f.add(p.path, fix, "%q is not an address range", p.value())
		return prefix, false
	}
	for _, special := range specialRanges() {
		if !prefix.Masked().Overlaps(special.prefix) {
			continue
		}
		fix := "write a private range: a part of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16"
		if p.at > 0 {
			fix = fmt.Sprintf("write a private range, a part of fd00::/8, such as %q", p.with(netip.MustParsePrefix(DefaultPodCIDR6)))
		}
		f.add(p.path, fix, "%s takes in %s addresses (%s)", prefix.Masked(), special.path, special.prefix)
		return prefix, false
	}
	if masked := prefix.Masked(); masked != prefix {
		f.add(p.path, fmt.Sprintf("write %q", p.with(masked)), "%s is an address inside of a range, not the range", p.value())
		prefix = masked
	} else if prefix.String() != p.value() {
		// What is compared as text, here and in Kubernetes, has one spelling.
		f.add(p.path, fmt.Sprintf("write %q", p.with(prefix)), "%s is written in another way than addresses are shown in", p.value())
	}
	return prefix, true
}

// specialRanges are those that hosts keep for themselves or never route.
func specialRanges() []namedRange {
	return []namedRange{
		{path: "unspecified", prefix: netip.MustParsePrefix("0.0.0.0/8")},
		{path: "loopback", prefix: netip.MustParsePrefix("127.0.0.0/8")},
		{path: "link-local", prefix: netip.MustParsePrefix("169.254.0.0/16")},
		{path: "multicast", prefix: netip.MustParsePrefix("224.0.0.0/4")},
		{path: "reserved", prefix: netip.MustParsePrefix("240.0.0.0/4")},
		// Unspecified, loopback, and IPv4 addresses in IPv6's clothes.
		{path: "reserved", prefix: netip.MustParsePrefix("::/8")},
		{path: "link-local", prefix: netip.MustParsePrefix("fe80::/10")},
		{path: "multicast", prefix: netip.MustParsePrefix("ff00::/8")},
	}
}

// freeRange finds a private range of a length and family that overlaps none of
// the given ones.
func freeRange(like netip.Prefix, taken []namedRange) (netip.Prefix, bool) {
	if like.Addr().Is6() {
		return freeRange6(like.Bits(), taken)
	}
	bits := like.Bits()
	for _, private := range []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"} {
		whole := netip.MustParsePrefix(private)
		if bits < whole.Bits() {
			continue
		}
		// Stepping by a /16 at least keeps the search short; a small range
		// then starts where a person would start it.
		step := min(bits, 16)
		for i := range 1 << (step - whole.Bits()) {
			candidate := netip.PrefixFrom(plus(whole.Addr(), uint32(i)<<(32-step)), bits)
			if free(candidate, taken) {
				return candidate, true
			}
		}
	}
	return netip.Prefix{}, false
}

// freeRange6 looks among the unique local ranges fd00:10:N::, of which few are
// ever taken.
func freeRange6(bits int, taken []namedRange) (netip.Prefix, bool) {
	for i := range 256 {
		bytes := [16]byte{0: 0xfd, 3: 0x10, 5: byte(i)}
		candidate := netip.PrefixFrom(netip.AddrFrom16(bytes), bits)
		if bits >= 48 && free(candidate, taken) {
			return candidate, true
		}
	}
	return netip.Prefix{}, false
}

func free(candidate netip.Prefix, taken []namedRange) bool {
	for _, r := range taken {
		if r.prefix.Overlaps(candidate) {
			return false
		}
	}
	return true
}
