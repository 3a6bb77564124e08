package local

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// machine is what the target must know of the machine it runs on, as far as
// Docker's daemon runs there too.
type machine struct {
	// missing lists the capabilities that no process here can have.
	missing func() []string
	// nameservers are those that containers can reach as well.
	nameservers func() []string
	// modules tells whether there are kernel modules to lend to the hosts.
	modules func() bool
	// freeBytes is the room on the disk of a path, and whether it is known.
	freeBytes func(path string) (uint64, bool)
	// portFree tells whether a port of 127.0.0.1 can be had.
	portFree func(port int) bool
	// routes are the ranges that are routed other than by Docker's bridges.
	routes func() []netip.Prefix
	// ipv6 is whether the kernel gives interfaces IPv6 addresses.
	ipv6 func() bool
}

func thisMachine() machine {
	return machine{
		missing: func() []string {
			return missingCapabilities(readFile("/proc/self/status"), readFile("/proc/sys/kernel/cap_last_cap"))
		},
		nameservers: func() []string { return nameservers(readFile) },
		modules:     func() bool { info, err := os.Stat(modulesPath); return err == nil && info.IsDir() },
		freeBytes:   freeBytes,
		portFree:    portFree,
		routes: func() []netip.Prefix {
			return append(parseRoutes(readFile("/proc/net/route")), parseRoutes6(readFile("/proc/net/ipv6_route"))...)
		},
		ipv6: func() bool {
			return hasIPv6(readFile("/proc/sys/net/ipv6/conf/all/disable_ipv6"), readFile("/proc/net/route"))
		},
	}
}

// readFile is empty for what cannot be read: on systems that are no Linux
// nothing is known, and nothing is assumed.
func readFile(path string) []byte {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	return data
}

func portFree(port int) bool {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return false
	}
	_ = listener.Close()
	return true
}

// nameservers are the machine's own, as containers can reach them. Where the
// machine asks a resolver of its own, that one knows the real ones.
func nameservers(read func(string) []byte) []string {
	for _, path := range []string{"/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"} {
		var found []string
		lines := bufio.NewScanner(bytes.NewReader(read(path)))
		for lines.Scan() {
			fields := strings.Fields(lines.Text())
			if len(fields) < 2 || fields[0] != "nameserver" {
				continue
			}
			if address, err := netip.ParseAddr(fields[1]); err == nil && !address.IsLoopback() {
				found = append(found, fields[1])
			}
		}
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

// parseRoutes reads /proc/net/route without the default route and Docker's own
// bridges, which its list of networks tells better.
func parseRoutes(table []byte) []netip.Prefix {
	var routes []netip.Prefix
	lines := bufio.NewScanner(bytes.NewReader(table))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 8 || strings.HasPrefix(fields[0], "br-") || strings.HasPrefix(fields[0], "docker") {
			continue
		}
		destination, err1 := hexAddress(fields[1])
		mask, err2 := hexAddress(fields[7])
		if err1 != nil || err2 != nil {
			continue // the header
		}
		bits, _ := net.IPMask(mask.AsSlice()).Size()
		if bits > 0 {
			routes = append(routes, netip.PrefixFrom(destination, bits))
		}
	}
	return routes
}

// hasIPv6 is false where a Linux kernel has no switch for IPv6, or has it off.
func hasIPv6(disabled, routes []byte) bool {
	if len(routes) == 0 {
		return true // no Linux
	}
	return string(bytes.TrimSpace(disabled)) == "0"
}

// parseRoutes6 reads /proc/net/ipv6_route in the same way: destination, length,
// source, length, next hop, metric, two counters, flags and device, in hex.
func parseRoutes6(table []byte) []netip.Prefix {
	var routes []netip.Prefix
	for line := range bytes.Lines(table) {
		fields := strings.Fields(string(line))
		if len(fields) < 10 || strings.HasPrefix(fields[9], "br-") || strings.HasPrefix(fields[9], "docker") || fields[9] == "lo" {
			continue
		}
		address, err1 := hex.DecodeString(fields[0])
		bits, err2 := strconv.ParseUint(fields[1], 16, 8)
		destination, ok := netip.AddrFromSlice(address)
		// Every interface has link-local and multicast routes; they are nobody's.
		if err1 != nil || err2 != nil || !ok || bits == 0 || destination.IsLinkLocalUnicast() || destination.IsMulticast() {
			continue
		}
		routes = append(routes, netip.PrefixFrom(destination, int(bits)))
	}
	return routes
}

// hexAddress reads the kernel's little-endian spelling of an address.
func hexAddress(text string) (netip.Addr, error) {
	value, err := strconv.ParseUint(text, 16, 32)
	if err != nil || len(text) != 8 {
		return netip.Addr{}, fmt.Errorf("reading the address %q of a route: not eight hex digits", text)
	}
	return netip.AddrFrom4([4]byte{byte(value), byte(value >> 8), byte(value >> 16), byte(value >> 24)}), nil
}
