package gcp

import (
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

var _ target.Sketched = (*Block)(nil)

// Sketch tells what is around the hosts: see endpoint.go and network.go.
func (*Block) Sketch(cluster *config.Cluster) target.Sketch {
	b := block(cluster)
	s := target.Sketch{
		Place: "Google Cloud, " + b.Region, Network: "VPC network", Existing: b.Existing.Network != "",
		Users: b.Access.APICIDRs, SSH: b.Access.SSHCIDRs,
	}
	for _, zone := range unique(b.Zones) {
		s.Zones = append(s.Zones, target.Zone{Name: zone})
	}
	if !b.Access.PrivateEndpoint {
		s.Fronts = append(s.Fronts, target.Front{Name: "external load balancer", Users: true})
	}
	s.Fronts = append(s.Fronts, target.Front{Name: "internal load balancer", Users: b.Access.PrivateEndpoint, Nodes: true})
	if b.Existing.Subnetwork == "" {
		s.WaysOut = []string{"Cloud NAT"}
	}
	return s
}
