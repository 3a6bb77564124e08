// Package gcp is the target Google Cloud: one Pulumi program on the published
// gcp plugin, version 7.
//
// The resources it declares (pulumi name = name in the cloud unless said):
//
//	pulumi:providers:gcp                                            explicit; project, region
//	gcp:compute/network:Network                                     description = Mark(cluster)…
//	gcp:compute/subnetwork:Subnetwork
//	gcp:compute/router:Router, gcp:compute/routerNat:RouterNat
//	gcp:compute/firewall:Firewall                                   by service accounts (source and target), and by ranges
//	gcp:compute/address:Address                                     internal: control planes, API; external: API
//	gcp:compute/disk:Disk                                           etcd's
//	gcp:compute/instance:Instance                                   control planes
//	gcp:compute/instanceGroup:InstanceGroup                         one a zone, without instances of its own …
//	gcp:compute/instanceGroupMembership:InstanceGroupMembership     … they are put in one by one: a replaced instance keeps
//	                                                                its link, and a group that lists links would not notice
//	gcp:compute/regionHealthCheck:RegionHealthCheck                 HTTPS /readyz on 6443; TCP 10250
//	gcp:compute/regionBackendService:RegionBackendService           INTERNAL, EXTERNAL
//	gcp:compute/forwardingRule:ForwardingRule
//	gcp:compute/instanceTemplate:InstanceTemplate                   namePrefix; replaced new before old; pulumi name ends in the image's
//	gcp:compute/regionInstanceGroupManager:RegionInstanceGroupManager
//	gcp:serviceaccount/account:Account, iAMMember:IAMMember
//	gcp:projects/iAMCustomRole:IAMCustomRole, iAMMember:IAMMember   what addons may do
//	gcp:secretmanager/secret:Secret, secretVersion:SecretVersion, secretIamMember:SecretIamMember
package gcp

import (
	"fmt"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/credentials"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	sdk "github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// program is one run of the program: what all of its parts need.
type program struct {
	ctx     *pulumi.Context
	in      target.Inputs
	cluster string
	block   Block
	// provider makes what the plugin names; fixed makes what we name, which
	// must be gone before another of its name can be made.
	provider, fixed pulumi.ResourceOption
}

// Program declares the network, the identities and what they may reach, the
// endpoint, the control planes behind it and the pools, and exports the
// outputs. It looks nothing up: a preview needs no credentials.
func (*Target) Program(in target.Inputs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		p, err := begin(ctx, in)
		if err != nil {
			return err
		}
		secrets, err := credentials.NewCredentials(ctx, "credentials", p.cluster, in.Rotation)
		if err != nil {
			return err
		}
		on, err := p.network()
		if err != nil {
			return err
		}
		who, err := p.identities()
		if err != nil {
			return err
		}
		if err := p.grant(who); err != nil {
			return err
		}
		if err := p.firewall(on, who); err != nil {
			return err
		}
		at, err := p.endpoint(on)
		if err != nil {
			return err
		}
		members, err := p.members(on)
		if err != nil {
			return err
		}
		bundles := target.Bundles{
			Inputs: in, Credentials: secrets, Cloud: name,
			Endpoint: at.forNodes(), Members: inputs(members), ExtraSANs: at.names(),
		}
		hosts, groups, err := p.controlPlanes(on, members, bundles, who.controlPlane)
		if err != nil {
			return err
		}
		if err := p.balance(on, at, groups); err != nil {
			return err
		}
		pools, err := p.pools(on, bundles, who.worker)
		if err != nil {
			return err
		}
		target.Export(ctx, target.Exports{
			Endpoint: at.forUsers(), NodeEndpoint: at.forNodes(),
			Hosts: hosts, Pools: pools,
			CACertificate: secrets.CACertificate, CAKey: secrets.CAKey, BootstrapToken: secrets.BootstrapToken,
			RotationStage: secrets.RotationStage, RotationLast: secrets.RotationLast,
		})
		return nil
	}
}

// begin declares the provider. It is explicit, so that neither the shell's
// project nor its region or zone ends up in a cluster.
func begin(ctx *pulumi.Context, in target.Inputs) (*program, error) {
	p := &program{ctx: ctx, in: in, cluster: in.Cluster.Metadata.Name, block: block(in.Cluster)}
	project := pulumi.String(p.block.Project)
	provider, err := sdk.NewProvider(ctx, name, &sdk.ProviderArgs{
		Project: project,
		Region:  pulumi.String(p.block.Region),
		Zone:    pulumi.String(target.ControlPlaneZone(in.Cluster, 1)),
		// Some APIs charge calls with a user's credentials to the project of
		// gcloud itself, where they are not enabled, unless told otherwise.
		BillingProject:      project,
		UserProjectOverride: pulumi.Bool(true),
		// Labels are those of the cluster and no others.
		AddTerraformAttributionLabel: pulumi.Bool(false),
	})
	if err != nil {
		return nil, p.failed("provider", name, err)
	}
	p.provider = pulumi.Provider(provider)
	p.fixed = pulumi.Composite(p.provider, pulumi.DeleteBeforeReplace(true))
	return p, nil
}

// failed says what could not be declared.
func (p *program) failed(kind, name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("declaring the %s %q: %w", kind, name, err)
}

// project and region are those of the block, as inputs.
func (p *program) project() pulumi.String { return pulumi.String(p.block.Project) }
func (p *program) region() pulumi.String  { return pulumi.String(p.block.Region) }

// labels are those of what serves the whole cluster.
func (p *program) labels() pulumi.StringMap { return labelled(target.Labels(p.cluster)) }

// description is that of what can carry no labels.
func (p *program) description(what string) pulumi.String {
	return pulumi.String(Mark(p.cluster) + " " + what)
}
