package aws

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lb"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// apiPort is where API servers listen, and load balancers too.
const apiPort = 6443

// endpoint is how the API is reached.
type endpoint struct {
	// users and nodes are host:port for each.
	users, nodes pulumi.StringOutput
	// names are the names and addresses that the API's certificate must have.
	names pulumi.StringArray
	// targets are the target groups that every control plane belongs to.
	targets []targets
}

// targets is the target group of one load balancer.
type targets struct {
	purpose string
	group   *lb.TargetGroup
}

// endpoint makes the internal load balancer and, unless the endpoint is
// private, the public one.
func (p *program) endpoint(net *network, groups firewall) (*endpoint, error) {
	api := &endpoint{}
	internal, err := p.balancer(nodeAPI, groups, &lb.LoadBalancerArgs{
		Internal: pulumi.Bool(true), Subnets: p.inZones(net.private),
	})
	if err != nil {
		return nil, err
	}
	api.nodes = pulumi.Sprintf("%s:%d", internal.DnsName, apiPort)
	// From its own address a control plane could not reach itself.
	if err := p.serve(net, api, nodeAPI, internal, false); err != nil {
		return nil, err
	}
	if p.block.Access.PrivateEndpoint {
		api.users = api.nodes
		return api, nil
	}
	return api, p.publicEndpoint(net, groups, api)
}

// publicEndpoint is the load balancer in the public subnets. Its addresses are
// reserved: they can be written into other people's firewalls.
func (p *program) publicEndpoint(net *network, groups firewall, api *endpoint) error {
	mappings := lb.LoadBalancerSubnetMappingArray{}
	for _, zone := range p.block.publicZones() {
		address, err := p.address(net, fmt.Sprintf("%s-api-%s", p.cluster, zone))
		if err != nil {
			return err
		}
		mappings = append(mappings, lb.LoadBalancerSubnetMappingArgs{
			SubnetId: net.public[zone], AllocationId: address.AllocationId,
		})
		api.names = append(api.names, address.PublicIp)
	}
	public, err := p.balancer(publicAPI, groups, &lb.LoadBalancerArgs{
		Internal: pulumi.Bool(false), SubnetMappings: mappings,
	}, pulumi.DependsOn(net.open))
	if err != nil {
		return err
	}
	api.names = append(api.names, public.DnsName)
	api.users = pulumi.Sprintf("%s:%d", public.DnsName, apiPort)
	// The audit log names the callers, not the load balancer.
	return p.serve(net, api, publicAPI, public, true)
}

func (p *program) balancer(purpose string, groups firewall, args *lb.LoadBalancerArgs, options ...pulumi.ResourceOption) (*lb.LoadBalancer, error) {
	name := p.cluster + "-" + purpose
	args.Name = pulumi.String(balancerName(purpose, p.cluster))
	args.LoadBalancerType = pulumi.String("network")
	args.SecurityGroups = pulumi.StringArray{groups[purpose].ID()}
	// A zone without a control plane of its own serves as well as another.
	args.EnableCrossZoneLoadBalancing = pulumi.Bool(true)
	args.Tags = p.shared(name)
	made, err := lb.NewLoadBalancer(p.ctx, name, args, p.with(options...)...)
	return made, declaring("load balancer", name, err)
}

// serve makes a load balancer hand its connections to API servers that are
// ready.
func (p *program) serve(net *network, api *endpoint, purpose string, balancer *lb.LoadBalancer, keepCaller bool) error {
	name := p.cluster + "-" + purpose
	group, err := lb.NewTargetGroup(p.ctx, name, &lb.TargetGroupArgs{
		Name:                  pulumi.String(balancerName(purpose, p.cluster)),
		VpcId:                 net.id,
		TargetType:            pulumi.String("ip"),
		Protocol:              pulumi.String("TCP"),
		Port:                  pulumi.Int(apiPort),
		PreserveClientIp:      pulumi.String(fmt.Sprint(keepCaller)),
		DeregistrationDelay:   pulumi.Int(30),
		ConnectionTermination: pulumi.Bool(true),
		HealthCheck: lb.TargetGroupHealthCheckArgs{
			Protocol:           pulumi.String("HTTPS"),
			Path:               pulumi.String("/readyz"),
			Port:               pulumi.String(fmt.Sprint(apiPort)),
			Matcher:            pulumi.String("200"),
			Interval:           pulumi.Int(10),
			Timeout:            pulumi.Int(5),
			HealthyThreshold:   pulumi.Int(2),
			UnhealthyThreshold: pulumi.Int(2),
		},
		Tags: p.shared(name),
	}, p.with()...)
	if err != nil {
		return declaring("target group", name, err)
	}
	api.targets = append(api.targets, targets{purpose, group})
	_, err = lb.NewListener(p.ctx, name, &lb.ListenerArgs{
		LoadBalancerArn: balancer.Arn,
		Port:            pulumi.Int(apiPort),
		Protocol:        pulumi.String("TCP"),
		DefaultActions: lb.ListenerDefaultActionArray{lb.ListenerDefaultActionArgs{
			Type: pulumi.String("forward"), TargetGroupArn: group.Arn,
		}},
		Tags: p.shared(name),
	}, p.with()...)
	return declaring("listener", name, err)
}

// inZones are the subnets of the cluster's zones, in their order.
func (p *program) inZones(subnets map[string]pulumi.StringInput) pulumi.StringArray {
	return subnetsOf(subnets, p.block.Zones)
}

func subnetsOf(subnets map[string]pulumi.StringInput, zones []string) pulumi.StringArray {
	out := pulumi.StringArray{}
	for _, zone := range zones {
		out = append(out, subnets[zone])
	}
	return out
}
