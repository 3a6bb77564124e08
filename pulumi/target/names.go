package target

import "fmt"

// Keys of the labels that every resource carries, so that whatever exists of a
// cluster can be found without its state.
const (
	ClusterLabel = "kubernetes-anywhere.cluster"
	RoleLabel    = "kubernetes-anywhere.role"
	PoolLabel    = "kubernetes-anywhere.pool"
)

// Labels are what every resource of a cluster carries.
func Labels(cluster string) map[string]string {
	return map[string]string{ClusterLabel: cluster}
}

// HostLabels are Labels with what the host is for; pool is empty for a control
// plane.
func HostLabels(cluster, role, pool string) map[string]string {
	labels := Labels(cluster)
	labels[RoleLabel] = role
	if pool != "" {
		labels[PoolLabel] = pool
	}
	return labels
}

// MostControlPlanes is the largest number that any config had or may come to
// have: whoever goes by names goes through that many.
const MostControlPlanes = 9

// ControlPlaneName is the name of the nth control plane, counted from 1.
func ControlPlaneName(cluster string, n int) string {
	return fmt.Sprintf("%s-control-plane-%d", cluster, n)
}

// WorkerName is the name of the nth worker of a pool, counted from 1, on
// targets that name workers themselves.
func WorkerName(cluster, pool string, n int) string {
	return fmt.Sprintf("%s-%s-%d", cluster, pool, n)
}

// EtcdDiskName is the name of the disk that the nth control plane keeps etcd's
// data on, counted from 1: what no replaced machine may take with it.
func EtcdDiskName(cluster string, n int) string {
	return ControlPlaneName(cluster, n) + "-etcd"
}
