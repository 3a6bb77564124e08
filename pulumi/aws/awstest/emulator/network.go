package emulator

import (
	"fmt"
	"net/netip"
)

// Account is the number of the account that everything belongs to.
const Account = "123456789012"

// Region is the only one there is.
const Region = "us-east-2"

// Kinds of objects whose ids are looked for in several places.
const (
	kindVPC      = "vpc"
	kindSubnet   = "subnet"
	kindGateway  = "internet-gateway"
	kindAddress  = "elastic-ip"
	kindNAT      = "natgateway"
	kindTable    = "route-table"
	kindGroup    = "security-group"
	kindRule     = "security-group-rule"
	kindCard     = "network-interface"
	kindInstance = "instance"
	kindVolume   = "volume"
	kindTemplate = "launch-template"
)

func callerIdentity(*Emulator, message) (message, error) {
	return message{"Account": Account, "Arn": "arn:aws:iam::" + Account + ":user/tester", "UserId": "AIDAEMULATED"}, nil
}

// networkHandlers answer what is asked of networks, their subnets and the ways
// out of them.
func networkHandlers() map[string]handler {
	return map[string]handler{
		"CreateVpc":             createVPC,
		"DescribeVpcs":          describe("Vpcs", kindVPC, "InvalidVpcID.NotFound", "VpcIds", map[string]string{"vpc-id": "VpcId", "cidr": "CidrBlock"}),
		"DescribeVpcAttribute":  describeVPCAttribute,
		"ModifyVpcAttribute":    modifyVPCAttribute,
		"DeleteVpc":             deleteVPC,
		"DescribeNetworkAcls":   describe("NetworkAcls", "network-acl", "InvalidNetworkAclID.NotFound", "NetworkAclIds", map[string]string{"vpc-id": "VpcId", "default": "IsDefault", "association.subnet-id": "Associations.SubnetId"}),
		"CreateSubnet":          createSubnet,
		"DescribeSubnets":       describe("Subnets", kindSubnet, "InvalidSubnetID.NotFound", "SubnetIds", map[string]string{"vpc-id": "VpcId", "subnet-id": "SubnetId", "availability-zone": "AvailabilityZone"}),
		"ModifySubnetAttribute": modifySubnet,
		"DeleteSubnet":          deleteSubnet,
		"CreateInternetGateway": func(e *Emulator, in message) (message, error) {
			o := e.store.add(kindGateway, "igw", "InternetGatewayId", message{"OwnerId": Account, "Attachments": list[any]()})
			tagged(o, in)
			return message{"InternetGateway": deep(o.data)}, nil
		},
		"AttachInternetGateway":    attachGateway,
		"DetachInternetGateway":    detachGateway,
		"DeleteInternetGateway":    deleteGateway,
		"DescribeInternetGateways": describe("InternetGateways", kindGateway, "InvalidInternetGatewayID.NotFound", "InternetGatewayIds", map[string]string{"attachment.vpc-id": "Attachments.VpcId", "internet-gateway-id": "InternetGatewayId"}),
		"AllocateAddress":          allocateAddress,
		"ReleaseAddress":           releaseAddress,
		"DisassociateAddress":      disassociateAddress,
		"DescribeAddresses":        describe("Addresses", kindAddress, "InvalidAllocationID.NotFound", "AllocationIds", map[string]string{"allocation-id": "AllocationId", "public-ip": "PublicIp", "association-id": "AssociationId"}),
		"DescribeAddressesAttribute": func(*Emulator, message) (message, error) {
			return message{"Addresses": list[any]()}, nil
		},
		"CreateNatGateway":          createNAT,
		"DeleteNatGateway":          deleteNAT,
		"DescribeNatGateways":       describe("NatGateways", kindNAT, "NatGatewayNotFound", "NatGatewayIds", map[string]string{"vpc-id": "VpcId", "subnet-id": "SubnetId", "state": "State"}),
		"DescribeAvailabilityZones": describeZones,
	}
}

// describe answers with the objects of a kind.
func describe(answer, kind, missing, ids string, filters map[string]string) handler {
	return func(e *Emulator, in message) (message, error) {
		found, err := e.store.selected(kind, missing, texts(in, ids), structures(in, "Filters"), filters)
		if err != nil {
			return nil, err
		}
		return message{answer: datas(found)}, nil
	}
}

// find is an object that must exist.
func (e *Emulator) find(kind, missing, id string) (*object, error) {
	o := e.store.get(kind, id)
	if o == nil {
		return nil, refuse(missing, "there is no %s %q", kind, id)
	}
	return o, nil
}

func createVPC(e *Emulator, in message) (message, error) {
	o := e.store.add(kindVPC, "vpc", "VpcId", message{
		"CidrBlock": text(in, "CidrBlock"), "State": "available", "OwnerId": Account, "IsDefault": false, "DhcpOptionsId": "dopt-1",
		"InstanceTenancy": or(in, "InstanceTenancy", "default"),
	})
	o.data["CidrBlockAssociationSet"] = list(message{
		"AssociationId": "vpc-cidr-assoc-" + o.id, "CidrBlock": text(in, "CidrBlock"), "CidrBlockState": message{"State": "associated"},
	})
	o.kept = message{"enableDnsSupport": true, "enableDnsHostnames": false, "enableNetworkAddressUsageMetrics": false}
	tagged(o, in)
	e.store.add("network-acl", "acl", "NetworkAclId", message{"VpcId": o.id, "IsDefault": true}).owner = o.id
	table := e.store.add(kindTable, "rtb", "RouteTableId", message{"VpcId": o.id, "OwnerId": Account, "Routes": list(localRoute(text(in, "CidrBlock")))})
	table.owner = o.id
	table.data["Associations"] = list(message{"Main": true, "RouteTableId": table.id, "RouteTableAssociationId": "rtbassoc-" + table.id, "AssociationState": message{"State": "associated"}})
	group := e.store.add(kindGroup, "sg", "GroupId", message{"VpcId": o.id, "GroupName": "default", "Description": "default VPC security group", "OwnerId": Account})
	group.owner = o.id
	return message{"Vpc": deep(o.data)}, nil
}

func describeVPCAttribute(e *Emulator, in message) (message, error) {
	o, err := e.find(kindVPC, "InvalidVpcID.NotFound", text(in, "VpcId"))
	if err != nil {
		return nil, err
	}
	members := map[string]string{"enableDnsSupport": "EnableDnsSupport", "enableDnsHostnames": "EnableDnsHostnames", "enableNetworkAddressUsageMetrics": "EnableNetworkAddressUsageMetrics"}
	name := text(in, "Attribute")
	return message{"VpcId": o.id, members[name]: message{"Value": o.kept[name]}}, nil
}

func modifyVPCAttribute(e *Emulator, in message) (message, error) {
	o, err := e.find(kindVPC, "InvalidVpcID.NotFound", text(in, "VpcId"))
	if err != nil {
		return nil, err
	}
	for member, kept := range map[string]string{"EnableDnsSupport": "enableDnsSupport", "EnableDnsHostnames": "enableDnsHostnames", "EnableNetworkAddressUsageMetrics": "enableNetworkAddressUsageMetrics"} {
		if v, set := value(in, member); set {
			o.kept[kept] = v
		}
	}
	if o.kept["enableDnsHostnames"] == true && o.kept["enableDnsSupport"] != true {
		return nil, refuse("InvalidParameterCombination", "DNS hostnames need DNS support")
	}
	return message{}, nil
}

func deleteVPC(e *Emulator, in message) (message, error) {
	o, err := e.find(kindVPC, "InvalidVpcID.NotFound", text(in, "VpcId"))
	if err != nil {
		return nil, err
	}
	for _, kind := range []string{kindSubnet, kindTable, kindGroup, kindCard} {
		for _, other := range e.store.where(kind, "VpcId", o.id) {
			if other.owner != o.id {
				return nil, refuse("DependencyViolation", "%s %s is in %s", kind, other.id, o.id)
			}
		}
	}
	for _, door := range e.store.of(kindGateway) {
		if attachedTo(door, o.id) {
			return nil, refuse("DependencyViolation", "%s is attached to %s", door.id, o.id)
		}
	}
	e.store.remove(o)
	return message{}, nil
}

func createSubnet(e *Emulator, in message) (message, error) {
	network, err := e.find(kindVPC, "InvalidVpcID.NotFound", text(in, "VpcId"))
	if err != nil {
		return nil, err
	}
	prefix, err := netip.ParsePrefix(text(in, "CidrBlock"))
	whole := netip.MustParsePrefix(text(network.data, "CidrBlock"))
	if err != nil || prefix.Bits() < whole.Bits() || !whole.Contains(prefix.Addr()) {
		return nil, refuse("InvalidSubnet.Range", "%s is not inside %s", text(in, "CidrBlock"), whole)
	}
	for _, other := range e.store.where(kindSubnet, "VpcId", network.id) {
		if netip.MustParsePrefix(text(other.data, "CidrBlock")).Overlaps(prefix) {
			return nil, refuse("InvalidSubnet.Conflict", "%s conflicts with %s", prefix, other.id)
		}
	}
	zone := text(in, "AvailabilityZone")
	o := e.store.add(kindSubnet, "subnet", "SubnetId", message{
		"VpcId": network.id, "CidrBlock": prefix.String(), "AvailabilityZone": zone, "AvailabilityZoneId": zoneID(zone), "State": "available", "OwnerId": Account,
		"MapPublicIpOnLaunch": false, "AssignIpv6AddressOnCreation": false, "EnableDns64": false, "Ipv6Native": false, "DefaultForAz": false,
		"AvailableIpAddressCount":       (1 << (32 - prefix.Bits())) - 5,
		"PrivateDnsNameOptionsOnLaunch": message{"HostnameType": "ip-name", "EnableResourceNameDnsARecord": false, "EnableResourceNameDnsAAAARecord": false},
	})
	o.data["SubnetArn"] = fmt.Sprintf("arn:aws:ec2:%s:%s:subnet/%s", Region, Account, o.id)
	tagged(o, in)
	return message{"Subnet": deep(o.data)}, nil
}

// zoneID is the zone's name in all accounts.
func zoneID(zone string) string {
	if zone == "" {
		return ""
	}
	return fmt.Sprintf("use2-az%d", zone[len(zone)-1]-'a'+1)
}

func modifySubnet(e *Emulator, in message) (message, error) {
	o, err := e.find(kindSubnet, "InvalidSubnetID.NotFound", text(in, "SubnetId"))
	if err != nil {
		return nil, err
	}
	for _, member := range []string{"MapPublicIpOnLaunch", "AssignIpv6AddressOnCreation", "EnableDns64"} {
		if v, set := value(in, member); set {
			o.data[member] = v
		}
	}
	return message{}, nil
}

func deleteSubnet(e *Emulator, in message) (message, error) {
	o, err := e.find(kindSubnet, "InvalidSubnetID.NotFound", text(in, "SubnetId"))
	if err != nil {
		return nil, err
	}
	for _, kind := range []string{kindCard, kindNAT, kindInstance} {
		for _, other := range e.store.where(kind, "SubnetId", o.id) {
			if !other.gone() {
				return nil, refuse("DependencyViolation", "%s %s is in %s", kind, other.id, o.id)
			}
		}
	}
	for _, kind := range []string{kindBalancer, kindScaling} {
		for _, other := range e.store.of(kind) {
			if other.kept[o.id] != nil {
				return nil, refuse("DependencyViolation", "%s %s is in %s", kind, other.id, o.id)
			}
		}
	}
	for _, table := range e.store.of(kindTable) {
		associations := structures(table.data, "Associations")
		table.data["Associations"] = without(associations, "SubnetId", o.id)
	}
	e.store.remove(o)
	return message{}, nil
}

// without are the structures that have another value.
func without(items []message, member, v string) []any {
	out := []any{}
	for _, item := range items {
		if text(item, member) != v {
			out = append(out, item)
		}
	}
	return out
}

func describeZones(*Emulator, message) (message, error) {
	zones := list[any]()
	for _, letter := range "abc" {
		name := Region + string(letter)
		zones = append(zones, message{"ZoneName": name, "ZoneId": zoneID(name), "State": "available", "RegionName": Region, "OptInStatus": "opt-in-not-required", "ZoneType": "availability-zone"})
	}
	return message{"AvailabilityZones": zones}, nil
}
