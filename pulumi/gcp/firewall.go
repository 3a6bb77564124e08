package gcp

import (
	"fmt"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/compute"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/serviceaccount"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// rule lets some ports of one role's hosts, or of all, be reached.
type rule struct {
	name, why string
	// roles are those whose hosts it opens.
	roles []string
	ports []target.Port
	// from are the roles whose hosts may come in; ranges the addresses.
	from, ranges []string
}

// proberRanges are where Google's health checks come from: the first two those
// of internal load balancers and of instance groups, the others, with the
// first, those of external ones
// (https://cloud.google.com/load-balancing/docs/health-check-concepts#ip-ranges).
func proberRanges() []string {
	return []string{"35.191.0.0/16", "130.211.0.0/22", "209.85.152.0/22", "209.85.204.0/22"}
}

// privateRanges are who may reach an API that has no public address: whoever
// is connected to the network (RFC 1918).
func privateRanges() []string { return []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"} }

// rules derives them from what control plane, nodes and network layer declare.
func (p *program) rules() ([]rule, error) {
	layer, err := p.in.LayerPorts()
	if err != nil {
		return nil, err
	}
	rules := rolesRules(node.ControlPlane, append(target.ControlPlanePorts(), layer...), p.visitors())
	rules = append(rules, rolesRules(node.Worker, append(target.WorkerPorts(), layer...), p.visitors())...)
	rules = append(rules,
		rule{
			name: "control-plane-from-probers", roles: []string{node.ControlPlane}, ranges: proberRanges(),
			ports: []target.Port{{From: apiPort, To: apiPort, Protocol: "tcp"}}, why: "the load balancers ask whether the API is ready",
		},
		rule{
			name: "worker-from-probers", roles: []string{node.Worker}, ranges: proberRanges()[:2],
			ports: []target.Port{{From: kubeletPort, To: kubeletPort, Protocol: "tcp"}}, why: "the pools ask whether the kubelet listens",
		})
	if ssh := p.block.Access.SSHCIDRs; len(ssh) > 0 {
		rules = append(rules, rule{
			name: "ssh", roles: []string{node.ControlPlane, node.Worker}, ranges: ssh,
			ports: []target.Port{{From: 22, To: 22, Protocol: "tcp"}}, why: "SSH, as spec.gcp.access.sshCIDRs asks",
		})
	}
	return rules, nil
}

// visitors are the addresses that "anywhere" stands for.
func (p *program) visitors() []string {
	if p.block.Access.PrivateEndpoint {
		return privateRanges()
	}
	return p.block.Access.APICIDRs
}

// rolesRules are the rules of a role's ports, one for each source of them.
func rolesRules(role string, ports []target.Port, visitors []string) []rule {
	nodes := []string{node.ControlPlane, node.Worker}
	var rules []rule
	for _, from := range []struct {
		rule
		sources []target.Source
	}{
		{rule{name: "peers", from: nodes[:1]}, []target.Source{target.ControlPlanes}},
		// Nodes reach what anyone may by an address that is none of theirs to
		// choose: the internal load balancer.
		{rule{name: "nodes", from: nodes}, []target.Source{target.Nodes, target.Anywhere}},
		{rule{name: "outside", ranges: visitors}, []target.Source{target.Anywhere}},
	} {
		r := from.rule
		var why []string
		for _, port := range ports {
			for _, source := range from.sources {
				if port.Source == source {
					r.ports = append(r.ports, port)
					why = append(why, port.Why)
				}
			}
		}
		if len(r.ports) == 0 || len(r.from)+len(r.ranges) == 0 {
			continue
		}
		r.name, r.roles, r.why = role+"-from-"+r.name, []string{role}, strings.Join(why, "; ")
		rules = append(rules, r)
	}
	return rules
}

// firewall declares the rules. Hosts are told apart by their accounts, which
// only who may act as those can give to a machine.
func (p *program) firewall(on network, who identities) error {
	rules, err := p.rules()
	if err != nil {
		return err
	}
	accounts := map[string]*serviceaccount.Account{node.ControlPlane: who.controlPlane, node.Worker: who.worker}
	emails := func(roles []string) pulumi.StringArray {
		var all pulumi.StringArray
		for _, role := range roles {
			all = append(all, accounts[role].Email)
		}
		return all
	}
	for _, r := range rules {
		name := p.cluster + "-" + r.name
		args := &compute.FirewallArgs{
			Name: pulumi.String(name), Project: p.project(),
			Description:           p.description(r.why),
			Network:               on.network,
			Direction:             pulumi.String("INGRESS"),
			Allows:                allowed(r.ports),
			TargetServiceAccounts: emails(r.roles),
		}
		if len(r.from) > 0 {
			args.SourceServiceAccounts = emails(r.from)
		}
		if len(r.ranges) > 0 {
			args.SourceRanges = pulumi.ToStringArray(r.ranges)
		}
		// Google moves no rule to another network, and the provider would try.
		if _, err := compute.NewFirewall(p.ctx, name, args, p.fixed, pulumi.ReplaceOnChanges([]string{"network"})); err != nil {
			return p.failed("firewall rule", name, err)
		}
	}
	return nil
}

// allowed groups ports by protocol, in the order of the protocols' names.
func allowed(ports []target.Port) compute.FirewallAllowArray {
	var all compute.FirewallAllowArray
	for _, protocol := range []string{"tcp", "udp"} {
		var ranges pulumi.StringArray
		for _, port := range ports {
			if port.Protocol == protocol {
				ranges = append(ranges, pulumi.String(portRange(port)))
			}
		}
		if len(ranges) > 0 {
			all = append(all, compute.FirewallAllowArgs{Protocol: pulumi.String(protocol), Ports: ranges})
		}
	}
	return all
}

func portRange(port target.Port) string {
	if port.From == port.To {
		return fmt.Sprint(port.From)
	}
	return fmt.Sprintf("%d-%d", port.From, port.To)
}
