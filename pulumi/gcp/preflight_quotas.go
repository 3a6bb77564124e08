package gcp

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// needs is what the plan takes of the quotas, beside what the cluster has
// already. cpus are the processors of each machine type.
func needs(cluster *config.Cluster, b Block, cpus map[string]int, quotas []Quota, have []Resource) []live.Need {
	types, count := map[string]int{}, map[string]int{}
	external := 0
	for _, r := range have {
		count[r.Kind]++
		if r.Kind == "compute instances" {
			types[r.Type]++
		}
		if r.External {
			external++
		}
	}
	var all []live.Need
	add := func(quota string, amount int, what, path string) {
		all = append(all, live.Need{Quota: quota, Amount: float64(amount), For: what, Path: path})
	}
	for _, d := range live.Missing(live.Demands(cluster), types) {
		what := fmt.Sprintf("%d × %s for %s", d.Count, d.Type, d.For)
		add(cpuMetric(d, quotas), d.Count*cpus[d.Type], what, d.Path+".type")
		add("CPUS_ALL_REGIONS", d.Count*cpus[d.Type], what, d.Path+".type")
		add("INSTANCES", d.Count, what, d.Path)
		add(diskMetric(bootDisk(d.Type)), d.Count*d.DiskGB, fmt.Sprintf("%d disks of %d GB for %s", d.Count, d.DiskGB, d.For), d.Path+".diskGB")
	}
	etcd := cluster.Spec.ControlPlane
	disks := max(0, etcd.Count-kept(have))
	add(diskMetric(etcdDisk(etcd.Machine.Type)), disks*etcd.EtcdDiskGB, fmt.Sprintf("%d disks of %d GB for etcd", disks, etcd.EtcdDiskGB), "spec.controlPlane.etcdDiskGB")
	if !b.Access.PrivateEndpoint {
		add("STATIC_ADDRESSES", 1-external, "the API's public address", "spec.gcp.access.privateEndpoint")
	}
	if b.Existing.Network == "" {
		add("NETWORKS", 1-count["compute networks"], "the cluster's network", "spec.gcp.existing.network")
	}
	if b.Existing.Subnetwork == "" {
		add("SUBNETWORKS", 1-count["compute networks subnets"], "the cluster's subnet", "spec.gcp.existing.subnetwork")
		add("ROUTERS", 1-count["compute routers"], "the way out of the subnet", "spec.gcp.existing.subnetwork")
	}
	pools := len(cluster.Spec.Pools)
	add("REGIONAL_INSTANCE_GROUP_MANAGERS", pools-count["compute instance-groups managed"], fmt.Sprintf("%d pools", pools), "spec.pools")
	add("INSTANCE_TEMPLATES", pools-count["compute instance-templates"], fmt.Sprintf("%d pools", pools), "spec.pools")
	return all
}

// kept counts the disks of etcd that exist.
func kept(have []Resource) int {
	n := 0
	for _, r := range have {
		if r.Kind == "compute disks" && strings.HasSuffix(r.Name, "-etcd") {
			n++
		}
	}
	return n
}

// cpuMetric is the quota that a machine's processors count for: the oldest
// families share one, most others have one of their own. Spot machines have
// one where the project was given one, and else take from the common one.
// Source: https://cloud.google.com/compute/resource-usage#cpu_quota
func cpuMetric(d live.Demand, quotas []Quota) string {
	reported := func(metric string) bool {
		return slices.ContainsFunc(quotas, func(q Quota) bool { return q.Metric == metric && !q.Project && q.Limit > 0 })
	}
	if d.Spot && reported("PREEMPTIBLE_CPUS") {
		return "PREEMPTIBLE_CPUS"
	}
	switch family(d.Type) {
	case "e2", "n1", "f1", "g1", "custom":
		return "CPUS"
	}
	return strings.ToUpper(family(d.Type)) + "_CPUS"
}

// diskMetric is the quota that a disk's size counts for, by the type of disk.
func diskMetric(diskType string) string {
	switch {
	case strings.HasPrefix(diskType, "hyperdisk-balanced"):
		return "HDB_TOTAL_GB"
	case diskType == "pd-standard":
		return "DISKS_TOTAL_GB"
	}
	return "SSD_TOTAL_GB"
}

// limits are the region's quotas and those of the project that the region has
// none of the same name for.
func limits(quotas []Quota, region string) []live.Quota {
	var all []live.Quota
	for _, q := range quotas {
		where := "of region " + region
		if q.Project {
			where = "of the project"
		}
		all = append(all, live.Quota{Name: q.Metric, Words: where, Limit: q.Limit, Used: q.Usage})
	}
	return all
}
