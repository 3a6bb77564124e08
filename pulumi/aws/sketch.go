package aws

import (
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

var _ target.Sketched = (*Block)(nil)

// Sketch tells what is around the hosts: see endpoint.go, network.go and
// layout.go.
func (*Block) Sketch(cluster *config.Cluster) target.Sketch {
	b := block(cluster)
	s := target.Sketch{
		Place: "AWS, " + b.Region, Network: "VPC", Existing: b.Existing.Network != "",
		Users: b.Access.APICIDRs, SSH: b.Access.SSHCIDRs,
	}
	// A range that cannot be shared out is refused by Validate.
	shares, err := share(cluster.Spec.Network.NodeCIDR, len(b.Zones))
	for i, name := range b.Zones {
		zone := target.Zone{Name: name, Subnet: b.Existing.Subnets[name]}
		if !s.Existing && err == nil {
			zone.Subnet = shares.private[i].String()
		}
		s.Zones = append(s.Zones, zone)
	}
	if len(b.publicZones()) > 0 {
		s.Fronts = append(s.Fronts, target.Front{Name: "public Network Load Balancer", Users: true})
	}
	s.Fronts = append(s.Fronts, target.Front{Name: "internal Network Load Balancer", Users: b.Access.PrivateEndpoint, Nodes: true})
	for i := range b.gateways() {
		s.WaysOut = append(s.WaysOut, "NAT gateway, "+b.Zones[i])
	}
	return s
}
