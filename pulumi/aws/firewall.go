package aws

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// What security groups are for, besides the two roles.
const (
	// nodeAPI is the API's internal load balancer, which nodes talk to.
	nodeAPI = "node-api"
	// publicAPI is the one that users talk to.
	publicAPI = "api"
)

// worker is one group for all pools: what one may, all may.
const worker = node.Worker

// anyProtocol is how AWS spells it.
const anyProtocol = "-1"

// privateRanges are where a private endpoint is reached from: the addresses of
// RFC 1918 and RFC 6598, which are all that a network can be joined to it with.
func privateRanges() []string {
	return []string{"10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"}
}

// firewall holds the security groups, by what they are for.
type firewall map[string]*ec2.SecurityGroup

// firewall makes the security groups and the rules, which are derived from
// what the parts of a cluster declare. What no rule lets in stays out.
func (p *program) firewall(net *network) (firewall, error) {
	groups := firewall{}
	purposes := []string{node.ControlPlane, worker, nodeAPI}
	if !p.block.Access.PrivateEndpoint {
		purposes = append(purposes, publicAPI)
	}
	for _, purpose := range purposes {
		made, err := p.group(net, purpose)
		if err != nil {
			return nil, err
		}
		groups[purpose] = made
	}
	layer, err := p.in.LayerPorts()
	if err != nil {
		return nil, err
	}
	for _, step := range []func() error{
		func() error { return p.admit(groups, node.ControlPlane, append(target.ControlPlanePorts(), layer...)) },
		func() error { return p.admit(groups, worker, append(target.WorkerPorts(), layer...)) },
		func() error { return p.admitUsers(groups) },
		func() error { return p.letOut(groups) },
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return groups, nil
}

func (p *program) group(net *network, purpose string) (*ec2.SecurityGroup, error) {
	name := p.cluster + "-" + purpose
	tags := p.shared(name)
	if purpose == node.ControlPlane || purpose == worker {
		// The cloud controller lets load balancers of services in here.
		of := p.tags(name, purpose, "")
		of[ownedTag(p.cluster)] = owned
		tags = pulumi.ToStringMap(of)
	}
	made, err := ec2.NewSecurityGroup(p.ctx, name, &ec2.SecurityGroupArgs{
		Name:        pulumi.String(groupName(p.cluster, purpose)),
		Description: pulumi.String("kubernetes-anywhere: " + purpose),
		VpcId:       net.id,
		Tags:        tags,
	}, p.with()...)
	return made, declaring("security group", name, err)
}

// admit lets in what hosts of a role listen for, and SSH from where the config
// says.
func (p *program) admit(groups firewall, role string, ports []target.Port) error {
	for _, port := range ports {
		for _, from := range groups.sources(port.Source) {
			if err := p.ingress(groups, role, port, from, nil); err != nil {
				return err
			}
		}
	}
	ssh := target.Port{From: 22, To: 22, Protocol: "tcp", Why: "SSH, from where the config allows"}
	for _, cidr := range unique(p.block.Access.SSHCIDRs) {
		if err := p.ingress(groups, role, ssh, cidr, pulumi.String(cidr)); err != nil {
			return err
		}
	}
	return nil
}

// sources are the groups that a source stands for. Anywhere is the load
// balancers, for nobody else reaches a host from outside, and the nodes: the
// service "kubernetes" sends pods straight to the API servers.
func (groups firewall) sources(source target.Source) []string {
	var all []string
	switch source {
	case target.Nodes:
		all = []string{node.ControlPlane, worker}
	case target.ControlPlanes:
		all = []string{node.ControlPlane}
	case target.Anywhere:
		all = []string{node.ControlPlane, worker, nodeAPI, publicAPI}
	}
	return slices.DeleteFunc(all, func(purpose string) bool { return groups[purpose] == nil })
}

// admitUsers lets nodes into the internal load balancer, and users into the
// public one, or into the internal one where there is no other.
func (p *program) admitUsers(groups firewall) error {
	api := target.Port{From: apiPort, To: apiPort, Protocol: "tcp", Why: "the Kubernetes API"}
	for _, from := range groups.sources(target.Nodes) {
		if err := p.ingress(groups, nodeAPI, api, from, nil); err != nil {
			return err
		}
	}
	into, cidrs := publicAPI, p.block.Access.APICIDRs
	if p.block.Access.PrivateEndpoint {
		into, cidrs = nodeAPI, privateRanges()
	}
	for _, cidr := range unique(cidrs) {
		if err := p.ingress(groups, into, api, cidr, pulumi.String(cidr)); err != nil {
			return err
		}
	}
	return nil
}

// ingress is one rule: from is another group's purpose, or the range itself,
// whose slash has no place in the name of what 'render' writes a file for.
func (p *program) ingress(groups firewall, into string, port target.Port, from string, cidr pulumi.StringPtrInput) error {
	name := fmt.Sprintf("%s-%s-%s-%d-from-%s", p.cluster, into, port.Protocol, port.From, strings.ReplaceAll(from, "/", "-"))
	args := &vpc.SecurityGroupIngressRuleArgs{
		SecurityGroupId: groups[into].ID(),
		Description:     pulumi.String(description(port.Why)),
		IpProtocol:      pulumi.String(port.Protocol),
		FromPort:        pulumi.Int(port.From),
		ToPort:          pulumi.Int(port.To),
		CidrIpv4:        cidr,
		Tags:            p.shared(name),
	}
	if cidr == nil {
		args.ReferencedSecurityGroupId = groups[from].ID()
	}
	_, err := vpc.NewSecurityGroupIngressRule(p.ctx, name, args, p.with()...)
	return declaring("rule", name, err)
}

// letOut lets hosts reach everything, and load balancers the control planes.
func (p *program) letOut(groups firewall) error {
	for _, purpose := range []string{node.ControlPlane, worker, nodeAPI, publicAPI} {
		if groups[purpose] == nil {
			continue
		}
		name := p.cluster + "-" + purpose + "-out"
		args := &vpc.SecurityGroupEgressRuleArgs{
			SecurityGroupId: groups[purpose].ID(),
			Description:     pulumi.String("registries, package mirrors and the services of AWS"),
			IpProtocol:      pulumi.String(anyProtocol),
			CidrIpv4:        pulumi.String("0.0.0.0/0"),
			Tags:            p.shared(name),
		}
		if purpose == nodeAPI || purpose == publicAPI {
			args.Description = pulumi.String("the API servers")
			args.IpProtocol, args.FromPort, args.ToPort = pulumi.String("tcp"), pulumi.Int(apiPort), pulumi.Int(apiPort)
			args.CidrIpv4, args.ReferencedSecurityGroupId = nil, groups[node.ControlPlane].ID()
		}
		if _, err := vpc.NewSecurityGroupEgressRule(p.ctx, name, args, p.with()...); err != nil {
			return declaring("rule", name, err)
		}
	}
	return nil
}

// unique are the ranges of a list, each once: AWS refuses a rule twice.
func unique(cidrs []string) []string { return slices.Compact(slices.Sorted(slices.Values(cidrs))) }
