package awstest

import (
	"fmt"
	"net/netip"
	"strconv"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/aws/awstest/api"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
)

const (
	zoneForm = `[a-z]{2}(-[a-z]+)+-[0-9][a-z]`
	zoneWhy  = "a zone is a region and a letter, such as us-east-2a"
)

// network is what everything stands in.
func (w *world) network() map[string]spec {
	return map[string]spec{
		Vpc: {
			calls: []call{
				{service: "ec2", operation: "CreateVpc", fields: fields{
					"cidrBlock": to("CidrBlock"), "instanceTenancy": to("InstanceTenancy"), "tags": tagsOf("vpc"),
				}},
				{service: "ec2", operation: "ModifyVpcAttribute", given: map[string]any{"VpcId": api.Unknown{}}, fields: fields{
					"enableDnsSupport": wrapped("EnableDnsSupport"), "enableDnsHostnames": wrapped("EnableDnsHostnames"),
				}},
			},
			needs: []string{"cidrBlock"},
			rules: []rule{network("cidrBlock", 16, 28), namesNeedResolver},
			id:    identifier("vpc", Vpc),
			outputs: func(o targettest.Object) targettest.Properties {
				return targettest.Properties{
					"arn": text(arn("ec2", "vpc/"+o.ID)), "ownerId": text(Account),
					"defaultSecurityGroupId": text("sg-0" + digest(o.ID)[:16]), "mainRouteTableId": text("rtb-0" + digest(o.ID)[:16]),
				}
			},
			replace: []string{"cidrBlock", "instanceTenancy"},
		},
		Subnet: {
			calls: []call{
				{service: "ec2", operation: "CreateSubnet", fields: fields{
					"vpcId": to("VpcId"), "cidrBlock": to("CidrBlock"), "availabilityZone": to("AvailabilityZone"), "tags": tagsOf("subnet"),
				}},
				{service: "ec2", operation: "ModifySubnetAttribute", given: map[string]any{"SubnetId": api.Unknown{}}, fields: fields{
					"mapPublicIpOnLaunch": wrapped("MapPublicIpOnLaunch"), "privateDnsHostnameTypeOnLaunch": to("PrivateDnsHostnameTypeOnLaunch"),
				}},
			},
			needs:  []string{"vpcId", "cidrBlock"},
			refers: map[string]reference{"vpcId": byID(Vpc)},
			rules:  []rule{network("cidrBlock", 16, 28), matches("availabilityZone", zoneForm, zoneWhy), w.insideNetwork},
			id:     identifier("subnet", Subnet),
			outputs: func(o targettest.Object) targettest.Properties {
				return targettest.Properties{"arn": text(arn("ec2", "subnet/"+o.ID)), "ownerId": text(Account)}
			},
			replace: []string{"availabilityZone", "cidrBlock", "vpcId"},
		},
	}
}

// doors are the ways out of a network.
func (w *world) doors() map[string]spec {
	return map[string]spec{
		InternetGateway: {
			calls: []call{
				{service: "ec2", operation: "CreateInternetGateway", fields: fields{"tags": tagsOf("internet-gateway")}},
				{service: "ec2", operation: "AttachInternetGateway", given: map[string]any{"InternetGatewayId": api.Unknown{}}, fields: fields{"vpcId": to("VpcId")}},
			},
			refers: map[string]reference{"vpcId": byID(Vpc)},
			id:     identifier("igw", InternetGateway),
			outputs: func(o targettest.Object) targettest.Properties {
				return targettest.Properties{"arn": text(arn("ec2", "internet-gateway/"+o.ID)), "ownerId": text(Account)}
			},
		},
		Eip: {
			calls: []call{{service: "ec2", operation: "AllocateAddress", fields: fields{"domain": to("Domain"), "tags": tagsOf("elastic-ip")}}},
			id:    identifier("eipalloc", Eip),
			outputs: func(o targettest.Object) targettest.Properties {
				return targettest.Properties{"arn": text(arn("ec2", "elastic-ip/"+o.ID)), "allocationId": text(o.ID), "publicIp": text(publicAddress(o.ID))}
			},
			replace: []string{"domain"}, references: []string{"publicIp"},
		},
		NatGateway: {
			calls: []call{{service: "ec2", operation: "CreateNatGateway", fields: fields{
				"subnetId": to("SubnetId"), "allocationId": to("AllocationId"), "connectivityType": to("ConnectivityType"), "tags": tagsOf("natgateway"),
			}}},
			refers: map[string]reference{"subnetId": byID(Subnet), "allocationId": by("allocationId", Eip)},
			rules:  []rule{natAddress},
			id:     identifier("nat", NatGateway),
			outputs: func(o targettest.Object) targettest.Properties {
				return targettest.Properties{"networkInterfaceId": text("eni-0" + digest(o.ID)[:16]), "publicIp": text(publicAddress(values(valuesOf(o.Inputs)).text("allocationId")))}
			},
			replace: []string{"allocationId", "subnetId", "connectivityType"},
		},
	}
}

// routes are route tables, and what they are for.
func (w *world) routes() map[string]spec {
	return map[string]spec{
		RouteTable: {
			calls:  []call{{service: "ec2", operation: "CreateRouteTable", fields: fields{"vpcId": to("VpcId"), "tags": tagsOf("route-table")}}},
			refers: map[string]reference{"vpcId": byID(Vpc)},
			id:     identifier("rtb", RouteTable),
			outputs: func(o targettest.Object) targettest.Properties {
				return targettest.Properties{"arn": text(arn("ec2", "route-table/"+o.ID)), "ownerId": text(Account)}
			},
			replace: []string{"vpcId"},
		},
		Route: {
			calls: []call{{service: "ec2", operation: "CreateRoute", fields: fields{
				"routeTableId": to("RouteTableId"), "destinationCidrBlock": to("DestinationCidrBlock"),
				"gatewayId": to("GatewayId"), "natGatewayId": to("NatGatewayId"), "networkInterfaceId": to("NetworkInterfaceId"),
			}}},
			needs: []string{"destinationCidrBlock"},
			refers: map[string]reference{
				"routeTableId": byID(RouteTable), "gatewayId": byID(InternetGateway), "natGatewayId": byID(NatGateway), "networkInterfaceId": byID(NetworkInterface),
			},
			rules: []rule{network("destinationCidrBlock", 0, 32), oneOf("gatewayId", "natGatewayId", "networkInterfaceId")},
			id: func(name string, inputs targettest.Properties) string {
				in := valuesOf(inputs)
				return "r-" + in.text("routeTableId") + digest(in.text("destinationCidrBlock"))[:10]
			},
			outputs: func(targettest.Object) targettest.Properties {
				return targettest.Properties{"origin": text("CreateRoute"), "state": text("active")}
			},
			replace: []string{"routeTableId", "destinationCidrBlock"},
		},
		RouteTableAssociation: {
			calls:   []call{{service: "ec2", operation: "AssociateRouteTable", fields: fields{"routeTableId": to("RouteTableId"), "subnetId": to("SubnetId"), "gatewayId": to("GatewayId")}}},
			refers:  map[string]reference{"routeTableId": byID(RouteTable), "subnetId": byID(Subnet), "gatewayId": byID(InternetGateway)},
			rules:   []rule{oneOf("subnetId", "gatewayId")},
			id:      identifier("rtbassoc", RouteTableAssociation),
			replace: []string{"subnetId", "gatewayId"},
		},
	}
}

// namesNeedResolver refuses names for hosts where nothing resolves them.
func namesNeedResolver(in values) []targettest.Problem {
	if in["enableDnsHostnames"] == true && in["enableDnsSupport"] == false {
		return []targettest.Problem{problem("enableDnsHostnames", "needs enableDnsSupport")}
	}
	return nil
}

// natAddress demands an address for a NAT gateway to the internet.
func natAddress(in values) []targettest.Problem {
	if private := in.text("connectivityType") == "private"; private == in.has("allocationId") {
		return []targettest.Problem{problem("allocationId", "a public NAT gateway has an address, a private one has none")}
	}
	return nil
}

// insideNetwork demands that a subnet is inside its network and shares no
// address with another.
func (w *world) insideNetwork(in values) []targettest.Problem {
	prefix, err := netip.ParsePrefix(in.text("cidrBlock"))
	vpc := w.inputsOf(in.text("vpcId"))
	if err != nil || vpc == nil {
		return nil
	}
	whole, err := netip.ParsePrefix(valuesOf(vpc).text("cidrBlock"))
	if err == nil && (whole.Bits() > prefix.Bits() || !whole.Contains(prefix.Addr())) {
		return []targettest.Problem{problem("cidrBlock", "%s is not inside %s of its network", prefix, whole)}
	}
	for _, other := range w.cloud.Objects() {
		its := valuesOf(other.Inputs)
		if other.Type != Subnet || its.text("vpcId") != in.text("vpcId") || its.text("cidrBlock") == prefix.String() {
			continue
		}
		if range2, err := netip.ParsePrefix(its.text("cidrBlock")); err == nil && range2.Overlaps(prefix) {
			return []targettest.Problem{problem("cidrBlock", "%s overlaps %s of %q", prefix, range2, other.Name)}
		}
	}
	return nil
}

// publicAddress is one of those that are kept for examples.
func publicAddress(id string) string {
	n, _ := strconv.ParseUint(digest(id)[:4], 16, 16)
	return fmt.Sprintf("203.0.113.%d", n%250+1)
}
