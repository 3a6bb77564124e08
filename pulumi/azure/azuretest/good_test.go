package azuretest

import (
	"encoding/base64"
	"slices"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// within is where everything of these tests is.
const within = "/subscriptions/" + Subscription + "/resourceGroups/group/providers/"

// inGroup adds what every resource of a group has.
func inGroup(in object) object {
	in["resourceGroupName"], in["location"] = "group", "westeurope"
	in["tags"] = object{"kubernetes-anywhere.cluster": "demo"}
	return in
}

func rule(name string, priority float64) object {
	return object{
		"name": name, "priority": priority, "direction": "Inbound", "access": "Allow", "protocol": "Tcp",
		"sourceAddressPrefix": "203.0.113.0/24", "sourcePortRange": "*",
		"destinationAddressPrefix": "*", "destinationPortRange": "6443",
	}
}

func login() object {
	return object{
		"adminUsername": "anywhere", "customData": base64.StdEncoding.EncodeToString([]byte("#cloud-config\n")),
		"linuxConfiguration": object{
			"disablePasswordAuthentication": true,
			"ssh": object{"publicKeys": []any{object{
				"path": "/home/anywhere/.ssh/authorized_keys", "keyData": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== nobody",
			}}},
		},
	}
}

func image(sku string) object {
	return object{"publisher": "Debian", "offer": "debian-13", "sku": sku, "version": "latest"}
}

func machine() object {
	os := login()
	os["computerName"] = "demo-1"
	return inGroup(object{
		"vmName": "demo-1", "zones": []any{"1"}, "osProfile": os,
		"hardwareProfile": object{"vmSize": "Standard_D2s_v5"},
		"networkProfile":  object{"networkInterfaces": []any{object{"id": within + "Microsoft.Network/networkInterfaces/card", "primary": true}}},
		"storageProfile": object{
			"imageReference": image("13-gen2"),
			"osDisk":         object{"createOption": "FromImage", "managedDisk": object{"storageAccountType": "StandardSSD_LRS"}},
			"dataDisks": []any{object{
				"lun": 0.0, "createOption": "Attach", "managedDisk": object{"id": within + "Microsoft.Compute/disks/data"},
			}},
		},
		"identity": object{"type": "UserAssigned", "userAssignedIdentities": []any{within + "Microsoft.ManagedIdentity/userAssignedIdentities/who"}},
	})
}

func scaleSet() object {
	os := login()
	os["computerNamePrefix"] = "demo-workers-"
	return inGroup(object{
		"vmScaleSetName": "demo-workers", "orchestrationMode": "Uniform", "overprovision": false, "singlePlacementGroup": false,
		"sku":           object{"name": "Standard_D2s_v5", "tier": "Standard", "capacity": 200.0},
		"upgradePolicy": object{"mode": "Rolling", "rollingUpgradePolicy": object{"maxSurge": true}},
		"virtualMachineProfile": object{
			"osProfile": os,
			"storageProfile": object{
				"imageReference": image("13-gen2"),
				"osDisk":         object{"createOption": "FromImage", "managedDisk": object{"storageAccountType": "StandardSSD_LRS"}},
			},
			"networkProfile": object{"networkInterfaceConfigurations": []any{object{
				"name": "node", "primary": true,
				"ipConfigurations": []any{object{"name": "node", "subnet": object{"id": within + "Microsoft.Network/virtualNetworks/network/subnets/nodes"}}},
			}}},
			"extensionProfile": object{"extensions": []any{object{
				"name": "health", "publisher": "Microsoft.ManagedServices", "type": "ApplicationHealthLinux", "typeHandlerVersion": "1.0",
			}}},
		},
	})
}

func balancer() object {
	self := within + "Microsoft.Network/loadBalancers/api"
	return inGroup(object{
		"loadBalancerName": "api", "sku": object{"name": "Standard"},
		"frontendIPConfigurations": []any{object{
			"name": "api", "privateIPAddress": "10.240.0.4", "privateIPAllocationMethod": "Static",
			"subnet": object{"id": within + "Microsoft.Network/virtualNetworks/network/subnets/nodes"},
		}},
		"backendAddressPools": []any{object{"name": "api"}},
		"probes":              []any{object{"name": "api", "protocol": "Https", "port": 6443.0, "requestPath": "/readyz"}},
		"loadBalancingRules": []any{object{
			"name": "api", "protocol": "Tcp", "frontendPort": 6443.0, "backendPort": 6443.0,
			"frontendIPConfiguration": object{"id": self + "/frontendIPConfigurations/api"},
			"backendAddressPool":      object{"id": self + "/backendAddressPools/api"},
			"probe":                   object{"id": self + "/probes/api"},
		}},
	})
}

func card(address string) object {
	return inGroup(object{
		"networkInterfaceName": "card",
		"ipConfigurations": []any{object{
			"name": "node", "primary": true, "privateIPAddress": address, "privateIPAllocationMethod": "Static",
			"subnet": object{"id": within + "Microsoft.Network/virtualNetworks/network/subnets/nodes"},
		}},
	})
}

// good are inputs that Azure takes, by token; made anew at each call.
func good() map[string]object {
	return map[string]object{
		"resources:ResourceGroup": {"resourceGroupName": "group", "location": "westeurope"},
		"network:VirtualNetwork":  inGroup(object{"virtualNetworkName": "network", "addressSpace": object{"addressPrefixes": []any{"10.240.0.0/24"}}}),
		"network:Subnet":          {"resourceGroupName": "group", "virtualNetworkName": "network", "subnetName": "nodes", "addressPrefix": "10.240.0.0/24"},
		"network:NatGateway": inGroup(object{"natGatewayName": "nat", "sku": object{"name": "Standard"},
			"publicIpAddresses": []any{object{"id": within + "Microsoft.Network/publicIPAddresses/out"}}}),
		"network:PublicIPAddress": inGroup(object{"publicIpAddressName": "out", "sku": object{"name": "Standard"},
			"publicIPAllocationMethod": "Static", "zones": []any{"1", "2", "3"}}),
		"network:NetworkSecurityGroup": inGroup(object{"networkSecurityGroupName": "firewall",
			"securityRules": []any{rule("api", 100), rule("other", 110)}}),
		"network:ApplicationSecurityGroup": inGroup(object{"applicationSecurityGroupName": "nodes"}),
		"network:NetworkInterface":         card("10.240.0.5"),
		"network:LoadBalancer":             balancer(),
		"compute:Disk": inGroup(object{"diskName": "data", "diskSizeGB": 20.0, "zones": []any{"1"},
			"creationData": object{"createOption": "Empty"}, "sku": object{"name": "Premium_LRS"}}),
		"compute:VirtualMachine":         machine(),
		"compute:VirtualMachineScaleSet": scaleSet(),
		"keyvault:Vault": inGroup(object{"vaultName": "ka-0123456789", "properties": object{
			"tenantId": Tenant, "sku": object{"family": "A", "name": "standard"}, "enableRbacAuthorization": true, "softDeleteRetentionInDays": 7.0}}),
		"keyvault:Secret":                      {"resourceGroupName": "group", "vaultName": "ka-0123456789", "secretName": "bundle", "properties": object{"value": "hush"}},
		"managedidentity:UserAssignedIdentity": inGroup(object{"resourceName": "who"}),
		"authorization:RoleAssignment": {
			"roleAssignmentName": "01234567-89ab-5cde-8f01-23456789abcd", "scope": within + "Microsoft.KeyVault/vaults/ka-0123456789/secrets/bundle",
			"roleDefinitionId": "/subscriptions/" + Subscription + "/providers/Microsoft.Authorization/roleDefinitions/4633458b-17de-408a-b874-0445c86b69e6",
			"principalId":      "00000006-0000-4000-8000-000000000001", "principalType": "ServicePrincipal",
		},
		"authorization:RoleDefinition": {
			"roleDefinitionId": "01234567-89ab-5cde-8f01-23456789abcd", "scope": "/subscriptions/" + Subscription + "/resourceGroups/group",
			"roleName": "disks", "roleType": "CustomRole", "permissions": []any{object{"actions": []any{"Microsoft.Compute/disks/read"}}},
			"assignableScopes": []any{"/subscriptions/" + Subscription + "/resourceGroups/group"},
		},
	}
}

// inOrder are the types as they can be made one after the other.
func inOrder() []string {
	return []string{
		"resources:ResourceGroup", "network:VirtualNetwork", "network:Subnet", "network:PublicIPAddress", "network:NatGateway",
		"network:ApplicationSecurityGroup", "network:NetworkSecurityGroup", "network:LoadBalancer", "network:NetworkInterface",
		"compute:Disk", "managedidentity:UserAssignedIdentity", "keyvault:Vault", "keyvault:Secret", "authorization:RoleAssignment", "authorization:RoleDefinition",
		"compute:VirtualMachine", "compute:VirtualMachineScaleSet",
	}
}

// built is a subscription with all that is good, but some types.
func built(t *testing.T, but ...string) *world {
	t.Helper()
	w := &world{}
	made, all := map[string]targettest.Kind{}, kinds(w)
	for token, k := range all {
		made[token] = k.target(w)
	}
	w.Cloud = targettest.NewCloud(made)
	for _, token := range inOrder() {
		if slices.Contains(but, token) {
			continue
		}
		if err := w.refuse(all["azure-native:"+token], token, good()[token]); err != nil {
			t.Fatalf("%s: %v", token, err)
		}
		if _, err := w.Have("azure-native:"+token, token, resource.NewPropertyMapFromMap(good()[token])); err != nil {
			t.Fatal(err)
		}
	}
	return w
}
