package azure

import (
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

var _ target.Sketched = (*Block)(nil)

// Sketch tells what is around the hosts: see endpoint.go and network.go.
func (*Block) Sketch(cluster *config.Cluster) target.Sketch {
	b := block(cluster)
	s := target.Sketch{
		Place: "Azure, " + b.Location, Network: "virtual network", Existing: b.Existing.Subnet != "",
		Users: b.Access.APICIDRs, SSH: b.Access.SSHCIDRs,
	}
	for _, zone := range b.Zones {
		s.Zones = append(s.Zones, target.Zone{Name: zone})
	}
	if !b.Access.PrivateEndpoint {
		s.Fronts = append(s.Fronts, target.Front{Name: "public load balancer", Users: true})
	}
	internal := target.Front{Name: "internal load balancer", Users: b.Access.PrivateEndpoint, Nodes: true}
	if at, err := fixedAddress(cluster.Spec.Network, 0); err == nil {
		internal.Listens = []string{hostPort(at)}
	}
	s.Fronts = append(s.Fronts, internal)
	if b.Existing.Subnet == "" {
		s.WaysOut = []string{"NAT gateway"}
	}
	return s
}
