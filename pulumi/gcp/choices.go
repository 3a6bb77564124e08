package gcp

import (
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

var _ config.Choosing = (*Block)(nil)

// Choices are what a config can say about Google Cloud, or usually does. Only
// the project knows all of it: preflight asks.
func (b *Block) Choices(cluster *config.Cluster) map[string]config.Choices {
	used := block(cluster)
	zones := config.Choices{Values: used.Zones, Open: true, Of: "spec.gcp.zones"}
	return map[string]config.Choices{
		"spec.gcp.region":                   {Values: regions(), Open: true},
		"spec.gcp.zones[]":                  {Values: zonesOf(used.Region), Open: true, Of: "spec.gcp.region"},
		"spec.gcp.os":                       {Values: target.OperatingSystems()},
		"spec.controlPlane.machine.type":    usual("spec.controlPlane.machine.arch", cluster.Spec.ControlPlane.Machine),
		"spec.controlPlane.machine.zones[]": zones,
		"spec.pools[].machine.type":         usual("spec.pools[].machine.arch", target.PoolMachines(cluster)...),
		"spec.pools[].machine.zones[]":      zones,
	}
}

// usual are types of the architectures of the given machines; arch is where the
// config says those.
func usual(arch string, machines ...config.Machine) config.Choices {
	return target.UsualMachines(arch, usualTypes(), archOf, machines...)
}

// usualTypes are general ones, the defaults among them
// (https://cloud.google.com/compute/docs/general-purpose-machines).
func usualTypes() []string {
	return []string{
		"e2-standard-2", "e2-standard-4", "e2-standard-8", "n2-standard-2", "n2-standard-4", "n2-standard-8",
		"n2d-standard-2", "n2-highmem-2", "n2-highmem-4", "n4-standard-2", "c3-standard-4",
		"t2a-standard-2", "t2a-standard-4", "t2a-standard-8",
	}
}

// regions are those for which the discovery documents of google.golang.org/api
// v0.297.0 (file/v1, dataflow/v1b3, sqladmin/v1beta4) all have an endpoint,
// without the ones that Google's public lists
// (https://cloud.google.com/memorystore/docs/memcached/regions) do not name.
func regions() []string {
	return []string{
		"us-central1", "us-east1", "us-east4", "us-east5", "us-south1", "us-west1", "us-west2", "us-west3", "us-west4",
		"northamerica-northeast1", "northamerica-northeast2", "northamerica-south1", "southamerica-east1", "southamerica-west1",
		"europe-central2", "europe-north1", "europe-north2", "europe-southwest1", "europe-west1", "europe-west2", "europe-west3",
		"europe-west4", "europe-west6", "europe-west8", "europe-west9", "europe-west10", "europe-west12",
		"africa-south1", "me-central1", "me-central2", "me-west1",
		"asia-east1", "asia-east2", "asia-northeast1", "asia-northeast2", "asia-northeast3", "asia-south1", "asia-south2",
		"asia-southeast1", "asia-southeast2", "australia-southeast1", "australia-southeast2",
	}
}
