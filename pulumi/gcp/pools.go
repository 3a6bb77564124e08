package gcp

import (
	"fmt"
	"slices"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/compute"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/serviceaccount"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// patience is how long a new node may take, in seconds, before its group makes
// another: as long as its first boot tries. A group that heals sooner would
// take away what says why a node has not come.
const patience = 1800

// pools declares the pools: of each a bundle, a template and a group, however
// many nodes it has.
func (p *program) pools(on network, bundles target.Bundles, who *serviceaccount.Account) ([]target.PoolExport, error) {
	if len(p.in.Cluster.Spec.Pools) == 0 {
		return nil, nil
	}
	check, err := p.kubeletCheck()
	if err != nil {
		return nil, err
	}
	var all []target.PoolExport
	for _, pool := range p.in.Cluster.Spec.Pools {
		name := poolName(p.cluster, pool.Name)
		bundle := bundles.Worker(pool.Name)
		secret, err := p.seal(name, target.HostLabels(p.cluster, node.Worker, pool.Name), bundle, who)
		if err != nil {
			return nil, err
		}
		template, err := p.template(on, pool, p.metadata(secret.url, bundle), who)
		if err != nil {
			return nil, err
		}
		if err := p.scalingGroup(pool, template, check, slices.Concat(secret.ready, on.out)); err != nil {
			return nil, err
		}
		all = append(all, target.PoolExport{
			Name: pool.Name, Count: pool.Count, Max: pool.Max,
			Group: pulumi.String(fmt.Sprintf("projects/%s/regions/%s/instanceGroupManagers/%s", p.block.Project, p.block.Region, name)),
		})
	}
	return all, nil
}

// kubeletCheck declares how groups tell a node from a machine that is none.
func (p *program) kubeletCheck() (*compute.RegionHealthCheck, error) {
	name := p.cluster + "-kubelet"
	check, err := compute.NewRegionHealthCheck(p.ctx, name, &compute.RegionHealthCheckArgs{
		Name: pulumi.String(name), Project: p.project(), Region: p.region(),
		Description:      p.description("the kubelet listens"),
		CheckIntervalSec: pulumi.Int(10), TimeoutSec: pulumi.Int(5),
		// A node that restarts, or is busy, is given ten minutes.
		HealthyThreshold: pulumi.Int(1), UnhealthyThreshold: pulumi.Int(10),
		TcpHealthCheck: compute.RegionHealthCheckTcpHealthCheckArgs{Port: pulumi.Int(kubeletPort)},
	}, p.fixed)
	return check, p.failed("health check", name, err)
}

// template declares what the nodes of a pool are made from. It cannot be
// changed: the plugin names each anew, and the old one goes once the group has
// left it. The plugin looks up the newest image of a family at each run, and
// would replace all nodes whenever the vendor has published one: it is told
// not to, and another OS is another template.
func (p *program) template(on network, pool config.Pool, metadata pulumi.StringMap, who *serviceaccount.Account) (*compute.InstanceTemplate, error) {
	machine := pool.Machine
	name := poolName(p.cluster, pool.Name) + "-" + p.block.imageKey(machine)
	labels := labelled(target.HostLabels(p.cluster, node.Worker, pool.Name))
	args := &compute.InstanceTemplateArgs{
		NamePrefix: pulumi.String(templatePrefix(p.cluster, pool.Name)), Project: p.project(),
		Description:         pulumi.String(marked(target.HostLabels(p.cluster, node.Worker, pool.Name)) + " a node of the pool"),
		InstanceDescription: pulumi.String(marked(target.HostLabels(p.cluster, node.Worker, pool.Name)) + " worker"),
		Labels:              labels,
		Tags:                pulumi.StringArray{pulumi.String(nodeTag(p.cluster))},
		MachineType:         pulumi.String(machine.Type),
		Disks: compute.InstanceTemplateDiskArray{compute.InstanceTemplateDiskArgs{
			Boot: pulumi.Bool(true), AutoDelete: pulumi.Bool(true),
			SourceImage: pulumi.String(p.block.image(machine)),
			DiskType:    pulumi.String(bootDisk(machine.Type)), DiskSizeGb: pulumi.Int(machine.DiskGB),
			Labels: labels,
		}},
		NetworkInterfaces: compute.InstanceTemplateNetworkInterfaceArray{compute.InstanceTemplateNetworkInterfaceArgs{
			Subnetwork: on.subnet.ToStringOutput(),
		}},
		ServiceAccount: compute.InstanceTemplateServiceAccountArgs{Email: who.Email, Scopes: pulumi.StringArray{pulumi.String(cloudScope)}},
		Metadata:       metadata,
	}
	if p.block.shielded(machine) {
		args.ShieldedInstanceConfig = compute.InstanceTemplateShieldedInstanceConfigArgs{
			EnableSecureBoot: pulumi.Bool(true), EnableVtpm: pulumi.Bool(true), EnableIntegrityMonitoring: pulumi.Bool(true),
		}
	}
	if pool.Spot {
		args.Scheduling = compute.InstanceTemplateSchedulingArgs{
			ProvisioningModel: pulumi.String("SPOT"), Preemptible: pulumi.Bool(true), AutomaticRestart: pulumi.Bool(false),
			// The group makes another; one that is only stopped would still be
			// paid for its disk.
			InstanceTerminationAction: pulumi.String("DELETE"),
		}
	}
	template, err := compute.NewInstanceTemplate(p.ctx, name, args, p.provider, pulumi.IgnoreChanges([]string{"disks[0].sourceImage"}))
	return template, p.failed("template of the pool", pool.Name, err)
}

// scalingGroup declares the group that makes the nodes. Where the template
// changes, nodes are replaced: new ones come first, as few at a time as a
// group of several zones can do, one a zone.
func (p *program) scalingGroup(pool config.Pool, template *compute.InstanceTemplate, check *compute.RegionHealthCheck, after []pulumi.Resource) error {
	name := poolName(p.cluster, pool.Name)
	options := []pulumi.ResourceOption{p.fixed, pulumi.DependsOn(after)}
	if pool.Max > 0 {
		// Something else scales it.
		options = append(options, pulumi.IgnoreChanges([]string{"targetSize"}))
	}
	_, err := compute.NewRegionInstanceGroupManager(p.ctx, name, &compute.RegionInstanceGroupManagerArgs{
		Name: pulumi.String(name), Project: p.project(), Region: p.region(),
		Description:             pulumi.String(marked(target.HostLabels(p.cluster, node.Worker, pool.Name)) + " nodes of the pool"),
		BaseInstanceName:        pulumi.String(name),
		DistributionPolicyZones: pulumi.ToStringArray(pool.Machine.Zones),
		TargetSize:              pulumi.Int(pool.Count),
		Versions: compute.RegionInstanceGroupManagerVersionArray{compute.RegionInstanceGroupManagerVersionArgs{
			InstanceTemplate: template.SelfLink,
		}},
		AutoHealingPolicies: compute.RegionInstanceGroupManagerAutoHealingPoliciesArgs{
			HealthCheck: check.SelfLink, InitialDelaySec: pulumi.Int(patience),
		},
		UpdatePolicy: compute.RegionInstanceGroupManagerUpdatePolicyArgs{
			Type: pulumi.String("PROACTIVE"), MinimalAction: pulumi.String("REPLACE"),
			ReplacementMethod: pulumi.String("SUBSTITUTE"),
			MaxSurgeFixed:     pulumi.Int(surge(pool)), MaxUnavailableFixed: pulumi.Int(0),
			// Nodes are not deleted for the sake of balance between zones.
			InstanceRedistributionType: pulumi.String("NONE"),
		},
	}, options...)
	return p.failed("group of the pool", pool.Name, err)
}
