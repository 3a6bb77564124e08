package azure

import (
	"fmt"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi-azure-native-sdk/compute/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// How a pool is rolled over when its machines are to be others, in percent of
// them. A batch of new machines comes before the old ones go; 5 is the least
// that Azure takes, and it is never less than one machine. How many of the old
// ones are healthy does not matter: rolling is how a broken pool is mended. New
// ones that do not become healthy stop it.
const (
	batchPercent        = 5
	unhealthyPercent    = 100
	newUnhealthyPercent = 20
)

// The kubelet tells that it is healthy on this port of its own host.
const kubeletHealthPort = 10248

// pools declares a scale set for each.
func (p *program) pools(in place, bundles target.Bundles) ([]target.PoolExport, error) {
	var made []target.PoolExport
	for _, pool := range p.in.Cluster.Spec.Pools {
		group, err := p.pool(in, bundles, pool)
		if err != nil {
			return nil, err
		}
		made = append(made, target.PoolExport{Name: pool.Name, Group: group.ID(), Count: pool.Count, Max: pool.Max})
	}
	return made, nil
}

func (p *program) pool(in place, bundles target.Bundles, pool config.Pool) (*compute.VirtualMachineScaleSet, error) {
	name := p.called(pool.Name)
	reader, err := p.identity(pool.Name, node.Worker, pool.Name)
	if err != nil {
		return nil, err
	}
	bundle, err := p.keep(in.store, reader, bundles.Worker(pool.Name), node.Worker, pool.Name)
	if err != nil {
		return nil, err
	}
	options := []pulumi.ResourceOption{
		// Its name is taken until it is gone.
		pulumi.DeleteBeforeReplace(true),
		pulumi.ReplaceOnChanges(fixedOfScaleSet()),
		pulumi.DependsOn([]pulumi.Resource{bundle.grant}),
	}
	if pool.Max > 0 {
		// Something else scales it.
		options = append(options, pulumi.IgnoreChanges([]string{"sku.capacity"}))
	}
	group, err := compute.NewVirtualMachineScaleSet(p.ctx, name, p.scaleSet(name, in, bundle, pool), p.options(options...)...)
	if err != nil {
		return nil, fmt.Errorf("declaring the scale set %q: %w", name, err)
	}
	return group, nil
}

// fixedOfScaleSet are what Azure does not change of a scale set that exists, by
// its page on modifying them. All else rolls.
func fixedOfScaleSet() []string {
	const machines = "virtualMachineProfile."
	return []string{
		"zones",
		machines + "priority", machines + "evictionPolicy", machines + "billingProfile",
		machines + "storageProfile.imageReference.publisher", machines + "storageProfile.imageReference.offer",
		machines + "storageProfile.osDisk.managedDisk.storageAccountType",
	}
}

// scaleSet is a pool of as many machines as one scale set can hold: more than
// one placement group, and none made in surplus only to be deleted again.
func (p *program) scaleSet(name string, in place, bundle stored, pool config.Pool) *compute.VirtualMachineScaleSetArgs {
	set := &compute.VirtualMachineScaleSetArgs{
		VmScaleSetName:    pulumi.String(name),
		ResourceGroupName: p.group,
		Location:          pulumi.String(p.block.Location),
		OrchestrationMode: pulumi.String("Uniform"),
		Sku: compute.SkuArgs{
			Name:     pulumi.String(pool.Machine.Type),
			Tier:     pulumi.String("Standard"),
			Capacity: pulumi.Float64(float64(pool.Count)),
		},
		Identity: compute.VirtualMachineScaleSetIdentityArgs{
			Type:                   compute.ResourceIdentityTypeUserAssigned,
			UserAssignedIdentities: pulumi.StringArray{bundle.reader.ID()},
		},
		Overprovision:        pulumi.Bool(false),
		SinglePlacementGroup: pulumi.Bool(false),
		UpgradePolicy: compute.UpgradePolicyArgs{
			Mode: compute.UpgradeModeRolling,
			RollingUpgradePolicy: compute.RollingUpgradePolicyArgs{
				MaxSurge:                            pulumi.Bool(true),
				MaxBatchInstancePercent:             pulumi.Int(batchPercent),
				MaxUnhealthyInstancePercent:         pulumi.Int(unhealthyPercent),
				MaxUnhealthyUpgradedInstancePercent: pulumi.Int(newUnhealthyPercent),
				PauseTimeBetweenBatches:             pulumi.String("PT0S"),
				PrioritizeUnhealthyInstances:        pulumi.Bool(true),
			},
		},
		VirtualMachineProfile: p.workers(name, in, bundle, pool),
		Tags:                  p.ofPool(pool),
	}
	if len(pool.Machine.Zones) > 0 {
		set.Zones = zoneList(pool.Machine.Zones...)
		// Spread as far as Azure can within a zone.
		set.PlatformFaultDomainCount = pulumi.Int(1)
	}
	return set
}

// workers are the machines of a scale set.
func (p *program) workers(name string, in place, bundle stored, pool config.Pool) compute.VirtualMachineScaleSetVMProfileArgs {
	machines := compute.VirtualMachineScaleSetVMProfileArgs{
		OsProfile: compute.VirtualMachineScaleSetOSProfileArgs{
			// Azure adds six letters and digits to it.
			ComputerNamePrefix: pulumi.String(name + "-"),
			AdminUsername:      pulumi.String(user),
			CustomData:         p.customData(bundle),
			LinuxConfiguration: p.login(),
		},
		StorageProfile: compute.VirtualMachineScaleSetStorageProfileArgs{
			ImageReference: p.image(pool.Machine.Arch),
			OsDisk: compute.VirtualMachineScaleSetOSDiskArgs{
				CreateOption: pulumi.String("FromImage"),
				Caching:      compute.CachingTypesReadWrite,
				DiskSizeGB:   pulumi.Int(pool.Machine.DiskGB),
				ManagedDisk:  compute.VirtualMachineScaleSetManagedDiskParametersArgs{StorageAccountType: pulumi.String(bootDisk)},
			},
		},
		NetworkProfile:     workersNetwork(in),
		ExtensionProfile:   compute.VirtualMachineScaleSetExtensionProfileArgs{Extensions: compute.VirtualMachineScaleSetExtensionTypeArray{health()}},
		DiagnosticsProfile: console(),
	}
	if pool.Spot {
		machines.Priority = pulumi.String("Spot")
		machines.EvictionPolicy = pulumi.String("Delete")
		// Any price up to that of a machine that stays.
		machines.BillingProfile = compute.BillingProfileArgs{MaxPrice: pulumi.Float64(-1)}
	}
	return machines
}

// workersNetwork gives each machine one address of the subnet and none beside.
func workersNetwork(in place) compute.VirtualMachineScaleSetNetworkProfileArgs {
	return compute.VirtualMachineScaleSetNetworkProfileArgs{
		NetworkInterfaceConfigurations: compute.VirtualMachineScaleSetNetworkConfigurationArray{
			compute.VirtualMachineScaleSetNetworkConfigurationArgs{
				Name:                 pulumi.String("node"),
				Primary:              pulumi.Bool(true),
				NetworkSecurityGroup: compute.SubResourceArgs{Id: optional(in.rules)},
				IpConfigurations: compute.VirtualMachineScaleSetIPConfigurationArray{
					compute.VirtualMachineScaleSetIPConfigurationArgs{
						Name:                      pulumi.String("node"),
						Primary:                   pulumi.Bool(true),
						PrivateIPAddressVersion:   pulumi.String("IPv4"),
						Subnet:                    compute.ApiEntityReferenceArgs{Id: optional(in.subnet)},
						ApplicationSecurityGroups: compute.SubResourceArray{compute.SubResourceArgs{Id: optional(in.nodes)}},
					},
				},
			},
		},
	}
}

// health has Azure's agent ask the kubelet, whose answer does not leave the
// host, whether it is well.
func health() compute.VirtualMachineScaleSetExtensionTypeArgs {
	return compute.VirtualMachineScaleSetExtensionTypeArgs{
		Name:                    pulumi.String("health"),
		Publisher:               pulumi.String("Microsoft.ManagedServices"),
		Type:                    pulumi.String("ApplicationHealthLinux"),
		TypeHandlerVersion:      pulumi.String("1.0"),
		AutoUpgradeMinorVersion: pulumi.Bool(true),
		Settings: pulumi.Map{
			"protocol":    pulumi.String("http"),
			"port":        pulumi.Int(kubeletHealthPort),
			"requestPath": pulumi.String("/healthz"),
		},
	}
}
