package azure

import (
	"fmt"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// Bill lists what is paid for while the cluster exists. Traffic, operations of
// the vault and storage of the console's log are paid for by use.
func (*Target) Bill(cluster *config.Cluster) []target.Charge {
	b, spec := block(cluster), cluster.Spec
	const planes = "control plane"
	machine, count := spec.ControlPlane.Machine, spec.ControlPlane.Count
	charges := []target.Charge{
		{Count: count, What: machine.Type, For: planes},
		{Count: count, What: disk("Standard SSD", machine.DiskGB), For: planes},
		{Count: count, What: disk("Premium SSD", spec.ControlPlane.EtcdDiskGB), For: "etcd"},
	}
	for _, pool := range spec.Pools {
		kind, of := pool.Machine.Type, "pool "+pool.Name
		if pool.Spot {
			kind += " (spot)"
		}
		charges = append(charges,
			target.Charge{Count: pool.Count, Max: pool.Max, What: kind, For: of},
			target.Charge{Count: pool.Count, Max: pool.Max, What: disk("Standard SSD", pool.Machine.DiskGB), For: of},
		)
	}
	balancers, addresses := 1, 0
	if !b.Access.PrivateEndpoint {
		balancers, addresses = balancers+1, addresses+1
	}
	charges = append(charges, target.Charge{Count: balancers, What: "Standard load balancer", For: "API"})
	if addresses > 0 {
		charges = append(charges, target.Charge{Count: addresses, What: "Standard public IP address", For: "API"})
	}
	if b.Existing.Subnet == "" {
		charges = append(charges,
			target.Charge{Count: 1, What: "NAT gateway", For: "the way out"},
			target.Charge{Count: 1, What: "Standard public IP address", For: "the way out"},
		)
	}
	return append(charges, target.Charge{Count: 1, What: "Key Vault (by operations)", For: "node bundles"})
}

func disk(kind string, size int) string { return fmt.Sprintf("%s disk, %d GiB", kind, size) }
