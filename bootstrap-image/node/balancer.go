package node

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
)

const (
	// BalancerEndpoint is the API on every node of a balanced cluster, which
	// has no balancer outside: the node's own balancer.
	BalancerEndpoint = "127.0.0.1:6444"
	// BalancerUnit is the unit that runs it.
	BalancerUnit = "kubernetes-anywhere-balancer.service"
	// balancerFolder holds which API servers there were last.
	balancerFolder = "/var/lib/kubernetes-anywhere/balancer"
	kubeletPairs   = kubeletFolder + "/pki"
)

// balancerUnit runs the balancer with no rights but to pass connections on. It
// reads the kubelet's certificate, to ask which API servers there are; until
// the kubelet has one it goes by those of the bundle.
//
// It hangs on to the kubelet's unit by its own Install section: a kubelet
// without it would wait for an API that nobody passes on.
const balancerUnit = `[Unit]
Description=Balancer in front of the Kubernetes API servers
Wants=ENGINE_UNITnetwork-online.target
After=ENGINE_UNITnetwork-online.target
Before=kubelet.service
StartLimitIntervalSec=0

[Service]
ExecStartPre=/bin/mkdir -p PAIRS FOLDER
ExecStartPre=-ENGINE rm --force kubernetes-anywhere-balancer
ExecStart=ENGINE run --rm --name kubernetes-anywhere-balancer --log-driver=none \
  --net=host --read-only --cap-drop=ALL --security-opt=no-new-privileges --security-opt=label=disable \
  --volume AUTHORITY:AUTHORITY:ro \
  --volume PAIRS:PAIRS:ro \
  --volume FOLDER:FOLDER \
  IMAGE balance --listen=LISTEN \
  --authority=AUTHORITY --learn=PAIR --keep=FOLDER/members \
  BACKENDS
ExecStop=-ENGINE stop --time 5 kubernetes-anywhere-balancer
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target kubelet.service
`

// balancer adds the node's own balancer where the cluster has no other.
func (p plan) balancer(t *tree) error {
	if !p.bundle.Balanced {
		return nil
	}
	host, _, err := net.SplitHostPort(p.bundle.Endpoint)
	if address, wrong := netip.ParseAddr(host); err != nil || wrong != nil || !address.IsLoopback() {
		return fmt.Errorf("rendering the balancer of the host %q: the endpoint %q is no loopback address and port; make a new bundle, with %s", p.self.Name, p.bundle.Endpoint, BalancerEndpoint)
	}
	engine := p.engineUnit()
	if engine != "" {
		engine += " "
	}
	var backends []string
	for _, member := range p.bundle.ControlPlanes {
		backends = append(backends, "--backend="+hostPort(member.Address, apiPort))
	}
	t.units[BalancerUnit] = strings.NewReplacer(
		"ENGINE_UNIT", engine, "ENGINE", p.engine(), "IMAGE", p.images.Bootstrap,
		"AUTHORITY", pkiPath("ca.crt"), "PAIRS", kubeletPairs, "PAIR", kubeletClientCurrent,
		"FOLDER", balancerFolder, "LISTEN", p.bundle.Endpoint, "BACKENDS", strings.Join(backends, " "),
	).Replace(balancerUnit)
	preset(t, BalancerUnit)
	return nil
}
