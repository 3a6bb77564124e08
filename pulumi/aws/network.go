package aws

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// network is where everything else stands.
type network struct {
	id pulumi.StringInput
	// private subnets hold the hosts, public ones what the internet talks to;
	// both by zone.
	private, public map[string]pulumi.StringInput
	// open is the route to the internet, which must be there before a public
	// address is of use and go after it; ready all that a host needs to reach
	// something. A network of the user's is both.
	open, ready []pulumi.Resource
}

// network makes the network, or takes the user's.
func (p *program) network() (*network, error) {
	if given := p.block.Existing; given.Network != "" {
		return &network{
			id:      pulumi.String(given.Network),
			private: constants(given.Subnets),
			public:  constants(given.PublicSubnets),
		}, nil
	}
	shares, err := share(p.in.Cluster.Spec.Network.NodeCIDR, len(p.block.Zones))
	if err != nil {
		return nil, err
	}
	vpc, err := ec2.NewVpc(p.ctx, p.cluster, &ec2.VpcArgs{
		CidrBlock:          pulumi.String(p.in.Cluster.Spec.Network.NodeCIDR),
		EnableDnsSupport:   pulumi.Bool(true),
		EnableDnsHostnames: pulumi.Bool(true),
		Tags:               p.shared(p.cluster),
	}, p.with()...)
	if err != nil {
		return nil, declaring("network", p.cluster, err)
	}
	net := &network{id: vpc.ID(), private: map[string]pulumi.StringInput{}, public: map[string]pulumi.StringInput{}}
	out, err := p.wayOut(net)
	if err != nil {
		return nil, err
	}
	for i, zone := range p.block.Zones {
		if net.public[zone], err = p.publicSubnet(net, out, zone, shares.public[i].String()); err != nil {
			return nil, err
		}
		if p.block.NATPerZone || i == 0 {
			if out.gateway, err = p.nat(net, zone); err != nil {
				return nil, err
			}
		}
		if net.private[zone], err = p.privateSubnet(net, out, zone, shares.private[i].String()); err != nil {
			return nil, err
		}
	}
	return net, nil
}

// wayOut is how packets leave the network: from public subnets by the internet
// gateway, from private ones by the last NAT gateway made.
type wayOut struct {
	public  *ec2.RouteTable
	gateway *ec2.NatGateway
}

// wayOut makes the internet gateway and the route to it, one for all zones.
func (p *program) wayOut(net *network) (*wayOut, error) {
	door, err := ec2.NewInternetGateway(p.ctx, p.cluster, &ec2.InternetGatewayArgs{
		VpcId: net.id, Tags: p.shared(p.cluster),
	}, p.with()...)
	if err != nil {
		return nil, declaring("internet gateway", p.cluster, err)
	}
	table, route, err := p.routes(net, p.cluster+"-public", &ec2.RouteArgs{GatewayId: door.ID()})
	if err != nil {
		return nil, err
	}
	net.open = []pulumi.Resource{route}
	return &wayOut{public: table}, nil
}

// routes makes a route table with one route, for all that is not local.
func (p *program) routes(net *network, name string, to *ec2.RouteArgs) (*ec2.RouteTable, *ec2.Route, error) {
	table, err := ec2.NewRouteTable(p.ctx, name, &ec2.RouteTableArgs{VpcId: net.id, Tags: p.shared(name)}, p.with()...)
	if err != nil {
		return nil, nil, declaring("route table", name, err)
	}
	to.RouteTableId, to.DestinationCidrBlock = table.ID(), pulumi.String("0.0.0.0/0")
	route, err := ec2.NewRoute(p.ctx, name, to, p.with()...)
	return table, route, declaring("route", name, err)
}

func (p *program) publicSubnet(net *network, out *wayOut, zone, cidr string) (pulumi.StringInput, error) {
	return p.subnet(net, out.public, fmt.Sprintf("%s-public-%s", p.cluster, zone), zone, cidr, publicBalancers)
}

// privateSubnet makes the subnet of a zone's hosts. Each has a route table of
// its own, so that a NAT gateway in each zone is a change of routes alone.
func (p *program) privateSubnet(net *network, out *wayOut, zone, cidr string) (pulumi.StringInput, error) {
	name := fmt.Sprintf("%s-private-%s", p.cluster, zone)
	table, route, err := p.routes(net, name, &ec2.RouteArgs{NatGatewayId: out.gateway.ID()})
	if err != nil {
		return nil, err
	}
	net.ready = append(net.ready, route)
	return p.subnet(net, table, name, zone, cidr, internalBalancers)
}

// What load balancers of services a subnet is for, by the tags that the cloud
// controller looks for.
const (
	publicBalancers   = "kubernetes.io/role/elb"
	internalBalancers = "kubernetes.io/role/internal-elb"
)

// subnet makes a subnet that gives nobody a public address.
func (p *program) subnet(net *network, table *ec2.RouteTable, name, zone, cidr, balancers string) (pulumi.StringInput, error) {
	tags := p.tags(name, "", "")
	tags[ownedTag(p.cluster)], tags[balancers] = owned, "1"
	subnet, err := ec2.NewSubnet(p.ctx, name, &ec2.SubnetArgs{
		VpcId:               net.id,
		AvailabilityZone:    pulumi.String(zone),
		CidrBlock:           pulumi.String(cidr),
		MapPublicIpOnLaunch: pulumi.Bool(false),
		Tags:                pulumi.ToStringMap(tags),
	}, p.with()...)
	if err != nil {
		return nil, declaring("subnet", name, err)
	}
	link, err := ec2.NewRouteTableAssociation(p.ctx, name, &ec2.RouteTableAssociationArgs{
		SubnetId: subnet.ID(), RouteTableId: table.ID(),
	}, p.with()...)
	if err != nil {
		return nil, declaring("route table association", name, err)
	}
	net.ready = append(net.ready, link)
	return subnet.ID(), nil
}

// nat makes the NAT gateway of a zone, in its public subnet.
func (p *program) nat(net *network, zone string) (*ec2.NatGateway, error) {
	name := fmt.Sprintf("%s-nat-%s", p.cluster, zone)
	address, err := p.address(net, name)
	if err != nil {
		return nil, err
	}
	gateway, err := ec2.NewNatGateway(p.ctx, name, &ec2.NatGatewayArgs{
		SubnetId: net.public[zone], AllocationId: address.AllocationId, Tags: p.shared(name),
	}, p.with(pulumi.DependsOn(net.open))...)
	return gateway, declaring("NAT gateway", name, err)
}

// address makes a public address. The network must have its way out first,
// and keep it as long.
func (p *program) address(net *network, name string) (*ec2.Eip, error) {
	address, err := ec2.NewEip(p.ctx, name, &ec2.EipArgs{
		Domain: pulumi.String("vpc"), Tags: p.shared(name),
	}, p.with(pulumi.DependsOn(net.open))...)
	return address, declaring("public address", name, err)
}

func constants(of map[string]string) map[string]pulumi.StringInput {
	out := map[string]pulumi.StringInput{}
	for key, value := range of {
		out[key] = pulumi.String(value)
	}
	return out
}
