package awstest

import (
	"fmt"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/aws/awstest/api"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
)

const (
	balancerForm = `[a-zA-Z0-9]([a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?`
	balancerWhy  = "it has at most 32 letters, digits and hyphens, and no hyphen at an end"
)

// balancers are load balancers, and who serves behind them.
func (w *world) balancers() map[string]spec {
	return map[string]spec{
		LoadBalancer:          w.loadBalancer(),
		TargetGroup:           targetGroup(),
		TargetGroupAttachment: w.targetGroupAttachment(),
		Listener: {
			calls: []call{{service: "elbv2", operation: "CreateListener", fields: fields{
				"loadBalancerArn": to("LoadBalancerArn"), "port": to("Port"), "protocol": to("Protocol"), "tags": tags("Tags"),
				"defaultActions": list("DefaultActions", fields{"type": to("Type"), "targetGroupArn": to("TargetGroupArn"), "order": to("Order")}),
			}}},
			own:    []string{"tcpIdleTimeoutSeconds"},
			needs:  []string{"loadBalancerArn", "defaultActions", "port"},
			refers: map[string]reference{"loadBalancerArn": by("arn", LoadBalancer), "defaultActions[].targetGroupArn": by("arn", TargetGroup)},
			rules: []rule{
				matches("protocol", `TCP|UDP|TLS|TCP_UDP`, "a network load balancer listens for TCP, UDP, TLS or TCP_UDP"),
				matches("defaultActions[].type", `forward`, "a network load balancer only forwards"), within("tcpIdleTimeoutSeconds", 60, 6000),
			},
			id: func(name string, inputs targettest.Properties) string {
				in := valuesOf(inputs)
				port, _ := in.number("port")
				return arn("elasticloadbalancing", "listener/net/"+name+"/"+digest(in.text("loadBalancerArn"))[:16]+"/"+digest(fmt.Sprint(port))[:16])
			},
			outputs: func(o targettest.Object) targettest.Properties { return targettest.Properties{"arn": text(o.ID)} },
			replace: []string{"loadBalancerArn"}, references: []string{"arn"},
		},
	}
}

func (w *world) loadBalancer() spec {
	return spec{
		calls: []call{{service: "elbv2", operation: "CreateLoadBalancer", fields: fields{
			"name": to("Name"), "loadBalancerType": to("Type"), "securityGroups": to("SecurityGroups"), "subnets": to("Subnets"), "tags": tags("Tags"),
			"ipAddressType": to("IpAddressType"),
			"internal": func(r *request, from string, value any) []targettest.Problem {
				if value == true {
					r.put("Scheme", "internal", from)
				}
				return nil
			},
			"subnetMappings": list("SubnetMappings", fields{
				"subnetId": to("SubnetId"), "allocationId": to("AllocationId"), "privateIpv4Address": to("PrivateIPv4Address"),
			}),
		}}},
		own: []string{"enableCrossZoneLoadBalancing", "enableDeletionProtection", "dnsRecordClientRoutingPolicy", "enforceSecurityGroupInboundRulesOnPrivateLinkTraffic"},
		refers: map[string]reference{
			"securityGroups[]": byID(SecurityGroup), "subnets[]": byID(Subnet), "subnetMappings[].subnetId": byID(Subnet), "subnetMappings[].allocationId": by("allocationId", Eip),
		},
		rules: []rule{
			matches("name", balancerForm, balancerWhy), unlike("name", `^internal-`, "names that begin with internal- are Amazon's"),
			oneOf("subnets", "subnetMappings"), w.zonesOnce("subnets[]"), w.zonesOnce("subnetMappings[].subnetId"), noPublicAddress,
		},
		id: func(name string, inputs targettest.Properties) string {
			called := nameOr(inputs, name)
			return arn("elasticloadbalancing", "loadbalancer/net/"+called+"/"+digest(called)[:16])
		},
		outputs: func(o targettest.Object) targettest.Properties {
			called := nameOr(o.Inputs, o.Name)
			return targettest.Properties{
				"arn": text(o.ID), "arnSuffix": text("net/" + called + "/" + digest(called)[:16]), "zoneId": text("ZLMOA37VPKANP"),
				"dnsName": text(called + "-" + digest(called)[:16] + ".elb." + Region + ".amazonaws.com"),
			}
		},
		replace:    []string{"internal", "loadBalancerType", "name", "subnetMappings", "subnets"},
		references: []string{"arn"},
	}
}

func nameOr(inputs targettest.Properties, name string) string {
	if given := valuesOf(inputs).text("name"); given != "" {
		return given
	}
	return name
}

// zonesOnce demands one subnet a zone.
func (w *world) zonesOnce(path string) rule {
	return func(in values) []targettest.Problem {
		zones := map[string]string{}
		for at, value := range in.at(path) {
			zone := valuesOf(w.inputsOf(asText(value))).text("availabilityZone")
			if other, twice := zones[zone]; twice && zone != "" {
				return []targettest.Problem{problem(max(at, other), "a second subnet in zone %s", zone)}
			}
			zones[zone] = at
		}
		return nil
	}
}

// noPublicAddress refuses public addresses of internal load balancers.
func noPublicAddress(in values) (problems []targettest.Problem) {
	for at := range in.at("subnetMappings[].allocationId") {
		if in["internal"] == true {
			problems = append(problems, problem(at, "an internal load balancer has no public address"))
		}
	}
	return problems
}

func targetGroup() spec {
	return spec{
		calls: []call{{service: "elbv2", operation: "CreateTargetGroup", fields: fields{
			"name": to("Name"), "vpcId": to("VpcId"), "targetType": to("TargetType"), "protocol": to("Protocol"), "port": to("Port"), "tags": tags("Tags"),
			"ipAddressType": to("IpAddressType"),
			"healthCheck": inline(fields{
				"enabled": to("HealthCheckEnabled"), "protocol": to("HealthCheckProtocol"), "path": to("HealthCheckPath"), "port": to("HealthCheckPort"),
				"interval": to("HealthCheckIntervalSeconds"), "timeout": to("HealthCheckTimeoutSeconds"), "matcher": to("Matcher.HttpCode"),
				"healthyThreshold": to("HealthyThresholdCount"), "unhealthyThreshold": to("UnhealthyThresholdCount"),
			}),
		}}},
		own:    []string{"preserveClientIp", "deregistrationDelay", "connectionTermination", "proxyProtocolV2"},
		needs:  []string{"vpcId", "port", "protocol"},
		refers: map[string]reference{"vpcId": byID(Vpc)},
		rules: []rule{
			matches("name", balancerForm, balancerWhy), within("deregistrationDelay", 0, 3600), matches("preserveClientIp", "true|false", "write true or false"),
			matches("healthCheck.port", `traffic-port|[1-9][0-9]{0,4}`, "a port, or traffic-port"), matches("healthCheck.matcher", `[2-5][0-9]{2}([,-][2-5][0-9]{2})*`, "HTTP codes, such as 200-299"),
			webCheck,
		},
		id: func(name string, inputs targettest.Properties) string {
			called := nameOr(inputs, name)
			return arn("elasticloadbalancing", "targetgroup/"+called+"/"+digest(called)[:16])
		},
		outputs: func(o targettest.Object) targettest.Properties {
			called := nameOr(o.Inputs, o.Name)
			return targettest.Properties{"arn": text(o.ID), "arnSuffix": text("targetgroup/" + called + "/" + digest(called)[:16])}
		},
		replace:    []string{"ipAddressType", "name", "port", "protocol", "targetType", "vpcId"},
		references: []string{"arn"},
	}
}

// inline puts the fields of a structure beside each other.
func inline(inner fields) place {
	return func(r *request, from string, value any) []targettest.Problem {
		given, ok := value.(map[string]any)
		if !ok {
			if _, unknown := value.(api.Unknown); unknown {
				return nil
			}
			return []targettest.Problem{problem(from, "is no object")}
		}
		return inner.fill(r, from, given)
	}
}

// webCheck demands a path of checks by HTTP, and refuses it of others.
func webCheck(in values) []targettest.Problem {
	protocol, path := in.text("healthCheck.protocol"), in.at("healthCheck.path")
	if protocol == "TCP" && len(path)+len(in.at("healthCheck.matcher")) > 0 {
		return []targettest.Problem{problem("healthCheck.path", "a check by TCP has no path and no codes")}
	}
	if text := in.text("healthCheck.path"); text != "" && text[0] != '/' {
		return []targettest.Problem{problem("healthCheck.path", "%q does not begin with a slash", text)}
	}
	timeout, hasTimeout := in.number("healthCheck.timeout")
	interval, hasInterval := in.number("healthCheck.interval")
	if hasTimeout && hasInterval && timeout > interval {
		return []targettest.Problem{problem("healthCheck.timeout", "%d seconds are longer than the interval of %d", timeout, interval)}
	}
	return nil
}

func (w *world) targetGroupAttachment() spec {
	return spec{
		calls: []call{{service: "elbv2", operation: "RegisterTargets", fields: fields{
			"targetGroupArn": to("TargetGroupArn"), "targetId": target("Id"), "port": target("Port"), "availabilityZone": target("AvailabilityZone"),
		}}},
		needs:  []string{"targetGroupArn", "targetId"},
		refers: map[string]reference{"targetGroupArn": by("arn", TargetGroup)},
		rules:  []rule{w.fittingTarget},
		id: func(name string, inputs targettest.Properties) string {
			in := valuesOf(inputs)
			return in.text("targetGroupArn") + "-" + digest(in.text("targetId"))[:16]
		},
		replace: []string{"availabilityZone", "port", "targetGroupArn", "targetId"},
	}
}

// target puts an input into the one target of a request.
func target(member string) place {
	return func(r *request, from string, value any) []targettest.Problem {
		list, _ := r.values["Targets"].([]any)
		if list == nil {
			list = []any{map[string]any{}}
			r.values["Targets"] = list
		}
		list[0].(map[string]any)[member] = value
		r.origin["Targets[0]."+member] = from
		return nil
	}
}

// fittingTarget demands a target that exists and is of the group's kind: an
// address of an interface, or an instance.
func (w *world) fittingTarget(in values) []targettest.Problem {
	group := valuesOf(w.inputsOf(in.text("targetGroupArn")))
	wanted := in.text("targetId")
	if len(group) == 0 || wanted == "" {
		return nil
	}
	kind, what := NetworkInterface, "privateIp"
	if group.text("targetType") != "ip" {
		kind, what = Instance, "id"
	}
	for _, object := range w.cloud.Objects() {
		if object.Type == kind && (what == "id" && object.ID == wanted || valuesOf(object.Outputs).text(what) == wanted) {
			return nil
		}
	}
	return []targettest.Problem{problem("targetId", "there is no %s whose %s is %q, and the group takes nothing else", kind, what, wanted)}
}
