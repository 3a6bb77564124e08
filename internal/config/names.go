package config

import "fmt"

// controlPlaneWord stands in the names of control plane hosts, where those
// of workers have the name of their pool.
const controlPlaneWord = "control-plane"

// PoolLabel is the label of a worker with the name of its pool: phase 2 sets
// it, and what counts nodes reads it.
const PoolLabel = "kubernetes-anywhere.io/pool"

// ControlPlaneNames are the host and node names of the control plane, in
// order: anywhere-control-plane-1, …
func (c *Cluster) ControlPlaneNames() []string {
	return numbered(c.Metadata.Name+"-"+controlPlaneWord, c.Spec.ControlPlane.Count)
}

// NodeNames are the host and node names of a pool of the named cluster, in
// order: anywhere-workers-1, …
func (p Pool) NodeNames(cluster string) []string {
	return numbered(cluster+"-"+p.Name, p.Count)
}

// NodeCount is the number of nodes of the whole cluster.
func (c *Cluster) NodeCount() int {
	count := c.Spec.ControlPlane.Count
	for _, pool := range c.Spec.Pools {
		count += pool.Count
	}
	return count
}

func numbered(prefix string, count int) []string {
	names := make([]string, 0, max(count, 0))
	for i := range count {
		names = append(names, fmt.Sprintf("%s-%d", prefix, i+1))
	}
	return names
}
