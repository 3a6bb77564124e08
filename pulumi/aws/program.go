// Package aws is the target that makes a cluster of Amazon's machines.
//
// The types of resources that its program declares, and nothing beside them:
//
//	pulumi:providers:aws (one, with the region)
//	aws:ec2/vpc:Vpc, ec2/subnet:Subnet, ec2/internetGateway:InternetGateway,
//	ec2/eip:Eip, ec2/natGateway:NatGateway, ec2/routeTable:RouteTable,
//	ec2/route:Route, ec2/routeTableAssociation:RouteTableAssociation
//	ec2/securityGroup:SecurityGroup, vpc/securityGroupIngressRule:SecurityGroupIngressRule,
//	vpc/securityGroupEgressRule:SecurityGroupEgressRule
//	iam/role:Role, iam/rolePolicy:RolePolicy, iam/instanceProfile:InstanceProfile
//	secretsmanager/secret:Secret, secretsmanager/secretVersion:SecretVersion
//	lb/loadBalancer:LoadBalancer, lb/targetGroup:TargetGroup (type ip),
//	lb/targetGroupAttachment:TargetGroupAttachment, lb/listener:Listener
//	ec2/networkInterface:NetworkInterface, ebs/volume:Volume,
//	ec2/launchTemplate:LaunchTemplate, ec2/instance:Instance (from a launch template),
//	ec2/volumeAttachment:VolumeAttachment, autoscaling/group:Group
package aws

import (
	"errors"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Program declares the cluster's resources and exports the outputs.
func (t *Target) Program(in target.Inputs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error { return errors.New("not written yet") }
}
