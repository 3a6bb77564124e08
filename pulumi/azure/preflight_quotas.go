package azure

import (
	"context"
	"fmt"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// quotas finds those that are too small.
func (f *flight) quotas(ctx context.Context, known map[string]MachineType) []diag.Problem {
	reported, err := f.api.Quotas(ctx)
	if err != nil {
		return []diag.Problem{f.unanswered("reading quotas", err)}
	}
	// What cannot be listed counts as not there: the quota then asks for more
	// than is needed, and Leftovers is where a refusal is an error.
	have, _ := f.api.Resources(ctx)
	var all []live.Quota
	for _, q := range reported {
		all = append(all, live.Quota{Name: canonical(q.Name), Words: q.Words, Limit: q.Limit, Used: q.Usage})
	}
	return live.Short(needs(f.in.Cluster, f.block, known, have), all, func(q live.Quota, total float64) string {
		return fmt.Sprintf("plan less of it, or ask for %.0f at https://portal.azure.com/#view/Microsoft_Azure_Capacity/QuotaMenuBlade/~/myQuotas; 'az vm list-usage --location %s --output table' shows all",
			total, f.block.Location)
	})
}

// canonical is a quota's name as its list and the list of machine types agree
// on it: they differ in capitals.
func canonical(quota string) string { return strings.ToLower(quota) }

// needs is what the plan takes of the quotas, beside what the cluster has
// already.
func needs(cluster *config.Cluster, b Block, known map[string]MachineType, have []Resource) []live.Need {
	count, machines := map[string]int{}, map[string]int{}
	for _, r := range have {
		count[canonical(r.Kind)]++
		if r.Type != "" {
			machines[r.Type] += r.Count
		}
	}
	// The list of resources tells no machine's size, but which machines there
	// are of a name: control planes are of the config's.
	planes := min(count[canonical(machineKind)], cluster.Spec.ControlPlane.Count)
	machines[cluster.Spec.ControlPlane.Machine.Type] += planes
	var all []live.Need
	add := func(quota string, amount int, what, path string) {
		all = append(all, live.Need{Quota: canonical(quota), Amount: float64(amount), For: what, Path: path})
	}
	for _, d := range live.Missing(live.Demands(cluster), machines) {
		cpus, what := d.Count*known[d.Type].CPUs, fmt.Sprintf("%d × %s for %s", d.Count, d.Type, d.For)
		if d.Spot {
			add("lowPriorityCores", cpus, what, d.Path+".type")
			continue
		}
		add("cores", cpus, what, d.Path+".type")
		add(known[d.Type].Family, cpus, what, d.Path+".type")
	}
	add("PremiumDiskCount", cluster.Spec.ControlPlane.Count-planes, "etcd's disks", "spec.controlPlane.etcdDiskGB")
	add("VirtualMachineScaleSets", len(cluster.Spec.Pools)-count[canonical(scaleSetKind)], "the pools", "spec.pools")
	addresses := 0
	if !b.Access.PrivateEndpoint {
		addresses++
	}
	if b.Existing.Subnet == "" {
		addresses++
		add("VirtualNetworks", 1-count["microsoft.network/virtualnetworks"], "the cluster's network", "spec.azure.existing.subnet")
		add("NatGateways", 1-count["microsoft.network/natgateways"], "the way out", "spec.azure.existing.subnet")
	}
	for _, quota := range []string{"PublicIPAddresses", "StandardSkuPublicIpAddresses", "IPv4StandardSkuPublicIpAddresses"} {
		add(quota, addresses-count["microsoft.network/publicipaddresses"], "the public addresses of the API and the way out", "spec.azure.access.privateEndpoint")
	}
	return all
}
