package awstest

import (
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
)

// groupText is what names and descriptions of security groups are made of.
const groupText = `[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]`

const groupWhy = "it may have letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*, at most 255 of them"

// firewall is the security groups and their rules.
func (w *world) firewall() map[string]spec {
	return map[string]spec{
		SecurityGroup: {
			calls: []call{{service: "ec2", operation: "CreateSecurityGroup", fields: fields{
				"name": to("GroupName"), "description": to("Description"), "vpcId": to("VpcId"), "tags": tagsOf("security-group"),
			}}},
			own:    []string{"revokeRulesOnDelete"},
			needs:  []string{"name", "description"},
			refers: map[string]reference{"vpcId": byID(Vpc)},
			rules: []rule{
				matches("name", groupText+`{1,255}`, groupWhy), unlike("name", `^sg-`, "names that begin with sg- are Amazon's"),
				matches("description", groupText+`{1,255}`, groupWhy),
			},
			id: identifier("sg", SecurityGroup),
			outputs: func(o targettest.Object) targettest.Properties {
				return targettest.Properties{"arn": text(arn("ec2", "security-group/"+o.ID)), "ownerId": text(Account)}
			},
			replace: []string{"name", "description", "vpcId"},
		},
		SecurityGroupIngressRule: groupRule("AuthorizeSecurityGroupIngress", SecurityGroupIngressRule),
		SecurityGroupEgressRule:  groupRule("AuthorizeSecurityGroupEgress", SecurityGroupEgressRule),
	}
}

// sources are what a rule can speak of.
func sources() []string {
	return []string{"cidrIpv4", "referencedSecurityGroupId", "cidrIpv6", "prefixListId"}
}

func groupRule(operation, token string) spec {
	return spec{
		calls: []call{{service: "ec2", operation: operation, fields: fields{
			"securityGroupId": to("GroupId"), "tags": tagsOf("security-group-rule"),
			"ipProtocol": permission("IpProtocol"), "fromPort": permission("FromPort"), "toPort": permission("ToPort"),
			"cidrIpv4":                  permission("IpRanges", "CidrIp"),
			"referencedSecurityGroupId": permission("UserIdGroupPairs", "GroupId"),
			"description":               permission("IpRanges", "Description"),
		}}},
		needs:  []string{"securityGroupId", "ipProtocol"},
		refers: map[string]reference{"securityGroupId": byID(SecurityGroup), "referencedSecurityGroupId": byID(SecurityGroup)},
		rules: []rule{
			network("cidrIpv4", 0, 32), oneOf(sources()...), rulePorts,
			within("fromPort", -1, 65535), within("toPort", -1, 65535),
			matches("description", groupText+`{0,255}`, groupWhy),
			matches("ipProtocol", `tcp|udp|icmp|icmpv6|-1|[0-9]{1,3}`, "a protocol is tcp, udp, icmp, icmpv6, its number, or -1 for all"),
		},
		id: identifier("sgr", token),
		outputs: func(o targettest.Object) targettest.Properties {
			return targettest.Properties{"arn": text(arn("ec2", "security-group-rule/"+o.ID)), "securityGroupRuleId": text(o.ID)}
		},
		replace: []string{"securityGroupId"},
	}
}

// permission puts an input into the one permission that a rule is, or into the
// one range or group that this speaks of.
func permission(path ...string) place {
	return func(r *request, from string, value any) []targettest.Problem {
		list, _ := r.values["IpPermissions"].([]any)
		if list == nil {
			list = []any{map[string]any{}}
			r.values["IpPermissions"] = list
		}
		at, where := list[0].(map[string]any), "IpPermissions[0]"
		if len(path) == 2 {
			inner, _ := at[path[0]].([]any)
			if inner == nil {
				inner = []any{map[string]any{}}
				at[path[0]] = inner
			}
			at, where = inner[0].(map[string]any), where+"."+path[0]+"[0]"
		}
		last := path[len(path)-1]
		at[last] = value
		r.origin[where+"."+last] = from
		return nil
	}
}

// rulePorts demands ports of protocols that have them, and of no other.
func rulePorts(in values) []targettest.Problem {
	first, hasFirst := in.number("fromPort")
	last, hasLast := in.number("toPort")
	switch protocol := in.text("ipProtocol"); protocol {
	case "":
	case "-1":
		if hasFirst && first != -1 || hasLast && last != -1 {
			return []targettest.Problem{problem("fromPort", "a rule for all protocols has no ports")}
		}
	case "tcp", "udp":
		if !in.has("fromPort") || !in.has("toPort") {
			return []targettest.Problem{problem("fromPort", "a rule for %s has a first and a last port", protocol)}
		}
		if hasFirst && hasLast && first > last {
			return []targettest.Problem{problem("toPort", "the last port, %d, is below the first, %d", last, first)}
		}
	}
	return nil
}
