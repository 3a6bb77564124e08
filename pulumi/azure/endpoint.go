package azure

import (
	"fmt"

	net "github.com/pulumi/pulumi-azure-native-sdk/network/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// apiPart is the name of the parts of a balancer: it has one of each.
const apiPart = "api"

// How balancers look after API servers, in seconds and numbers of probes. Idle
// connections are watches, which have nothing to say for minutes.
const (
	probeSeconds   = 5
	probesToChange = 2
	idleMinutes    = 30
)

// endpoint is where the API is reached.
type endpoint struct {
	// host is the name or address users reach it by.
	host pulumi.StringInput
	// nodes is host:port as nodes reach it.
	nodes string
	// pools are the balancers' groups that control planes are in.
	pools []pulumi.StringInput
}

// endpoint declares the internal balancer, by which nodes come, and the public
// one, by which users do. A private endpoint has the first alone.
func (p *program) endpoint(on *network) (*endpoint, error) {
	inside, err := fixedAddress(p.in.Cluster.Spec.Network, 0)
	if err != nil {
		return nil, err
	}
	made := &endpoint{host: pulumi.String(inside), nodes: hostPort(inside)}
	err = p.balancer(made, "api-internal", net.FrontendIPConfigurationArgs{
		Name:                      pulumi.String(apiPart),
		PrivateIPAddress:          pulumi.String(inside),
		PrivateIPAllocationMethod: pulumi.String("Static"),
		PrivateIPAddressVersion:   pulumi.String("IPv4"),
		Subnet:                    net.SubnetTypeArgs{Id: optional(on.subnet)},
		Zones:                     zoneList(addressZones(p.block.Zones)...),
	})
	if err != nil || p.block.Access.PrivateEndpoint {
		return made, err
	}
	outside, err := p.publicAddress("api")
	if err != nil {
		return nil, err
	}
	made.host = outside.IpAddress.Elem()
	err = p.balancer(made, "api", net.FrontendIPConfigurationArgs{
		Name:            pulumi.String(apiPart),
		PublicIPAddress: net.PublicIPAddressTypeArgs{Id: outside.ID()},
	})
	return made, err
}

// balancer declares a balancer of the API and adds its group of machines.
func (p *program) balancer(to *endpoint, what string, front net.FrontendIPConfigurationArgs) error {
	self := p.id("Microsoft.Network/loadBalancers", p.called(what))
	balancer, err := net.NewLoadBalancer(p.ctx, p.called(what), &net.LoadBalancerArgs{
		LoadBalancerName:         pulumi.String(p.called(what)),
		ResourceGroupName:        p.group,
		Location:                 pulumi.String(p.block.Location),
		Sku:                      net.LoadBalancerSkuArgs{Name: pulumi.String("Standard")},
		FrontendIPConfigurations: net.FrontendIPConfigurationArray{front},
		BackendAddressPools:      net.BackendAddressPoolArray{net.BackendAddressPoolArgs{Name: pulumi.String(apiPart)}},
		Probes: net.ProbeArray{net.ProbeArgs{
			Name:              pulumi.String(apiPart),
			Protocol:          pulumi.String("Https"),
			Port:              pulumi.Int(apiPort),
			RequestPath:       pulumi.String("/readyz"),
			IntervalInSeconds: pulumi.Int(probeSeconds),
			ProbeThreshold:    pulumi.Int(probesToChange),
		}},
		LoadBalancingRules: net.LoadBalancingRuleArray{net.LoadBalancingRuleArgs{
			Name:                    pulumi.String(apiPart),
			Protocol:                pulumi.String("Tcp"),
			FrontendPort:            pulumi.Int(apiPort),
			BackendPort:             pulumi.Int(apiPort),
			FrontendIPConfiguration: net.SubResourceArgs{Id: pulumi.String(self + "/frontendIPConfigurations/" + apiPart)},
			BackendAddressPool:      net.SubResourceArgs{Id: pulumi.String(self + "/backendAddressPools/" + apiPart)},
			Probe:                   net.SubResourceArgs{Id: pulumi.String(self + "/probes/" + apiPart)},
			IdleTimeoutInMinutes:    pulumi.Int(idleMinutes),
			EnableTcpReset:          pulumi.Bool(true),
			// The way out is the NAT gateway's.
			DisableOutboundSnat: pulumi.Bool(true),
		}},
		Tags: p.tags("", ""),
	}, p.options()...)
	if err != nil {
		return fmt.Errorf("declaring the load balancer %q: %w", p.called(what), err)
	}
	to.pools = append(to.pools, pulumi.Sprintf("%s/backendAddressPools/%s", balancer.ID(), apiPart))
	return nil
}
