package azure

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	net "github.com/pulumi/pulumi-azure-native-sdk/network/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Azure's own words for sources: everything, the network with all that is
// joined to it, and where probes of balancers come from.
const (
	everything     = "*"
	virtualNetwork = "VirtualNetwork"
	loadBalancer   = "AzureLoadBalancer"
)

// Priorities of rules: the lower comes first. Above the last one stand Azure's
// own, which open everything within a network.
const (
	firstPriority = 100
	priorityStep  = 10
	lastPriority  = 4096
)

// sshPort is open to access.sshCIDRs only.
const sshPort = 22

// firewall is what the interface of each machine is in.
type firewall struct {
	rules pulumi.StringInput
	// planes are the control planes, nodes all machines.
	planes, nodes pulumi.StringInput
}

// rule opens ports to one kind of source.
type rule struct {
	port target.Port
	// to are the control planes, or all nodes.
	to target.Source
	// from is who may come where port.Source says Anywhere: ranges of
	// addresses, or one of Azure's own words.
	from []string
	// source is the word for who comes, in the rule's name.
	source string
}

// firewall declares two groups of machines and the rules between them.
func (p *program) firewall() (*firewall, error) {
	planes, err := p.machines(controlPlaneRole)
	if err != nil {
		return nil, err
	}
	nodes, err := p.machines("nodes")
	if err != nil {
		return nil, err
	}
	through := &firewall{planes: planes.ID(), nodes: nodes.ID()}
	rules, err := rules(p.block.Access, p.in)
	if err != nil {
		return nil, err
	}
	declared := net.SecurityRuleTypeArray{}
	for i, rule := range rules {
		declared = append(declared, through.declare(rule, firstPriority+i*priorityStep))
	}
	group, err := net.NewNetworkSecurityGroup(p.ctx, p.called("firewall"), &net.NetworkSecurityGroupArgs{
		NetworkSecurityGroupName: pulumi.String(p.called("firewall")),
		ResourceGroupName:        p.group,
		Location:                 pulumi.String(p.block.Location),
		SecurityRules:            append(declared, nothingElse()),
		Tags:                     p.tags("", ""),
	}, p.options()...)
	if err != nil {
		return nil, fmt.Errorf("declaring the firewall %q: %w", p.called("firewall"), err)
	}
	through.rules = group.ID()
	return through, nil
}

// machines declares a group that rules can name.
func (p *program) machines(what string) (*net.ApplicationSecurityGroup, error) {
	group, err := net.NewApplicationSecurityGroup(p.ctx, p.called(what), &net.ApplicationSecurityGroupArgs{
		ApplicationSecurityGroupName: pulumi.String(p.called(what)),
		ResourceGroupName:            p.group,
		Location:                     pulumi.String(p.block.Location),
		Tags:                         p.tags("", ""),
	}, p.options()...)
	if err != nil {
		return nil, fmt.Errorf("declaring the group of machines %q: %w", p.called(what), err)
	}
	return group, nil
}

// rules are derived from what the control plane, every node and the network
// layer declare. Balancers hand connections on with their sender's address.
func rules(access target.Access, in target.Inputs) ([]rule, error) {
	layered, err := in.LayerPorts()
	if err != nil {
		return nil, err
	}
	ofNodes := append(target.WorkerPorts(), layered...)
	var all []rule
	for _, port := range target.ControlPlanePorts() {
		switch {
		case slices.Contains(ofNodes, port):
		case port.Source == target.Anywhere:
			all = append(all, atAPI(access, port)...)
		default:
			all = append(all, rule{port: port, to: target.ControlPlanes, source: string(port.Source)})
		}
	}
	for _, port := range ofNodes {
		all = append(all, rule{port: port, to: target.Nodes, source: string(port.Source)})
	}
	if len(access.SSHCIDRs) > 0 {
		ssh := target.Port{From: sshPort, To: sshPort, Protocol: "tcp", Source: target.Anywhere, Why: "SSH, from where the config allows it"}
		all = append(all, rule{port: ssh, to: target.Nodes, from: access.SSHCIDRs, source: "outside"})
	}
	return all, nil
}

// atAPI opens the API: to nodes, to the balancers' probes, and to users. A
// private one is open to the network and what its owner has joined to it.
func atAPI(access target.Access, port target.Port) []rule {
	byNodes, byProbes := port, port
	byNodes.Source = target.Nodes
	byProbes.Why = "the balancers' probes of " + port.Why
	open := []rule{
		{port: byNodes, to: target.ControlPlanes, source: string(target.Nodes)},
		{port: byProbes, to: target.ControlPlanes, from: []string{loadBalancer}, source: "balancers"},
	}
	if access.PrivateEndpoint {
		return append(open, rule{port: port, to: target.ControlPlanes, from: []string{virtualNetwork}, source: "network"})
	}
	if len(access.APICIDRs) == 0 {
		return open
	}
	return append(open, rule{port: port, to: target.ControlPlanes, from: access.APICIDRs, source: "outside"})
}

// declare says a rule in Azure's words.
func (f *firewall) declare(r rule, priority int) net.SecurityRuleTypeArgs {
	ports := strconv.Itoa(r.port.From)
	if r.port.To != r.port.From {
		ports += "-" + strconv.Itoa(r.port.To)
	}
	said := net.SecurityRuleTypeArgs{
		Name:                                 pulumi.Sprintf("%s-%s-from-%s", r.port.Protocol, ports, r.source),
		Description:                          pulumi.String(r.port.Why),
		Access:                               pulumi.String("Allow"),
		Direction:                            pulumi.String("Inbound"),
		Priority:                             pulumi.Int(priority),
		Protocol:                             pulumi.String(map[string]string{"tcp": "Tcp", "udp": "Udp"}[r.port.Protocol]),
		SourcePortRange:                      pulumi.String(everything),
		DestinationPortRange:                 pulumi.String(ports),
		DestinationApplicationSecurityGroups: f.groups(r.to),
	}
	switch {
	case r.port.Source != target.Anywhere:
		said.SourceApplicationSecurityGroups = f.groups(r.port.Source)
	case len(r.from) == 1:
		// A word of Azure's can stand in no list.
		said.SourceAddressPrefix = pulumi.String(r.from[0])
	default:
		said.SourceAddressPrefixes = pulumi.ToStringArray(r.from)
	}
	return said
}

// groups names machines in a rule.
func (f *firewall) groups(who target.Source) net.ApplicationSecurityGroupTypeArray {
	id := f.nodes
	if who == target.ControlPlanes {
		id = f.planes
	}
	return net.ApplicationSecurityGroupTypeArray{net.ApplicationSecurityGroupTypeArgs{Id: optional(id)}}
}

// nothingElse keeps Azure's own rules from opening every port to the whole
// network.
func nothingElse() net.SecurityRuleTypeArgs {
	return net.SecurityRuleTypeArgs{
		Name:                     pulumi.String("nothing-else"),
		Description:              pulumi.String("what is not declared stays shut"),
		Access:                   pulumi.String("Deny"),
		Direction:                pulumi.String("Inbound"),
		Priority:                 pulumi.Int(lastPriority),
		Protocol:                 pulumi.String(everything),
		SourceAddressPrefix:      pulumi.String(everything),
		SourcePortRange:          pulumi.String(everything),
		DestinationAddressPrefix: pulumi.String(everything),
		DestinationPortRange:     pulumi.String(everything),
	}
}

// optional is a text where the SDK would also take none.
func optional(text pulumi.StringInput) pulumi.StringPtrInput {
	return text.ToStringOutput().ToStringPtrOutput()
}
