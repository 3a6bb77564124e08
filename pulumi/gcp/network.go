package gcp

import (
	"fmt"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/compute"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// network is where hosts are: links of a VPC network and of its subnet.
type network struct {
	network, subnet pulumi.StringInput
	// out is the way out; hosts without it cannot boot.
	out []pulumi.Resource
}

// network declares what the block does not name as existing.
func (p *program) network() (network, error) {
	on := network{}
	if existing := p.block.Existing.Network; existing != "" {
		on.network = pulumi.String(fmt.Sprintf("projects/%s/global/networks/%s", p.block.Project, existing))
	} else {
		made, err := compute.NewNetwork(p.ctx, p.cluster, &compute.NetworkArgs{
			Name: pulumi.String(p.cluster), Project: p.project(),
			Description:           p.description("the cluster's network"),
			AutoCreateSubnetworks: pulumi.Bool(false),
		}, p.fixed)
		if err != nil {
			return network{}, p.failed("network", p.cluster, err)
		}
		on.network = made.SelfLink
	}
	if existing := p.block.Existing.Subnetwork; existing != "" {
		on.subnet = pulumi.String(fmt.Sprintf("projects/%s/regions/%s/subnetworks/%s", p.block.Project, p.block.Region, existing))
		return on, nil
	}
	subnet, err := compute.NewSubnetwork(p.ctx, p.cluster, &compute.SubnetworkArgs{
		Name: pulumi.String(p.cluster), Project: p.project(), Region: p.region(),
		Description: p.description("every host of the cluster"),
		Network:     on.network,
		IpCidrRange: pulumi.String(p.in.Cluster.Spec.Network.NodeCIDR),
		// Secret Manager is reached without a way out.
		PrivateIpGoogleAccess: pulumi.Bool(true),
	}, p.fixed)
	if err != nil {
		return network{}, p.failed("subnet", p.cluster, err)
	}
	on.subnet = subnet.SelfLink
	nat, err := p.nat(on)
	on.out = []pulumi.Resource{nat}
	return on, err
}

// nat declares the way out of hosts, which have no public address.
func (p *program) nat(on network) (*compute.RouterNat, error) {
	router, err := compute.NewRouter(p.ctx, p.cluster, &compute.RouterArgs{
		Name: pulumi.String(p.cluster), Project: p.project(), Region: p.region(),
		Description: p.description("carries the cluster's NAT"),
		Network:     on.network,
	}, p.fixed)
	if err != nil {
		return nil, p.failed("router", p.cluster, err)
	}
	nat, err := compute.NewRouterNat(p.ctx, p.cluster, &compute.RouterNatArgs{
		Name: pulumi.String(p.cluster), Project: p.project(), Region: p.region(),
		Router:                        router.Name,
		NatIpAllocateOption:           pulumi.String("AUTO_ONLY"),
		SourceSubnetworkIpRangesToNat: pulumi.String("LIST_OF_SUBNETWORKS"),
		// All pods of a node go out by the node's ports: it begins with 64 and
		// gets more as they need them.
		EnableDynamicPortAllocation: pulumi.Bool(true), MinPortsPerVm: pulumi.Int(64),
		Subnetworks: compute.RouterNatSubnetworkArray{compute.RouterNatSubnetworkArgs{
			Name:                 on.subnet,
			SourceIpRangesToNats: pulumi.StringArray{pulumi.String("PRIMARY_IP_RANGE")},
		}},
	}, p.fixed)
	return nat, p.failed("NAT", p.cluster, err)
}
