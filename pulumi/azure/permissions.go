package azure

import (
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// requirement is what whoever makes and deletes clusters must be allowed for
// one part of them. azure-native makes, reads and deletes each type by its own
// API, whose actions are the type's; what one resource asks of another that it
// is put into (join, assign) and what this target's own questions take,
// Microsoft lists with its resource providers
// (https://learn.microsoft.com/azure/role-based-access-control/resource-provider-operations).
type requirement struct {
	// part is what it is for, role the built-in role that has it.
	part, role string
	// of are a resource provider with its types and actions: "Microsoft.Compute
	// disks/{read,write,delete}".
	of []string
	// when tells whether a config needs it, only says the same to people; nil
	// and empty for every config.
	when func(*config.Cluster) bool
	only string
	// spare is what preflight does not ask for, because its own questions, and
	// those of status, say so themselves.
	spare bool
}

// The built-in roles that together have all.
const (
	contributor = "Contributor"
	accessAdmin = "User Access Administrator"
)

// Permissions are all actions that making, changing and deleting a cluster of
// any config takes, sorted.
func Permissions() []string {
	var all []string
	for _, r := range required() {
		all = append(all, r.permissions()...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// permissions writes each in full.
func (r requirement) permissions() []string {
	var all []string
	for _, line := range r.of {
		words := strings.Fields(line)
		for _, word := range words[1:] {
			kind, verbs, _ := strings.Cut(strings.TrimSuffix(word, "}"), "{")
			for _, verb := range strings.Split(verbs, ",") {
				all = append(all, words[0]+"/"+kind+verb)
			}
		}
	}
	return all
}

func required() []requirement {
	return slices.Concat(networkRights(), machineRights(), identityRights(), questions())
}

func networkRights() []requirement {
	const network = "Microsoft.Network "
	return []requirement{
		{part: "the resource group", role: contributor, only: "without `existing.resourceGroup`", when: newGroup, of: []string{
			"Microsoft.Resources subscriptions/resourceGroups/{read,write,delete}",
		}},
		{part: "the network and its way out", role: contributor, only: "without `existing.subnet`", when: newSubnet, of: []string{
			network + "virtualNetworks/{read,write,delete} virtualNetworks/subnets/{read,write,delete,join/action,joinViaServiceEndpoint/action} natGateways/{read,write,delete,join/action}",
		}},
		{part: "addresses, firewall, load balancers, network interfaces", role: contributor, of: []string{
			network + "publicIPAddresses/{read,write,delete,join/action} networkSecurityGroups/{read,write,delete,join/action}",
			network + "applicationSecurityGroups/{read,write,delete,joinIpConfiguration/action,joinNetworkSecurityRule/action}",
			network + "loadBalancers/{read,write,delete,backendAddressPools/join/action} networkInterfaces/{read,write,delete,join/action}",
		}},
	}
}

func machineRights() []requirement {
	return []requirement{
		{part: "machines, disks and pools", role: contributor, of: []string{
			"Microsoft.Compute disks/{read,write,delete} virtualMachines/{read,write,delete} virtualMachineScaleSets/{read,write,delete}",
		}},
		{part: "how far a node is", role: contributor, spare: true, of: []string{
			"Microsoft.Compute virtualMachines/{instanceView/read,retrieveBootDiagnosticsData/action} virtualMachineScaleSets/{instanceView/read,virtualMachines/read,virtualMachines/instanceView/read,virtualMachines/retrieveBootDiagnosticsData/action}",
		}},
		{part: "the node bundles; nobody needs a right on what is *inside* of the vault", role: contributor, of: []string{
			"Microsoft.KeyVault vaults/{read,write,delete} vaults/secrets/{read,write}",
		}},
	}
}

func identityRights() []requirement {
	const authorization = "Microsoft.Authorization "
	return []requirement{
		{part: "who machines are", role: contributor, of: []string{"Microsoft.ManagedIdentity userAssignedIdentities/{read,write,delete,assign/action}"}},
		{part: "letting each read its bundle, and control planes do what addons need", role: accessAdmin, of: []string{authorization + "roleAssignments/{read,write,delete}"}},
		{part: "the role of what addons do on control planes", role: accessAdmin, only: "with any of the addons below", when: grantsRoles, of: []string{authorization + "roleDefinitions/{read,write,delete}"}},
	}
}

func questions() []requirement {
	return []requirement{
		{part: "what is checked beforehand, and what is left afterwards", role: contributor, spare: true, of: []string{
			"Microsoft.Resources subscriptions/{read,locations/read,providers/read,resources/read} subscriptions/resourceGroups/resources/{read}",
			"Microsoft.Compute locations/usages/{read} skus/{read}", "Microsoft.Network locations/usages/{read}",
			"Microsoft.Authorization permissions/{read}",
		}},
	}
}

// onSubnet is what is needed of a subnet that exists, on that.
func onSubnet() requirement {
	return requirement{role: "Network Contributor", of: []string{"Microsoft.Network virtualNetworks/subnets/{read,join/action}"}}
}

func newGroup(c *config.Cluster) bool { return block(c).Existing.ResourceGroup == "" }

func newSubnet(c *config.Cluster) bool { return block(c).Existing.Subnet == "" }

// grantsRoles tells whether the addons of a config may do anything; where that
// cannot be read, the program says so.
func grantsRoles(c *config.Cluster) bool {
	granted, err := catalog.PermissionsOf(name, c.EnabledAddons())
	return err == nil && len(actionsOf(granted, controlPlaneRole)) > 0
}
