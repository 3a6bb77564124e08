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
func (b *build) network() (network, error) {
	on := network{}
	if existing := b.block.Existing.Network; existing != "" {
		on.network = pulumi.String(fmt.Sprintf("projects/%s/global/networks/%s", b.block.Project, existing))
	} else {
		made, err := compute.NewNetwork(b.ctx, b.cluster, &compute.NetworkArgs{
			Name: pulumi.String(b.cluster), Project: b.project(),
			Description:           b.description("the cluster's network"),
			AutoCreateSubnetworks: pulumi.Bool(false),
		}, b.fixed)
		if err != nil {
			return network{}, b.failed("network", b.cluster, err)
		}
		on.network = made.SelfLink
	}
	if existing := b.block.Existing.Subnetwork; existing != "" {
		on.subnet = pulumi.String(fmt.Sprintf("projects/%s/regions/%s/subnetworks/%s", b.block.Project, b.block.Region, existing))
		return on, nil
	}
	subnet, err := compute.NewSubnetwork(b.ctx, b.cluster, &compute.SubnetworkArgs{
		Name: pulumi.String(b.cluster), Project: b.project(), Region: b.region(),
		Description: b.description("every host of the cluster"),
		Network:     on.network,
		IpCidrRange: pulumi.String(b.in.Cluster.Spec.Network.NodeCIDR),
		// Secret Manager is reached without a way out.
		PrivateIpGoogleAccess: pulumi.Bool(true),
	}, b.fixed)
	if err != nil {
		return network{}, b.failed("subnet", b.cluster, err)
	}
	on.subnet = subnet.SelfLink
	nat, err := b.nat(on)
	on.out = []pulumi.Resource{nat}
	return on, err
}

// nat declares the way out of hosts, which have no public address.
func (b *build) nat(on network) (*compute.RouterNat, error) {
	router, err := compute.NewRouter(b.ctx, b.cluster, &compute.RouterArgs{
		Name: pulumi.String(b.cluster), Project: b.project(), Region: b.region(),
		Description: b.description("carries the cluster's NAT"),
		Network:     on.network,
	}, b.fixed)
	if err != nil {
		return nil, b.failed("router", b.cluster, err)
	}
	nat, err := compute.NewRouterNat(b.ctx, b.cluster, &compute.RouterNatArgs{
		Name: pulumi.String(b.cluster), Project: b.project(), Region: b.region(),
		Router:                        router.Name,
		NatIpAllocateOption:           pulumi.String("AUTO_ONLY"),
		SourceSubnetworkIpRangesToNat: pulumi.String("LIST_OF_SUBNETWORKS"),
		Subnetworks: compute.RouterNatSubnetworkArray{compute.RouterNatSubnetworkArgs{
			Name:                 on.subnet,
			SourceIpRangesToNats: pulumi.StringArray{pulumi.String("PRIMARY_IP_RANGE")},
		}},
	}, b.fixed)
	return nat, b.failed("NAT", b.cluster, err)
}
