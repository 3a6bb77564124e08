package azure

import (
	"fmt"

	net "github.com/pulumi/pulumi-azure-native-sdk/network/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// keyVaultEndpoint gives a subnet a way to Key Vault of its own, by which a
// vault tells who comes from there.
const keyVaultEndpoint = "Microsoft.KeyVault"

// network is where machines are.
type network struct {
	subnet pulumi.StringInput
	// ours tells that the subnet is the cluster's own.
	ours bool
}

// network declares a network with one subnet, which spans the zones, and a NAT
// gateway for the way out; or takes a subnet that exists.
func (p *program) network() (*network, error) {
	if p.block.Existing.Subnet != "" {
		return &network{subnet: pulumi.String(p.block.Existing.Subnet)}, nil
	}
	cidr := pulumi.String(p.in.Cluster.Spec.Network.NodeCIDR)
	whole, err := net.NewVirtualNetwork(p.ctx, p.called("network"), &net.VirtualNetworkArgs{
		VirtualNetworkName: pulumi.String(p.called("network")),
		ResourceGroupName:  p.group,
		Location:           pulumi.String(p.block.Location),
		AddressSpace:       net.AddressSpaceArgs{AddressPrefixes: pulumi.StringArray{cidr}},
		Tags:               p.tags("", ""),
	}, p.options()...)
	if err != nil {
		return nil, fmt.Errorf("declaring the network %q: %w", p.called("network"), err)
	}
	nat, err := p.nat()
	if err != nil {
		return nil, err
	}
	subnet, err := net.NewSubnet(p.ctx, p.called("nodes"), &net.SubnetArgs{
		SubnetName:         pulumi.String(p.called("nodes")),
		ResourceGroupName:  p.group,
		VirtualNetworkName: whole.Name,
		AddressPrefix:      cidr,
		NatGateway:         net.SubResourceArgs{Id: nat.ID()},
		ServiceEndpoints: net.ServiceEndpointPropertiesFormatArray{
			net.ServiceEndpointPropertiesFormatArgs{Service: pulumi.String(keyVaultEndpoint)},
		},
	}, p.options()...)
	if err != nil {
		return nil, fmt.Errorf("declaring the subnet %q: %w", p.called("nodes"), err)
	}
	return &network{subnet: subnet.ID(), ours: true}, nil
}

// nat is the way out. It is in no zone of the user's choice: Azure puts it in
// one, and a subnet can have but one gateway.
func (p *program) nat() (*net.NatGateway, error) {
	address, err := p.publicAddress("nat")
	if err != nil {
		return nil, err
	}
	gateway, err := net.NewNatGateway(p.ctx, p.called("nat"), &net.NatGatewayArgs{
		NatGatewayName:    pulumi.String(p.called("nat")),
		ResourceGroupName: p.group,
		Location:          pulumi.String(p.block.Location),
		Sku:               net.NatGatewaySkuArgs{Name: pulumi.String("Standard")},
		PublicIpAddresses: net.SubResourceArray{net.SubResourceArgs{Id: address.ID()}},
		Tags:              p.tags("", ""),
	}, p.options()...)
	if err != nil {
		return nil, fmt.Errorf("declaring the NAT gateway %q: %w", p.called("nat"), err)
	}
	return gateway, nil
}

// publicAddress declares an address that stays.
func (p *program) publicAddress(what string) (*net.PublicIPAddress, error) {
	address, err := net.NewPublicIPAddress(p.ctx, p.called(what), &net.PublicIPAddressArgs{
		PublicIpAddressName:      pulumi.String(p.called(what)),
		ResourceGroupName:        p.group,
		Location:                 pulumi.String(p.block.Location),
		Sku:                      net.PublicIPAddressSkuArgs{Name: pulumi.String("Standard")},
		PublicIPAllocationMethod: pulumi.String("Static"),
		PublicIPAddressVersion:   pulumi.String("IPv4"),
		Zones:                    zoneList(addressZones(p.block.Zones)...),
		Tags:                     p.tags("", ""),
	}, p.options()...)
	if err != nil {
		return nil, fmt.Errorf("declaring the public address %q: %w", p.called(what), err)
	}
	return address, nil
}

// addressZones are the zones of an address: Azure has it in one, or in all of
// a region's, of which there are always three.
func addressZones(zones []string) []string {
	if len(zones) > 1 {
		return allZones()
	}
	return zones
}

// allZones are those of every region that has any.
func allZones() []string { return []string{"1", "2", "3"} }
