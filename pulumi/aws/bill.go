package aws

import (
	"fmt"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

var _ target.Billed = (*Target)(nil)

// Bill lists what is paid for while the cluster exists. Traffic between zones,
// through the NAT gateways and the load balancers, and out, is paid for by use.
func (*Target) Bill(cluster *config.Cluster) []target.Charge {
	b, spec := block(cluster), cluster.Spec
	const planes, wayOut = "control plane", "the way out"
	machine, count := spec.ControlPlane.Machine, spec.ControlPlane.Count
	charges := []target.Charge{
		{Count: count, What: machine.Type, For: planes},
		{Count: count, What: disk(machine.DiskGB), For: planes},
		{Count: count, What: disk(spec.ControlPlane.EtcdDiskGB), For: "etcd"},
	}
	for _, pool := range spec.Pools {
		kind, of := pool.Machine.Type, "pool "+pool.Name
		if pool.Spot {
			kind += " (spot)"
		}
		charges = append(charges,
			target.Charge{Count: pool.Count, Max: pool.Max, What: kind, For: of},
			target.Charge{Count: pool.Count, Max: pool.Max, What: disk(pool.Machine.DiskGB), For: of},
		)
	}
	charges = append(charges, target.Charge{Count: 1, What: "Network Load Balancer", For: "API, for nodes"})
	if addresses := len(b.publicZones()); addresses > 0 {
		charges = append(charges,
			target.Charge{Count: 1, What: "Network Load Balancer", For: "API, for users"},
			target.Charge{Count: addresses, What: "public IPv4 address", For: "API, for users"},
		)
	}
	if gateways := b.gateways(); gateways > 0 {
		charges = append(charges,
			target.Charge{Count: gateways, What: "NAT gateway", For: wayOut},
			target.Charge{Count: gateways, What: "public IPv4 address", For: wayOut},
		)
	}
	return append(charges, target.Charge{Count: 1 + len(spec.Pools), What: "Secrets Manager secret", For: "node bundles"})
}

// gateways is how many NAT gateways are made.
func (b *Block) gateways() int {
	switch {
	case b.Existing.Network != "":
		return 0
	case b.NATPerZone:
		return len(b.Zones)
	}
	return 1
}

// publicZones are the zones that the API's public load balancer stands in: all
// that have a public subnet; none if the endpoint is private.
func (b *Block) publicZones() []string {
	var zones []string
	for _, zone := range b.Zones {
		if !b.Access.PrivateEndpoint && (b.Existing.Network == "" || b.Existing.PublicSubnets[zone] != "") {
			zones = append(zones, zone)
		}
	}
	return zones
}

func disk(gigabytes int) string {
	return fmt.Sprintf("%s disk, %d GiB", diskType, gibibytes(gigabytes))
}
