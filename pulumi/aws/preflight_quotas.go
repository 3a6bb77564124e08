package aws

import (
	"context"
	"fmt"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// AWS's codes of the quotas that a cluster takes from, each of one region.
// Source: 'aws service-quotas list-service-quotas --service-code …'.
const (
	cpuQuota     = "L-1216C47A" // ec2: running on-demand standard instances, in processors
	spotQuota    = "L-34B43A08" // ec2: all standard spot instance requests, in processors
	addressQuota = "L-0263D0A3" // ec2: Elastic IPs
	networkQuota = "L-F678F1CE" // vpc: VPCs
	diskQuota    = "L-7A658B76" // ebs: storage for gp3 volumes, in TiB
)

// limit is a quota and how much of it is taken.
type limit struct {
	service, code, words string
	used                 func(Usage) float64
	// unit is by how much the quota's number is larger than ours.
	unit float64
}

func limits() []limit {
	return []limit{
		{"ec2", cpuQuota, "processors of on-demand machines", func(u Usage) float64 { return float64(u.CPUs) }, 1},
		{"ec2", spotQuota, "processors of spot machines", func(u Usage) float64 { return float64(u.SpotCPUs) }, 1},
		{"ec2", addressQuota, "Elastic IP addresses", func(u Usage) float64 { return float64(u.Addresses) }, 1},
		{"vpc", networkQuota, "VPCs", func(u Usage) float64 { return float64(u.Networks) }, 1},
		{"ebs", diskQuota, "GiB of gp3 disks", func(u Usage) float64 { return float64(u.DiskGiB) }, 1024},
	}
}

// quotas finds those that are too small. Who may make a cluster need not be
// allowed to read quotas: what is refused is left for the cloud to say.
func (f *flight) quotas(ctx context.Context, cpus map[string]int) []diag.Problem {
	usage, err := f.api.Usage(ctx)
	if err != nil {
		return []diag.Problem{f.unanswered("counting what the account has", err)}
	}
	// What cannot be listed counts as not there: the quota then asks for more
	// than is needed, and Leftovers is where a refusal is an error.
	have, _ := f.api.Resources(ctx)
	all := limits()
	quotas, failures := make([]live.Quota, len(all)), make([]error, len(all))
	live.Each(len(all), func(i int) {
		value, err := f.api.Quota(ctx, all[i].service, all[i].code)
		quotas[i] = live.Quota{Name: all[i].code, Words: all[i].words, Limit: value * all[i].unit, Used: all[i].used(usage)}
		if err != nil {
			quotas[i].Limit, failures[i] = -1, err
		}
	})
	var problems []diag.Problem
	for i, err := range failures {
		if err != nil && !live.Because(err, live.Denied) && !live.Because(err, live.NotFound) {
			problems = append(problems, f.unanswered("reading the quota of "+all[i].words, err))
		}
	}
	return append(problems, live.Short(needs(f.in.Cluster, f.block, cpus, have), quotas, f.raise)...)
}

// raise is the command that asks for more of a quota.
func (f *flight) raise(q live.Quota, total float64) string {
	for _, l := range limits() {
		if l.code == q.Name {
			return fmt.Sprintf("plan less, or ask for more: aws service-quotas request-service-quota-increase --region %s --service-code %s --quota-code %s --desired-value %.0f",
				f.block.Region, l.service, l.code, max(1, (total+l.unit-1)/l.unit))
		}
	}
	return "plan less"
}

// needs is what the plan takes of the quotas, beside what the cluster has
// already. cpus are the processors of each machine type.
func needs(cluster *config.Cluster, b Block, cpus map[string]int, have []Resource) []live.Need {
	types, count := map[string]int{}, map[string]int{}
	for _, r := range have {
		count[r.Kind]++
		if r.Kind == "instance" {
			types[r.Type]++
		}
	}
	var all []live.Need
	add := func(quota string, amount int, what, path string) {
		all = append(all, live.Need{Quota: quota, Amount: float64(amount), For: what, Path: path})
	}
	for _, d := range live.Missing(live.Demands(cluster), types) {
		quota := cpuQuota
		if d.Spot {
			quota = spotQuota
		}
		if standard(d.Type) {
			add(quota, d.Count*cpus[d.Type], fmt.Sprintf("%d × %s for %s", d.Count, d.Type, d.For), d.Path+".type")
		}
		add(diskQuota, d.Count*gibibytes(d.DiskGB), fmt.Sprintf("%d disks of %d GB for %s", d.Count, d.DiskGB, d.For), d.Path+".diskGB")
	}
	etcd := cluster.Spec.ControlPlane
	if count["instance"] == 0 {
		add(diskQuota, etcd.Count*gibibytes(etcd.EtcdDiskGB), fmt.Sprintf("%d disks of %d GB for etcd", etcd.Count, etcd.EtcdDiskGB), "spec.controlPlane.etcdDiskGB")
	}
	addresses := b.gateways() + len(b.publicZones())
	add(addressQuota, addresses-count["elastic-ip"],
		fmt.Sprintf("%d for the way out, %d for the API", b.gateways(), len(b.publicZones())), "spec.aws.zones")
	if b.Existing.Network == "" {
		add(networkQuota, 1-count["vpc"], "the cluster's network", "spec.aws.existing.network")
	}
	return all
}
