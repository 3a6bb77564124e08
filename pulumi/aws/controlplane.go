package aws

import (
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ebs"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lb"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// member is what stays of a control plane when its machine is replaced: its
// name, its address, its place behind the load balancers, and etcd's disk.
type member struct {
	name, zone string
	card       *ec2.NetworkInterface
	disk       *ebs.Volume
}

// members makes what stays.
func (p *program) members(net *network, groups firewall, api *endpoint) ([]member, error) {
	var all []member
	for n := 1; n <= p.in.Cluster.Spec.ControlPlane.Count; n++ {
		m := member{name: target.ControlPlaneName(p.cluster, n), zone: target.ControlPlaneZone(p.in.Cluster, n)}
		var err error
		m.card, err = ec2.NewNetworkInterface(p.ctx, m.name, &ec2.NetworkInterfaceArgs{
			SubnetId:       net.private[m.zone],
			SecurityGroups: pulumi.StringArray{groups[node.ControlPlane].ID()},
			Description:    pulumi.String("kubernetes-anywhere: the address of " + m.name),
			Tags:           p.ofControlPlane(m.name),
		}, p.with()...)
		if err != nil {
			return nil, declaring("network interface", m.name, err)
		}
		if m.disk, err = p.etcdDisk(n, m.zone); err != nil {
			return nil, err
		}
		for _, to := range api.targets {
			_, err := lb.NewTargetGroupAttachment(p.ctx, m.name+"-"+to.purpose, &lb.TargetGroupAttachmentArgs{
				TargetGroupArn: to.group.Arn, TargetId: m.card.PrivateIp, Port: pulumi.Int(apiPort),
			}, p.with()...)
			if err != nil {
				return nil, declaring("target", m.name, err)
			}
		}
		all = append(all, m)
	}
	return all, nil
}

// etcdDisk makes the disk that outlives the machine. What it was made from is
// no reason to replace it; its zone is, and the guard of the CLI, which knows
// its name, stops that.
func (p *program) etcdDisk(n int, zone string) (*ebs.Volume, error) {
	name := target.EtcdDiskName(p.cluster, n)
	disk, err := ebs.NewVolume(p.ctx, name, &ebs.VolumeArgs{
		AvailabilityZone: pulumi.String(zone),
		Size:             pulumi.Int(gibibytes(p.in.Cluster.Spec.ControlPlane.EtcdDiskGB)),
		Type:             pulumi.String(diskType),
		Encrypted:        pulumi.Bool(true),
		Tags:             p.ofControlPlane(name),
	}, p.with(pulumi.IgnoreChanges([]string{"encrypted", "kmsKeyId", "snapshotId"}))...)
	return disk, declaring("disk", name, err)
}

// device is where a host finds a disk: the link that udev makes from the
// volume's own number. All machines that are taken show disks as NVMe.
func device(disk *ebs.Volume) pulumi.StringOutput {
	return disk.ID().ApplyT(func(id pulumi.ID) string {
		return "/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_" + strings.ReplaceAll(string(id), "-", "")
	}).(pulumi.StringOutput)
}

// controlPlanes makes the machines, from one template, and gives each what
// stays. A machine goes before its successor comes: the two share an address
// and a disk.
func (p *program) controlPlanes(members []member, of *bundles, ids *identities, net *network) ([]target.HostExport, error) {
	cp := p.in.Cluster.Spec.ControlPlane
	name := p.cluster + "-" + node.ControlPlane
	args, err := p.template(name, cp.Machine, ids.controlPlane, p.ofControlPlane(name))
	if err != nil {
		return nil, err
	}
	template, err := ec2.NewLaunchTemplate(p.ctx, name, args, p.with()...)
	if err != nil {
		return nil, declaring("launch template", name, err)
	}
	var hosts []target.HostExport
	for _, m := range members {
		host, err := p.controlPlane(m, template, of.controlPlane, net)
		if err != nil {
			return nil, err
		}
		hosts = append(hosts, host)
	}
	return hosts, nil
}

func (p *program) controlPlane(m member, template *ec2.LaunchTemplate, told *bundle, net *network) (target.HostExport, error) {
	instance, err := ec2.NewInstance(p.ctx, m.name, &ec2.InstanceArgs{
		LaunchTemplate: ec2.InstanceLaunchTemplateArgs{Id: template.ID(), Version: latest(template)},
		InstanceType:   pulumi.String(p.in.Cluster.Spec.ControlPlane.Machine.Type),
		NetworkInterfaces: ec2.InstanceNetworkInterfaceArray{ec2.InstanceNetworkInterfaceArgs{
			DeviceIndex: pulumi.Int(0), NetworkInterfaceId: m.card.ID(),
		}},
		UserDataBase64:          encoded(told.userData),
		UserDataReplaceOnChange: pulumi.Bool(true),
		Tags:                    p.ofMachine(m.name),
	}, p.with(told.before(net))...)
	if err != nil {
		return target.HostExport{}, declaring("control plane", m.name, err)
	}
	// Stopped before its disk is taken away, etcd has written all it had. The
	// disk's own name is the disk's alone: the CLI's guard goes by it.
	link := m.name + "-attachment"
	_, err = ec2.NewVolumeAttachment(p.ctx, link, &ec2.VolumeAttachmentArgs{
		InstanceId: instance.ID(), VolumeId: m.disk.ID(), DeviceName: pulumi.String("/dev/sdf"),
		StopInstanceBeforeDetaching: pulumi.Bool(true),
	}, p.with()...)
	return target.HostExport{
		Name: m.name, Role: node.ControlPlane, Zone: m.zone, Address: m.card.PrivateIp,
		ProviderID: pulumi.Sprintf("aws:///%s/%s", m.zone, instance.ID()),
	}, declaring("attachment of the disk", link, err)
}
