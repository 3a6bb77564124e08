package gcp

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/compute"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Ports that load balancers and pools ask at.
const (
	apiPort     = 6443
	kubeletPort = 10250
)

// endpoint is how the API is reached: by addresses that are there before any
// host is, for hosts are told them.
type endpoint struct {
	// internal is for nodes; public, for users, is nil where they use that one.
	internal, public *compute.Address
}

// endpoint declares the addresses.
func (p *program) endpoint(on network) (endpoint, error) {
	var at endpoint
	var err error
	if at.internal, err = p.address(p.cluster+"-api-internal", p.labels(), on.subnet); err != nil {
		return endpoint{}, err
	}
	if !p.block.Access.PrivateEndpoint {
		at.public, err = p.address(p.cluster+"-api", p.labels(), nil)
	}
	return at, err
}

// address declares an address that stays: one of the subnet, or a public one.
func (p *program) address(name string, labels pulumi.StringMap, subnet pulumi.StringInput) (*compute.Address, error) {
	args := &compute.AddressArgs{
		Name: pulumi.String(name), Project: p.project(), Region: p.region(),
		Labels:      labels,
		AddressType: pulumi.String("EXTERNAL"),
	}
	if subnet != nil {
		args.AddressType = pulumi.String("INTERNAL")
		args.Purpose = pulumi.String("GCE_ENDPOINT")
		args.Subnetwork = subnet.ToStringOutput()
	}
	made, err := compute.NewAddress(p.ctx, name, args, p.fixed)
	return made, p.failed("address", name, err)
}

// forNodes is host:port of the API as nodes reach it.
func (e endpoint) forNodes() pulumi.StringOutput {
	return pulumi.Sprintf("%s:%d", e.internal.Address, apiPort)
}

// forUsers is the URL of the API as users reach it.
func (e endpoint) forUsers() pulumi.StringOutput {
	if e.public == nil {
		return pulumi.Sprintf("https://%s", e.forNodes())
	}
	return pulumi.Sprintf("https://%s:%d", e.public.Address, apiPort)
}

// names are what else the API server's certificate must say: the public
// address. It says that of the endpoint anyway.
func (e endpoint) names() pulumi.StringArray {
	if e.public == nil {
		return pulumi.StringArray{}
	}
	return pulumi.StringArray{e.public.Address}
}

// balance declares the load balancers, which pass connections through to the
// control planes that are ready.
func (p *program) balance(on network, at endpoint, groups []*compute.InstanceGroup) error {
	name := p.cluster + "-api"
	check, err := compute.NewRegionHealthCheck(p.ctx, name, &compute.RegionHealthCheckArgs{
		Name: pulumi.String(name), Project: p.project(), Region: p.region(),
		Description:      p.description("the API server is ready"),
		CheckIntervalSec: pulumi.Int(5), TimeoutSec: pulumi.Int(5),
		HealthyThreshold: pulumi.Int(2), UnhealthyThreshold: pulumi.Int(3),
		// Anybody may read /readyz, and certificates are not looked at.
		HttpsHealthCheck: compute.RegionHealthCheckHttpsHealthCheckArgs{
			Port: pulumi.Int(apiPort), RequestPath: pulumi.String("/readyz"),
		},
	}, p.fixed)
	if err != nil {
		return p.failed("health check", name, err)
	}
	if err := p.balancer(name+"-internal", "INTERNAL", check, groups, &compute.ForwardingRuleArgs{
		IpAddress: at.internal.Address, Network: on.network.ToStringOutput(), Subnetwork: on.subnet.ToStringOutput(),
		// Who is connected to the network may be so in another region.
		AllowGlobalAccess: pulumi.Bool(p.block.Access.PrivateEndpoint),
	}); err != nil || at.public == nil {
		return err
	}
	return p.balancer(name, "EXTERNAL", check, groups, &compute.ForwardingRuleArgs{IpAddress: at.public.Address})
}

// balancer declares one load balancer: who answers, and at which address.
func (p *program) balancer(name, scheme string, check *compute.RegionHealthCheck, groups []*compute.InstanceGroup, front *compute.ForwardingRuleArgs) error {
	var backends compute.RegionBackendServiceBackendArray
	for _, group := range groups {
		backends = append(backends, compute.RegionBackendServiceBackendArgs{
			Group: group.SelfLink, BalancingMode: pulumi.String("CONNECTION"),
		})
	}
	service, err := compute.NewRegionBackendService(p.ctx, name, &compute.RegionBackendServiceArgs{
		Name: pulumi.String(name), Project: p.project(), Region: p.region(),
		Description:         p.description("control planes that are ready"),
		LoadBalancingScheme: pulumi.String(scheme), Protocol: pulumi.String("TCP"),
		HealthChecks: check.SelfLink, Backends: backends,
	}, p.fixed)
	if err != nil {
		return p.failed("backend service", name, err)
	}
	front.Name, front.Project, front.Region = pulumi.String(name), p.project(), p.region()
	front.Labels = p.labels()
	front.LoadBalancingScheme, front.IpProtocol = pulumi.String(scheme), pulumi.String("TCP")
	front.Ports = pulumi.StringArray{pulumi.Sprintf("%d", apiPort)}
	front.BackendService = service.SelfLink
	_, err = compute.NewForwardingRule(p.ctx, name, front, p.fixed)
	return p.failed("forwarding rule", name, err)
}
