package gcp

import (
	"fmt"
	"slices"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/compute"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/serviceaccount"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// etcdDevice is what the disk of etcd is called on its machine; Google's udev
// rules make the link.
const (
	etcdDeviceName = "etcd"
	etcdDevice     = "/dev/disk/by-id/google-" + etcdDeviceName
)

// plane is a control plane before its machine is there.
type plane struct {
	name, zone string
	address    *compute.Address
	disk       *compute.Disk
}

// members declares what outlives the machines: addresses and disks.
func (p *program) members(on network) ([]plane, error) {
	var all []plane
	for i := range p.in.Cluster.Spec.ControlPlane.Count {
		m := plane{name: target.ControlPlaneName(p.cluster, i+1), zone: target.ControlPlaneZone(p.in.Cluster, i+1)}
		var err error
		if m.address, err = p.address(m.name, p.controlPlaneLabels(), on.subnet); err != nil {
			return nil, err
		}
		disk := target.EtcdDiskName(p.cluster, i+1)
		m.disk, err = compute.NewDisk(p.ctx, disk, &compute.DiskArgs{
			Name: pulumi.String(disk), Project: p.project(), Zone: pulumi.String(m.zone),
			Description: p.description("etcd's data; outlives the machine"),
			Labels:      p.controlPlaneLabels(),
			Type:        pulumi.String(etcdDisk(p.in.Cluster.Spec.ControlPlane.Machine.Type)),
			Size:        pulumi.Int(p.in.Cluster.Spec.ControlPlane.EtcdDiskGB),
		}, p.fixed)
		if err != nil {
			return nil, p.failed("disk", disk, err)
		}
		all = append(all, m)
	}
	return all, nil
}

func (p *program) controlPlaneLabels() pulumi.StringMap {
	return labelled(target.HostLabels(p.cluster, node.ControlPlane, ""))
}

// inputs are the members as bundles have them.
func inputs(members []plane) []target.MemberInput {
	var all []target.MemberInput
	for _, m := range members {
		all = append(all, target.MemberInput{Name: m.name, Address: m.address.Address, EtcdDevice: pulumi.String(etcdDevice)})
	}
	return all
}

// controlPlanes declares the machines, and the groups by which load balancers
// find them: one a zone.
func (p *program) controlPlanes(on network, members []plane, bundles target.Bundles, who *serviceaccount.Account) ([]target.HostExport, []*compute.InstanceGroup, error) {
	bundle := bundles.ControlPlane()
	secret, err := p.seal(p.cluster+"-"+node.ControlPlane, target.HostLabels(p.cluster, node.ControlPlane, ""), bundle, who)
	if err != nil {
		return nil, nil, err
	}
	metadata := p.metadata(secret.url, bundle)
	var hosts []target.HostExport
	var groups []*compute.InstanceGroup
	inZone := map[string]*compute.InstanceGroup{}
	for _, m := range members {
		group, found := inZone[m.zone]
		if !found {
			if group, err = p.group(on, m.zone); err != nil {
				return nil, nil, err
			}
			inZone[m.zone], groups = group, append(groups, group)
		}
		if err := p.controlPlane(on, m, metadata, who, group, slices.Concat(secret.ready, on.out)); err != nil {
			return nil, nil, err
		}
		hosts = append(hosts, target.HostExport{
			Name: m.name, Role: node.ControlPlane, Zone: m.zone, Address: m.address.Address,
			ProviderID: pulumi.String(fmt.Sprintf("gce://%s/%s/%s", p.block.Project, m.zone, m.name)),
		})
	}
	return hosts, groups, nil
}

// controlPlane declares one machine and puts it into its group. Its first boot
// is all there is to it: where that changes, another machine takes over
// address and disk.
func (p *program) controlPlane(on network, m plane, metadata pulumi.StringMap, who *serviceaccount.Account, group *compute.InstanceGroup, after []pulumi.Resource) error {
	machine := p.in.Cluster.Spec.ControlPlane.Machine
	args := &compute.InstanceArgs{
		Name: pulumi.String(m.name), Project: p.project(), Zone: pulumi.String(m.zone),
		Description: p.description("control plane"),
		Labels:      p.controlPlaneLabels(),
		Tags:        pulumi.StringArray{pulumi.String(nodeTag(p.cluster))},
		MachineType: pulumi.String(machine.Type),
		// Another machine type takes a stop, not another machine.
		AllowStoppingForUpdate: pulumi.Bool(true),
		BootDisk: compute.InstanceBootDiskArgs{
			AutoDelete: pulumi.Bool(true),
			InitializeParams: compute.InstanceBootDiskInitializeParamsArgs{
				Image: pulumi.String(p.block.image(machine)),
				Type:  pulumi.String(bootDisk(machine.Type)), Size: pulumi.Int(machine.DiskGB),
				Labels: p.controlPlaneLabels(),
			},
		},
		AttachedDisks: compute.InstanceAttachedDiskArray{compute.InstanceAttachedDiskArgs{
			Source: m.disk.SelfLink, DeviceName: pulumi.String(etcdDeviceName), Mode: pulumi.String("READ_WRITE"),
		}},
		// No access config: no public address.
		NetworkInterfaces: compute.InstanceNetworkInterfaceArray{compute.InstanceNetworkInterfaceArgs{
			Subnetwork: on.subnet.ToStringOutput(), NetworkIp: m.address.Address,
		}},
		// What an account may do, its roles say; scopes are their older double.
		ServiceAccount: compute.InstanceServiceAccountArgs{Email: who.Email, Scopes: pulumi.StringArray{pulumi.String(cloudScope)}},
		Metadata:       metadata,
	}
	if p.block.shielded(machine) {
		args.ShieldedInstanceConfig = compute.InstanceShieldedInstanceConfigArgs{
			EnableSecureBoot: pulumi.Bool(true), EnableVtpm: pulumi.Bool(true), EnableIntegrityMonitoring: pulumi.Bool(true),
		}
	}
	instance, err := compute.NewInstance(p.ctx, m.name, args, p.fixed, pulumi.DependsOn(after), pulumi.ReplaceOnChanges([]string{
		fmt.Sprintf("metadata[%q]", startupScriptKey), fmt.Sprintf("metadata[%q]", userDataKey),
	}))
	if err != nil {
		return p.failed("machine", m.name, err)
	}
	_, err = compute.NewInstanceGroupMembership(p.ctx, m.name, &compute.InstanceGroupMembershipArgs{
		Instance: instance.SelfLink, InstanceGroup: group.Name, Project: p.project(), Zone: pulumi.String(m.zone),
	}, p.fixed)
	return p.failed("membership of the machine", m.name, err)
}

// cloudScope lets an account do what its roles say.
const cloudScope = "https://www.googleapis.com/auth/cloud-platform"

// group declares the group of a zone's control planes. It lists none itself:
// see the package's comment.
func (p *program) group(on network, zone string) (*compute.InstanceGroup, error) {
	name := p.cluster + "-" + node.ControlPlane
	group, err := compute.NewInstanceGroup(p.ctx, name+"-"+zone, &compute.InstanceGroupArgs{
		Name: pulumi.String(name), Project: p.project(), Zone: pulumi.String(zone),
		Description: p.description("control planes of a zone, for the load balancers"),
		Network:     on.network.ToStringOutput(),
	}, p.fixed, pulumi.IgnoreChanges([]string{"instances"}))
	return group, p.failed("instance group of zone", zone, err)
}
