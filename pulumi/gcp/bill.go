package gcp

import (
	"fmt"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// Bill lists what is paid for while the cluster exists. Traffic, which nobody
// can foresee, is not in it.
func (*Target) Bill(cluster *config.Cluster) []target.Charge {
	b, plane := block(cluster), cluster.Spec.ControlPlane
	const forControlPlane, forAPI = "control plane", "API endpoint"
	bill := []target.Charge{
		{Count: plane.Count, What: plane.Machine.Type, For: forControlPlane},
		{Count: plane.Count, What: gigabytes(bootDisk(plane.Machine.Type), plane.Machine.DiskGB), For: forControlPlane},
		{Count: plane.Count, What: gigabytes(etcdDisk(plane.Machine.Type), plane.EtcdDiskGB), For: "etcd"},
	}
	for _, pool := range cluster.Spec.Pools {
		what, forPool := pool.Machine.Type, "pool "+pool.Name
		if pool.Spot {
			what += ", spot"
		}
		bill = append(bill,
			target.Charge{Count: pool.Count, Max: pool.Max, What: what, For: forPool},
			target.Charge{Count: pool.Count, Max: pool.Max, What: gigabytes(bootDisk(pool.Machine.Type), pool.Machine.DiskGB), For: forPool})
	}
	bill = append(bill, target.Charge{Count: 1, What: "forwarding rule (internal load balancer)", For: forAPI})
	if !b.Access.PrivateEndpoint {
		bill = append(bill,
			target.Charge{Count: 1, What: "forwarding rule (external load balancer)", For: forAPI},
			target.Charge{Count: 1, What: "static external IPv4 address", For: forAPI})
	}
	if b.Existing.Subnetwork == "" {
		bill = append(bill, target.Charge{Count: 1, What: "Cloud NAT gateway, and its addresses", For: "the hosts' way out"})
	}
	return append(bill, target.Charge{Count: 1 + len(cluster.Spec.Pools), What: "secret version", For: "node bundles"})
}

// gigabytes is a disk with its size.
func gigabytes(disk string, size int) string { return fmt.Sprintf("%s disk, %d GB", disk, size) }
