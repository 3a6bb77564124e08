package azure

import (
	"fmt"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi-azure-native-sdk/compute/v2"
	net "github.com/pulumi/pulumi-azure-native-sdk/network/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Disks. etcd waits for every write to be on its disk: that one is of the kind
// that is quick to say so. All are encrypted with Azure's keys, as every
// managed disk is.
const (
	bootDisk   = "StandardSSD_LRS"
	etcdDisk   = "Premium_LRS"
	encryption = "EncryptionAtRestWithPlatformKey"
)

// etcdDevice is where a host finds the first disk that was attached to it: the
// links are made by the rules of Azure's agent, which is in all images.
const (
	etcdLUN    = 0
	etcdDevice = "/dev/disk/azure/scsi1/lun0"
)

// controlPlanes declares them, each with an address and a disk for etcd that
// stay when the machine is replaced.
func (p *program) controlPlanes(in place, api *endpoint, bundles target.Bundles) ([]target.HostExport, error) {
	bundle, err := p.keep(in.store, in.owner, bundles.ControlPlane(), controlPlaneRole, "")
	if err != nil {
		return nil, err
	}
	var made []target.HostExport
	for n, member := range bundles.Members {
		host, err := p.controlPlane(in, api, bundle, member, n+1)
		if err != nil {
			return nil, err
		}
		made = append(made, host)
	}
	return made, nil
}

func (p *program) controlPlane(in place, api *endpoint, bundle stored, member target.MemberInput, n int) (target.HostExport, error) {
	zone := target.ControlPlaneZone(p.in.Cluster, n)
	card, err := p.networkInterface(in, api, member)
	if err != nil {
		return target.HostExport{}, err
	}
	data, err := p.etcdDisk(n, zone)
	if err != nil {
		return target.HostExport{}, err
	}
	args := p.machine(member.Name, bundle, card, data)
	args.Zones = zoneList(zone)
	machine, err := compute.NewVirtualMachine(p.ctx, member.Name, args, p.options(
		// Its name, address and disk are taken until it is gone. What a machine
		// is told at its first boot, it is told once.
		pulumi.DeleteBeforeReplace(true),
		pulumi.ReplaceOnChanges([]string{"osProfile", "storageProfile.imageReference", "storageProfile.osDisk", "zones"}),
		pulumi.DependsOn([]pulumi.Resource{bundle.grant}),
	)...)
	if err != nil {
		return target.HostExport{}, fmt.Errorf("declaring the control plane %q: %w", member.Name, err)
	}
	return target.HostExport{
		Name: member.Name, Role: node.ControlPlane, Zone: zone, Address: member.Address,
		ProviderID: machine.ID().ApplyT(func(pulumi.ID) string { return p.providerID(member.Name) }).(pulumi.StringOutput),
	}, nil
}

// machine is a control plane with its parts.
func (p *program) machine(name string, bundle stored, card *net.NetworkInterface, data *compute.Disk) *compute.VirtualMachineArgs {
	kind := p.in.Cluster.Spec.ControlPlane.Machine
	return &compute.VirtualMachineArgs{
		VmName:            pulumi.String(name),
		ResourceGroupName: p.group,
		Location:          pulumi.String(p.block.Location),
		HardwareProfile:   compute.HardwareProfileArgs{VmSize: pulumi.String(kind.Type)},
		Identity: compute.VirtualMachineIdentityArgs{
			Type:                   compute.ResourceIdentityTypeUserAssigned,
			UserAssignedIdentities: pulumi.StringArray{bundle.reader.ID()},
		},
		NetworkProfile: compute.NetworkProfileArgs{NetworkInterfaces: compute.NetworkInterfaceReferenceArray{
			compute.NetworkInterfaceReferenceArgs{Id: card.ID(), Primary: pulumi.Bool(true), DeleteOption: pulumi.String("Detach")},
		}},
		OsProfile: compute.OSProfileArgs{
			ComputerName:       pulumi.String(name),
			AdminUsername:      pulumi.String(user),
			CustomData:         p.customData(bundle),
			LinuxConfiguration: p.login(),
		},
		StorageProfile: compute.StorageProfileArgs{
			ImageReference: p.image(kind.Arch),
			OsDisk: compute.OSDiskArgs{
				CreateOption: pulumi.String("FromImage"),
				DeleteOption: pulumi.String("Delete"),
				Caching:      compute.CachingTypesReadWrite,
				DiskSizeGB:   pulumi.Int(kind.DiskGB),
				ManagedDisk:  compute.ManagedDiskParametersArgs{StorageAccountType: pulumi.String(bootDisk)},
			},
			DataDisks: compute.DataDiskArray{compute.DataDiskArgs{
				Lun:          pulumi.Int(etcdLUN),
				CreateOption: pulumi.String("Attach"),
				DeleteOption: pulumi.String("Detach"),
				Caching:      compute.CachingTypesNone,
				ManagedDisk:  compute.ManagedDiskParametersArgs{Id: data.ID()},
			}},
		},
		DiagnosticsProfile: console(),
		Tags:               p.tags(node.ControlPlane, ""),
	}
}

// networkInterface has the control plane's address, and puts it behind the
// balancers.
func (p *program) networkInterface(in place, api *endpoint, member target.MemberInput) (*net.NetworkInterface, error) {
	behind := net.BackendAddressPoolArray{}
	for _, pool := range api.pools {
		behind = append(behind, net.BackendAddressPoolArgs{Id: optional(pool)})
	}
	card, err := net.NewNetworkInterface(p.ctx, member.Name, &net.NetworkInterfaceArgs{
		NetworkInterfaceName: pulumi.String(member.Name),
		ResourceGroupName:    p.group,
		Location:             pulumi.String(p.block.Location),
		NetworkSecurityGroup: net.NetworkSecurityGroupTypeArgs{Id: optional(in.rules)},
		IpConfigurations: net.NetworkInterfaceIPConfigurationArray{net.NetworkInterfaceIPConfigurationArgs{
			Name:                            pulumi.String("node"),
			Primary:                         pulumi.Bool(true),
			PrivateIPAddress:                optional(member.Address),
			PrivateIPAllocationMethod:       pulumi.String("Static"),
			PrivateIPAddressVersion:         pulumi.String("IPv4"),
			Subnet:                          net.SubnetTypeArgs{Id: optional(in.subnet)},
			LoadBalancerBackendAddressPools: behind,
			ApplicationSecurityGroups: net.ApplicationSecurityGroupTypeArray{
				net.ApplicationSecurityGroupTypeArgs{Id: optional(in.nodes)},
				net.ApplicationSecurityGroupTypeArgs{Id: optional(in.planes)},
			},
		}},
		Tags: p.tags(node.ControlPlane, ""),
	}, p.options()...)
	if err != nil {
		return nil, fmt.Errorf("declaring the network interface %q: %w", member.Name, err)
	}
	return card, nil
}

// etcdDisk is what no replaced machine may take with it.
func (p *program) etcdDisk(n int, zone string) (*compute.Disk, error) {
	name := target.EtcdDiskName(p.in.Cluster.Metadata.Name, n)
	disk, err := compute.NewDisk(p.ctx, name, &compute.DiskArgs{
		DiskName:          pulumi.String(name),
		ResourceGroupName: p.group,
		Location:          pulumi.String(p.block.Location),
		Zones:             zoneList(zone),
		Sku:               compute.DiskSkuArgs{Name: pulumi.String(etcdDisk)},
		CreationData:      compute.CreationDataArgs{CreateOption: pulumi.String("Empty")},
		DiskSizeGB:        pulumi.Int(p.in.Cluster.Spec.ControlPlane.EtcdDiskGB),
		Encryption:        compute.EncryptionArgs{Type: pulumi.String(encryption)},
		// Nobody exports its content by a link.
		NetworkAccessPolicy: pulumi.String("DenyAll"),
		PublicNetworkAccess: pulumi.String("Disabled"),
		Tags:                p.tags(node.ControlPlane, ""),
	}, p.options()...)
	if err != nil {
		return nil, fmt.Errorf("declaring etcd's disk %q: %w", name, err)
	}
	return disk, nil
}

// providerID is a machine's id as Azure's cloud controller writes it: with the
// resource group in lower case.
func (p *program) providerID(machine string) string {
	return fmt.Sprintf("azure:///subscriptions/%s/resourceGroups/%s/providers/Microsoft.Compute/virtualMachines/%s",
		p.block.Subscription, strings.ToLower(p.groupName()), machine)
}

// zoneList names zones to Azure; in a region that has none, none are named.
func zoneList(zones ...string) pulumi.StringArrayInput {
	if len(zones) == 0 || zones[0] == "" {
		return nil
	}
	return pulumi.ToStringArray(zones)
}
