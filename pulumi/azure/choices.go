package azure

import (
	"slices"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

var _ config.Choosing = (*Block)(nil)

// Choices are what a config can say about Azure, or usually does. Only the
// subscription knows all of it: preflight asks.
func (b *Block) Choices(cluster *config.Cluster) map[string]config.Choices {
	zones := config.Choices{Values: b.Zones, Of: "spec.azure.zones"}
	return map[string]config.Choices{
		"spec.azure.location":               {Values: append(zonedLocations(), otherLocations()...), Open: true},
		"spec.azure.zones[]":                {Values: zonesOf(b.Location), Of: "spec.azure.location"},
		"spec.azure.os":                     {Values: target.OperatingSystems()},
		"spec.controlPlane.machine.type":    usual("spec.controlPlane.machine.arch", cluster.Spec.ControlPlane.Machine),
		"spec.controlPlane.machine.zones[]": zones,
		"spec.pools[].machine.type":         usual("spec.pools[].machine.arch", target.PoolMachines(cluster)...),
		"spec.pools[].machine.zones[]":      zones,
	}
}

// zonesOf are the zones of a region: none in those that are known to have
// none.
func zonesOf(location string) []string {
	if slices.Contains(otherLocations(), location) {
		return nil
	}
	return allZones()
}

// usual are types of the architectures of the given machines; arch is where the
// config says those.
func usual(arch string, machines ...config.Machine) config.Choices {
	return target.UsualMachines(arch, usualSizes(), archOf, machines...)
}

// archOf is the architecture of a size.
func archOf(name string) string {
	if size, _ := parseSize(name); size.arm {
		return target.ARM64
	}
	return target.AMD64
}

// usualSizes are general ones, the defaults among them: of the families Dsv5
// and Dpsv5, in which the number is that of processors, with 4 GiB each
// (https://learn.microsoft.com/azure/virtual-machines/sizes/general-purpose/dsv5-series,
// …/dpsv5-series).
func usualSizes() []string {
	return []string{
		defaultAMD64Type, "Standard_D4s_v5", "Standard_D8s_v5", "Standard_D16s_v5",
		defaultARM64Type, "Standard_D4ps_v5", "Standard_D8ps_v5", "Standard_D16ps_v5",
	}
}

// zonedLocations are the regions with zones that are open to everyone, by
// https://learn.microsoft.com/azure/reliability/regions-list of March 2025.
func zonedLocations() []string {
	return []string{
		"eastus", "eastus2", "centralus", "southcentralus", "westus2", "westus3", "canadacentral", "mexicocentral", "brazilsouth",
		"northeurope", "westeurope", "uksouth", "francecentral", "germanywestcentral", "italynorth", "norwayeast", "polandcentral",
		"spaincentral", "swedencentral", "switzerlandnorth", "israelcentral", "qatarcentral", "uaenorth", "southafricanorth",
		"australiaeast", "centralindia", "eastasia", "japaneast", "japanwest", "koreacentral", "newzealandnorth", "southeastasia",
	}
}

// otherLocations are those without zones, of the same list.
func otherLocations() []string {
	return []string{
		"northcentralus", "westcentralus", "westus", "canadaeast", "ukwest",
		"australiacentral", "australiasoutheast", "southindia", "westindia",
	}
}
