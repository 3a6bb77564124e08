package aws

import (
	"slices"
	"strings"
)

// requirement is what whoever makes and deletes clusters must be allowed for
// one part of them. The operations are those that the upstream provider calls
// (awstest/api/operations.txt, and test/providers at every run), those of this
// target's own questions, and what AWS's Service Authorization Reference says
// that they ask for beside (https://docs.aws.amazon.com/service-authorization).
type requirement struct {
	// part is what it is for; only says for which configs, empty for all.
	part, only string
	// on are the resources that it is wanted for, empty for any.
	on string
	// actions are by service, an asterisk standing for any rest.
	actions []string
	// spare is what preflight does not ask for.
	spare bool
}

// Permissions are all actions that making, changing and deleting a cluster of
// any config takes, sorted; an asterisk at the end stands for any rest.
func Permissions() []string {
	var all []string
	for _, r := range required() {
		all = append(all, r.permissions()...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// permissions writes each in full.
func (r requirement) permissions() []string {
	var all []string
	for _, line := range r.actions {
		words := strings.Fields(line)
		for _, action := range words[1:] {
			all = append(all, words[0]+":"+action)
		}
	}
	return all
}

func required() []requirement {
	return slices.Concat(networkRights(), machineRights(), identityRights(), questions())
}

func networkRights() []requirement {
	return []requirement{
		{part: "the network", only: "without `existing.network`", actions: []string{
			"ec2 CreateVpc ModifyVpcAttribute DeleteVpc CreateSubnet ModifySubnetAttribute DeleteSubnet CreateInternetGateway AttachInternetGateway DetachInternetGateway DeleteInternetGateway CreateNatGateway DeleteNatGateway CreateRouteTable DeleteRouteTable CreateRoute ReplaceRoute DeleteRoute AssociateRouteTable ReplaceRouteTableAssociation DisassociateRouteTable",
		}},
		{part: "public addresses", actions: []string{"ec2 AllocateAddress DisassociateAddress ReleaseAddress"}},
		{part: "the firewall", actions: []string{
			"ec2 CreateSecurityGroup DeleteSecurityGroup AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress ModifySecurityGroupRules RevokeSecurityGroupIngress RevokeSecurityGroupEgress",
		}},
		{part: "load balancers", actions: []string{
			"elasticloadbalancing CreateLoadBalancer ModifyLoadBalancerAttributes SetSubnets SetSecurityGroups DeleteLoadBalancer CreateTargetGroup ModifyTargetGroup ModifyTargetGroupAttributes DeleteTargetGroup RegisterTargets DeregisterTargets CreateListener ModifyListener ModifyListenerAttributes DeleteListener AddTags RemoveTags",
		}},
	}
}

func machineRights() []requirement {
	return []requirement{
		{part: "machines and their disks", actions: []string{
			"ec2 CreateNetworkInterface ModifyNetworkInterfaceAttribute DetachNetworkInterface DeleteNetworkInterface CreateVolume ModifyVolume AttachVolume DetachVolume DeleteVolume RunInstances ModifyInstanceAttribute ModifyInstanceMetadataOptions StartInstances StopInstances TerminateInstances GetConsoleOutput CreateTags DeleteTags",
		}},
		{part: "pools", actions: []string{
			"ec2 CreateLaunchTemplate CreateLaunchTemplateVersion ModifyLaunchTemplate DeleteLaunchTemplate",
			"autoscaling CreateAutoScalingGroup UpdateAutoScalingGroup SetDesiredCapacity DeleteAutoScalingGroup CreateOrUpdateTags DeleteTags SuspendProcesses ResumeProcesses StartInstanceRefresh CancelInstanceRefresh",
		}},
		{part: "images, which EC2 resolves", on: "arn:aws:ssm:*::parameter/aws/service/*", actions: []string{"ssm GetParameters"}},
		{part: "the node bundles", on: "arn:aws:secretsmanager:*:*:secret:" + family + "/*", actions: []string{
			"secretsmanager CreateSecret DescribeSecret UpdateSecret GetResourcePolicy PutSecretValue GetSecretValue ListSecretVersionIds UpdateSecretVersionStage DeleteSecret TagResource UntagResource",
		}},
	}
}

func identityRights() []requirement {
	return []requirement{
		{part: "the roles of hosts: their bundles, and what addons do", on: "arn:aws:iam::*:role/" + family + "/*", actions: []string{
			"iam CreateRole GetRole UpdateRole UpdateRoleDescription UpdateAssumeRolePolicy TagRole UntagRole ListRolePolicies ListAttachedRolePolicies ListInstanceProfilesForRole PutRolePolicy GetRolePolicy DeleteRolePolicy DeleteRole PassRole",
		}},
		{part: "giving these to machines", on: "arn:aws:iam::*:instance-profile/" + family + "/*", actions: []string{
			"iam CreateInstanceProfile GetInstanceProfile TagInstanceProfile UntagInstanceProfile AddRoleToInstanceProfile RemoveRoleFromInstanceProfile DeleteInstanceProfile",
		}},
		{part: "AWS's own roles", only: "in an account that never had a load balancer, a scaling group or a spot machine", on: "arn:aws:iam::*:role/aws-service-role/*", spare: true, actions: []string{
			"iam CreateServiceLinkedRole",
		}},
	}
}

func questions() []requirement {
	return []requirement{
		{part: "what there is", actions: []string{
			"sts GetCallerIdentity", "ec2 Describe*", "elasticloadbalancing Describe*", "autoscaling Describe*",
		}},
		{part: "quotas, what is left, and what you may do; `create` gets along without", spare: true, actions: []string{
			"servicequotas GetServiceQuota GetAWSDefaultServiceQuota", "tag GetResources", "iam SimulatePrincipalPolicy",
		}},
	}
}
