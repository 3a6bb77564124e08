// Package aws is the target that makes a cluster of Amazon's machines: one
// Pulumi program on the published aws plugin, version 6.
//
// The resources it declares; Pulumi's names begin with the cluster's:
//
//	pulumi:providers:aws                                    explicit; region
//	aws:ec2/vpc:Vpc, aws:ec2/internetGateway:InternetGateway
//	aws:ec2/subnet:Subnet                                   a private and a public one in each zone
//	aws:ec2/eip:Eip                                         of the NAT gateways and of the API's public load balancer
//	aws:ec2/natGateway:NatGateway                           one, or one in each zone
//	aws:ec2/routeTable:RouteTable, aws:ec2/route:Route, aws:ec2/routeTableAssociation:RouteTableAssociation
//	aws:ec2/securityGroup:SecurityGroup                     control planes, workers, each load balancer
//	aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule, aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule
//	aws:lb/loadBalancer:LoadBalancer                        network load balancers with security groups: internal, public
//	aws:lb/targetGroup:TargetGroup                          of addresses (ip): a replaced instance keeps its place
//	aws:lb/targetGroupAttachment:TargetGroupAttachment, aws:lb/listener:Listener
//	aws:iam/role:Role, aws:iam/rolePolicy:RolePolicy, aws:iam/instanceProfile:InstanceProfile
//	aws:secretsmanager/secret:Secret, aws:secretsmanager/secretVersion:SecretVersion
//	aws:ec2/networkInterface:NetworkInterface               a control plane's stable address
//	aws:ebs/volume:Volume, aws:ec2/volumeAttachment:VolumeAttachment   etcd's disk
//	aws:ec2/launchTemplate:LaunchTemplate                   one for all control planes, one a pool
//	aws:ec2/instance:Instance                               a control plane: template, own interface, user-data
//	aws:autoscaling/group:Group                             a pool
package aws

import (
	"fmt"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/credentials"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

var (
	_ target.Target    = (*Target)(nil)
	_ target.Published = (*Target)(nil)
	_ target.Pulling   = (*Target)(nil)
)

// program is what every part of one run of the program has in common.
type program struct {
	ctx      *pulumi.Context
	in       target.Inputs
	block    Block
	cluster  string
	provider *aws.Provider
}

// Program declares the network, who may talk to whom, the API's load
// balancers, the control planes, what they and the workers are told and may
// do, and the pools, and exports the outputs.
func (t *Target) Program(in target.Inputs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		p, err := newProgram(ctx, in)
		if err != nil {
			return err
		}
		secrets, err := credentials.NewCredentials(ctx, "credentials", p.cluster, in.Rotation)
		if err != nil {
			return err
		}
		net, err := p.network()
		if err != nil {
			return err
		}
		groups, err := p.firewall(net)
		if err != nil {
			return err
		}
		api, err := p.endpoint(net, groups)
		if err != nil {
			return err
		}
		members, err := p.members(net, groups, api)
		if err != nil {
			return err
		}
		bundles, err := p.bundles(secrets, api, members)
		if err != nil {
			return err
		}
		ids, err := p.identities(bundles)
		if err != nil {
			return err
		}
		hosts, err := p.controlPlanes(members, bundles, ids, net)
		if err != nil {
			return err
		}
		pools, err := p.pools(net, groups, bundles, ids)
		if err != nil {
			return err
		}
		target.Export(ctx, target.Exports{
			Endpoint: pulumi.Sprintf("https://%s", api.users), NodeEndpoint: api.nodes,
			Hosts: hosts, Pools: pools,
			CACertificate: secrets.CACertificate, CAKey: secrets.CAKey, BootstrapToken: secrets.BootstrapToken,
			RotationStage: secrets.RotationStage, RotationLast: secrets.RotationLast,
		})
		return nil
	}
}

// newProgram declares the provider: the region is the config's, whatever the
// user's shell says.
func newProgram(ctx *pulumi.Context, in target.Inputs) (*program, error) {
	p := &program{ctx: ctx, in: in, block: block(in.Cluster), cluster: in.Cluster.Metadata.Name}
	provider, err := aws.NewProvider(ctx, name, &aws.ProviderArgs{Region: pulumi.String(p.block.Region)})
	if err != nil {
		return nil, fmt.Errorf("declaring the provider %q: %w", name, err)
	}
	p.provider = provider
	return p, nil
}

// with are the options of every resource, and those given. What must be
// replaced goes before its successor comes: its name in the cloud is taken as
// long as it is there.
func (p *program) with(options ...pulumi.ResourceOption) []pulumi.ResourceOption {
	return append([]pulumi.ResourceOption{pulumi.Provider(p.provider), pulumi.DeleteBeforeReplace(true)}, options...)
}

// declaring says of a failure what was being declared.
func declaring(what, name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("declaring the %s %q: %w", what, name, err)
}
