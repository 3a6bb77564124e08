package aws

import (
	"maps"
	"slices"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/autoscaling"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// warmup is how long, in seconds, a new machine takes to be a node; a rolling
// replacement counts on it no earlier.
const warmup = "300"

// pools makes a template and a scaling group for each pool, whatever its size.
func (p *program) pools(net *network, groups firewall, of *bundles, ids *identities) ([]target.PoolExport, error) {
	var made []target.PoolExport
	for _, pool := range p.in.Cluster.Spec.Pools {
		told := of.pools[pool.Name]
		template, err := p.poolTemplate(pool, groups, told, ids.worker)
		if err != nil {
			return nil, err
		}
		group, err := p.scalingGroup(pool, net, template, told)
		if err != nil {
			return nil, err
		}
		made = append(made, target.PoolExport{Name: pool.Name, Group: group.Name, Count: pool.Count, Max: pool.Max})
	}
	return made, nil
}

func (p *program) poolTemplate(pool config.Pool, groups firewall, told *bundle, id *identity) (*ec2.LaunchTemplate, error) {
	name := poolName(p.cluster, pool.Name)
	tags := p.ofPool(pool.Name)
	args, err := p.template(name, pool.Machine, id, tags)
	if err != nil {
		return nil, err
	}
	args.InstanceType = pulumi.String(pool.Machine.Type)
	args.UserData = encoded(told.userData)
	// Said here rather than left to the subnet, which may be the user's.
	args.NetworkInterfaces = ec2.LaunchTemplateNetworkInterfaceArray{ec2.LaunchTemplateNetworkInterfaceArgs{
		DeviceIndex:              pulumi.Int(0),
		AssociatePublicIpAddress: pulumi.String("false"),
		DeleteOnTermination:      pulumi.String("true"),
		SecurityGroups:           pulumi.StringArray{groups[worker].ID()},
	}}
	args.TagSpecifications = append(args.TagSpecifications.(ec2.LaunchTemplateTagSpecificationArray),
		ec2.LaunchTemplateTagSpecificationArgs{ResourceType: pulumi.String("network-interface"), Tags: tags})
	if pool.Spot {
		args.InstanceMarketOptions = ec2.LaunchTemplateInstanceMarketOptionsArgs{MarketType: pulumi.String("spot")}
	}
	template, err := ec2.NewLaunchTemplate(p.ctx, name, args, p.with()...)
	return template, declaring("launch template", name, err)
}

// scalingGroup makes the group. When its template changes, it replaces its
// machines one after the other, each after its successor has warmed up: that
// is what both percentages at 100 mean to AWS.
func (p *program) scalingGroup(pool config.Pool, net *network, template *ec2.LaunchTemplate, told *bundle) (*autoscaling.Group, error) {
	name := poolName(p.cluster, pool.Name)
	least, most, options := bounds(pool)
	group, err := autoscaling.NewGroup(p.ctx, name, &autoscaling.GroupArgs{
		Name:               pulumi.String(name),
		MinSize:            pulumi.Int(least),
		MaxSize:            pulumi.Int(most),
		DesiredCapacity:    pulumi.Int(pool.Count),
		VpcZoneIdentifiers: subnetsOf(net.private, pool.Machine.Zones),
		LaunchTemplate:     autoscaling.GroupLaunchTemplateArgs{Id: template.ID(), Version: latest(template)},
		HealthCheckType:    pulumi.String("EC2"),
		InstanceRefresh: autoscaling.GroupInstanceRefreshArgs{
			Strategy: pulumi.String("Rolling"),
			Preferences: autoscaling.GroupInstanceRefreshPreferencesArgs{
				MinHealthyPercentage: pulumi.Int(100),
				MaxHealthyPercentage: pulumi.Int(100),
				InstanceWarmup:       pulumi.String(warmup),
			},
		},
		// A node that works is not ended for the sake of an even spread.
		SuspendedProcesses: pulumi.StringArray{pulumi.String("AZRebalance")},
		// Machines that do not come are seen, and explained, where 'create'
		// waits for nodes.
		WaitForCapacityTimeout: pulumi.String("0"),
		Tags:                   p.propagated(pool),
	}, p.with(append(options, told.before(net))...)...)
	return group, declaring("scaling group", name, err)
}

// bounds are between which sizes a group stays. One that nothing else scales
// has room for the one machine more that a replacement begins with.
func bounds(pool config.Pool) (least, most int, options []pulumi.ResourceOption) {
	if pool.Max > 0 {
		return pool.Min, pool.Max, []pulumi.ResourceOption{pulumi.IgnoreChanges([]string{"desiredCapacity"})}
	}
	return pool.Count, pool.Count + 1, nil
}

// propagated are a pool's tags, which its machines get too, and those that are
// for the cluster's autoscaler alone.
func (p *program) propagated(pool config.Pool) autoscaling.GroupTagArray {
	tags := p.tags(poolName(p.cluster, pool.Name), worker, pool.Name)
	tags[ownedTag(p.cluster)] = owned
	return append(groupTags(tags, true), groupTags(p.scaled(pool), false)...)
}

func groupTags(tags map[string]string, propagate bool) autoscaling.GroupTagArray {
	out := autoscaling.GroupTagArray{}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, autoscaling.GroupTagArgs{
			Key: pulumi.String(key), Value: pulumi.String(tags[key]), PropagateAtLaunch: pulumi.Bool(propagate),
		})
	}
	return out
}

// scaled are the tags by which cluster-autoscaler finds a group, and knows what
// a node of it would be like while it has none
// (cluster-autoscaler/cloudprovider/aws/README.md in kubernetes/autoscaler).
func (p *program) scaled(pool config.Pool) map[string]string {
	const prefix = "k8s.io/cluster-autoscaler/"
	if pool.Max == 0 {
		return nil
	}
	tags := map[string]string{
		prefix + "enabled": "true", prefix + p.cluster: owned,
		prefix + "node-template/label/" + config.PoolLabel: pool.Name,
	}
	for key, value := range pool.Labels {
		tags[prefix+"node-template/label/"+key] = value
	}
	for _, taint := range pool.Taints {
		tags[prefix+"node-template/taint/"+taint.Key] = taint.Value + ":" + taint.Effect
	}
	return tags
}
