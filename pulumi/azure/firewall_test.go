package azure

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// allowed are the rules of the firewall as "port protocol from", without the
// one that denies all else.
func allowed(t *testing.T, change func(*config.Cluster, *Block)) []string {
	t.Helper()
	firewall := declare(t, inputs(demo(change)))["NetworkSecurityGroup demo-firewall"]
	var rules []string
	priorities := map[any]bool{}
	for _, one := range firewall.at(t, "securityRules").([]any) {
		rule := declared{inputs: one.(map[string]any)}
		if priorities[rule.at(t, "priority")] {
			t.Errorf("two rules have priority %v", rule.inputs["priority"])
		}
		priorities[rule.at(t, "priority")] = true
		if n := len(rule.at(t, "description").(string)); n > 140 {
			t.Errorf("the description of %v has %d characters, Azure takes 140", rule.inputs["name"], n)
		}
		if rule.at(t, "access") == "Deny" {
			if rule.at(t, "priority") != float64(lastPriority) || rule.at(t, "sourceAddressPrefix") != "*" || rule.at(t, "protocol") != "*" {
				t.Errorf("the rule that shuts all else is %v", rule.inputs)
			}
			continue
		}
		from, _ := rule.inputs["sourceAddressPrefix"].(string)
		if list, _ := rule.inputs["sourceAddressPrefixes"].([]any); len(list) > 0 {
			from = text(t, list)
		}
		if groups, _ := rule.inputs["sourceApplicationSecurityGroups"].([]any); len(groups) > 0 {
			from = groups[0].(map[string]any)["id"].(string)
			from = from[strings.LastIndex(from, "/")+1:]
		}
		to := rule.at(t, "destinationApplicationSecurityGroups", 0, "id").(string)
		rules = append(rules, strings.Join([]string{rule.at(t, "protocol").(string), rule.at(t, "destinationPortRange").(string),
			"from", from, "to", to[strings.LastIndex(to, "/")+1:]}, " "))
	}
	if !priorities[float64(lastPriority)] {
		t.Error("Azure's own rules would open every port to the network")
	}
	return rules
}

func TestFirewall_OpensWhatIsDeclaredAndNothingElse(t *testing.T) {
	want := []string{
		"Tcp 6443 from demo-nodes to demo-control-plane",
		"Tcp 6443 from AzureLoadBalancer to demo-control-plane",
		"Tcp 6443 from 0.0.0.0/0 to demo-control-plane",
		"Tcp 2379-2380 from demo-control-plane to demo-control-plane",
		"Tcp 10250 from demo-nodes to demo-nodes",
		"Udp 8472 from demo-nodes to demo-nodes",
	}
	if diff := cmp.Diff(want, allowed(t, nil)); diff != "" {
		t.Error(diff)
	}
}

func TestFirewall_KeepsSSHClosedUnlessAskedFor(t *testing.T) {
	if got := strings.Join(allowed(t, nil), "\n"); strings.Contains(got, "Tcp 22 ") {
		t.Errorf("SSH is open:\n%s", got)
	}
	got := allowed(t, func(_ *config.Cluster, b *Block) {
		b.SSHPublicKey = nobodysKey
		b.Access = target.Access{SSHCIDRs: []string{"203.0.113.0/24", "198.51.100.0/24"}, APICIDRs: []string{"203.0.113.0/24"}}
	})
	if !slices.Contains(got, `Tcp 22 from ["203.0.113.0/24","198.51.100.0/24"] to demo-nodes`) {
		t.Errorf("SSH is not open as asked: %v", got)
	}
	if strings.Contains(strings.Join(got, "\n"), "0.0.0.0/0") {
		t.Errorf("something is open to the world: %v", got)
	}
}

func TestFirewall_OpensAPrivateEndpointToTheNetworkAlone(t *testing.T) {
	got := strings.Join(allowed(t, func(_ *config.Cluster, b *Block) { b.Access.PrivateEndpoint = true }), "\n")
	if strings.Contains(got, "0.0.0.0/0") || !strings.Contains(got, "Tcp 6443 from VirtualNetwork to demo-control-plane") {
		t.Errorf("got\n%s", got)
	}
}

func TestFirewall_FollowsTheNetworkLayer(t *testing.T) {
	got := strings.Join(allowed(t, func(c *config.Cluster, _ *Block) { c.Spec.Network.Layer = config.None }), "\n")
	if strings.Contains(got, "8472") {
		t.Errorf("the ports of a layer that is not there are open:\n%s", got)
	}
}
