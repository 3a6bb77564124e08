package node

import (
	"fmt"
	"net"
	"net/netip"
)

// hairpin leads what an Azure control plane asks of the nodes' address of the
// API to the API server of its own. Azure's internal balancer keeps the
// sender's address, so a connection that it hands back to where it came from
// is lost: on one control plane of three a third of them, on a single one all.
// What asks there is kube-proxy and the network layer, on the host's network.
func (p plan) hairpin() []string {
	host, port, err := net.SplitHostPort(p.bundle.Endpoint)
	if err != nil || p.bundle.Cloud != Azure || p.bundle.Role != ControlPlane {
		return nil
	}
	if _, err := netip.ParseAddr(host); err != nil || host == p.self.Address {
		return nil
	}
	return []string{
		"\tchain api {",
		"\t\ttype nat hook output priority -100; policy accept;",
		fmt.Sprintf("\t\tip daddr %s tcp dport %s counter dnat ip to %s:%d", host, port, p.self.Address, apiPort),
		"\t}",
	}
}
