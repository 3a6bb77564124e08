package awstest

import (
	"encoding/binary"
	"net/netip"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
)

// keptFirst are the first addresses of a subnet that AWS keeps; it keeps the
// last one too.
const keptFirst = 4

// inSubnet demands that addresses are of the subnet, and free in principle.
func (w *world) inSubnet(path string) rule {
	return func(in values) (problems []targettest.Problem) {
		subnet, err := netip.ParsePrefix(valuesOf(w.inputsOf(in.text("subnetId"))).text("cidrBlock"))
		for at, value := range in.at(path) {
			text, ok := value.(string)
			if !ok {
				continue
			}
			address, bad := netip.ParseAddr(text)
			switch {
			case bad != nil || !address.Is4():
				problems = append(problems, problem(at, "%q is no IPv4 address", text))
			case err != nil:
			case !subnet.Contains(address):
				problems = append(problems, problem(at, "%s is not in %s of the subnet", address, subnet))
			case offset(subnet, address) < keptFirst || offset(subnet, address) == size(subnet)-1:
				problems = append(problems, problem(at, "%s is one of those that AWS keeps of %s", address, subnet))
			}
		}
		return problems
	}
}

// offset is how far into a range an address is.
func offset(of netip.Prefix, a netip.Addr) uint32 { return asNumber(a) - asNumber(of.Masked().Addr()) }

func asNumber(a netip.Addr) uint32 {
	four := a.As4()
	return binary.BigEndian.Uint32(four[:])
}

func size(of netip.Prefix) uint32 { return 1 << (32 - of.Bits()) }

// addressOf is the private address of an interface: the one asked for, or the
// next of its subnet, the same each time.
func (w *world) addressOf(id string, in values) string {
	for _, path := range []string{"privateIp", "privateIps[]"} {
		if given := in.text(path); given != "" {
			return given
		}
	}
	subnetID := in.text("subnetId")
	w.mu.Lock()
	defer w.mu.Unlock()
	if given, known := w.given[id]; known {
		return given
	}
	subnet, err := netip.ParsePrefix(valuesOf(w.seen[subnetID]).text("cidrBlock"))
	if err != nil {
		subnet = netip.MustParsePrefix("192.0.2.0/24")
	}
	var next [4]byte
	binary.BigEndian.PutUint32(next[:], asNumber(subnet.Masked().Addr())+keptFirst+uint32(w.taken[subnetID]))
	w.taken[subnetID]++
	w.given[id] = netip.AddrFrom4(next).String()
	return w.given[id]
}
