package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// resources maps Terraform's types to the tokens of Pulumi's published
// provider: all that pulumi/aws declares.
func resources() map[string]*tfbridge.ResourceInfo {
	made := map[string]*tfbridge.ResourceInfo{}
	for terraform, token := range map[string]tokens.Type{
		"aws_vpc":                             "aws:ec2/vpc:Vpc",
		"aws_subnet":                          "aws:ec2/subnet:Subnet",
		"aws_internet_gateway":                "aws:ec2/internetGateway:InternetGateway",
		"aws_eip":                             "aws:ec2/eip:Eip",
		"aws_nat_gateway":                     "aws:ec2/natGateway:NatGateway",
		"aws_route_table":                     "aws:ec2/routeTable:RouteTable",
		"aws_route":                           "aws:ec2/route:Route",
		"aws_route_table_association":         "aws:ec2/routeTableAssociation:RouteTableAssociation",
		"aws_security_group":                  "aws:ec2/securityGroup:SecurityGroup",
		"aws_vpc_security_group_ingress_rule": "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
		"aws_vpc_security_group_egress_rule":  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
		"aws_network_interface":               "aws:ec2/networkInterface:NetworkInterface",
		"aws_instance":                        "aws:ec2/instance:Instance",
		"aws_ebs_volume":                      "aws:ebs/volume:Volume",
		"aws_volume_attachment":               "aws:ec2/volumeAttachment:VolumeAttachment",
		"aws_launch_template":                 "aws:ec2/launchTemplate:LaunchTemplate",
		"aws_lb":                              "aws:lb/loadBalancer:LoadBalancer",
		"aws_lb_target_group":                 "aws:lb/targetGroup:TargetGroup",
		"aws_lb_target_group_attachment":      "aws:lb/targetGroupAttachment:TargetGroupAttachment",
		"aws_lb_listener":                     "aws:lb/listener:Listener",
		"aws_autoscaling_group":               "aws:autoscaling/group:Group",
		"aws_iam_role":                        "aws:iam/role:Role",
		"aws_iam_role_policy":                 "aws:iam/rolePolicy:RolePolicy",
		"aws_iam_instance_profile":            "aws:iam/instanceProfile:InstanceProfile",
		"aws_secretsmanager_secret":           "aws:secretsmanager/secret:Secret",
		"aws_secretsmanager_secret_version":   "aws:secretsmanager/secretVersion:SecretVersion",
	} {
		made[terraform] = &tfbridge.ResourceInfo{Tok: token}
	}
	return made
}
