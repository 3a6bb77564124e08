package membership

import (
	"net"
	"net/netip"
)

// Interfaces are the host's own.
type Interfaces interface {
	// Prefixes are the addresses of all interfaces with the length of their
	// networks; IPv4 only, as hosts are known by.
	Prefixes() ([]netip.Prefix, error)
	// Outgoing is the address that the host's default route begins at; false
	// where there is none.
	Outgoing() (netip.Addr, bool)
}

// SystemInterfaces are those of the process's network.
type SystemInterfaces struct{}

var _ Interfaces = SystemInterfaces{}

// Prefixes implements Interfaces.
func (SystemInterfaces) Prefixes() ([]netip.Prefix, error) {
	found, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	var out []netip.Prefix
	for _, address := range found {
		network, ok := address.(*net.IPNet)
		if !ok || !network.IP.IsGlobalUnicast() || network.IP.To4() == nil {
			continue
		}
		if prefix, err := netip.ParsePrefix(network.String()); err == nil {
			out = append(out, prefix)
		}
	}
	return out, nil
}

// Outgoing implements Interfaces. Connecting a UDP socket sends nothing: the
// kernel only chooses the address it would send from. The far one is reserved
// for documentation.
func (SystemInterfaces) Outgoing() (netip.Addr, bool) {
	connection, err := net.Dial("udp4", "192.0.2.1:9")
	if err != nil {
		return netip.Addr{}, false
	}
	defer func() { _ = connection.Close() }()
	local, ok := connection.LocalAddr().(*net.UDPAddr)
	if !ok {
		return netip.Addr{}, false
	}
	return local.AddrPort().Addr().Unmap(), true
}
