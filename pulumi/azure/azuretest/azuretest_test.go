package azuretest

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

func TestCheck_TakesWhatIsRight(t *testing.T) {
	for token, in := range good() {
		if problems := kinds(nil)["azure-native:"+token].check(in); len(problems) > 0 {
			t.Errorf("%s: %v", token, problems)
		}
	}
	if len(good()) != len(kinds(nil)) {
		t.Errorf("%d kinds are tried of %d", len(good()), len(kinds(nil)))
	}
}

// put sets what stands at a path; nil takes it away.
func put(in object, path string, v any) {
	way := steps(path)
	at := get(in, strings.Join(way[:len(way)-1], "."))
	last := way[len(way)-1]
	switch at := at.(type) {
	case object:
		if at[last] = v; v == nil {
			delete(at, last)
		}
	case []any:
		at[int(last[0]-'0')] = v
	default:
		panic("nothing at " + path)
	}
}

func TestCheck_RefusesWhatAzureRefuses(t *testing.T) {
	const (
		vm  = "compute:VirtualMachine"
		set = "compute:VirtualMachineScaleSet"
	)
	for _, c := range []struct {
		token, path string
		value       any
		// at is the property that is named, where it is another.
		at, why string
	}{
		// What the description holds.
		{"network:PublicIPAddress", "publicIPAllocationMethod", "Fixed", "", "none of"},
		{"network:NetworkSecurityGroup", "securityRules[0].protocol", "Sctp", "", "none of"},
		{"network:NetworkSecurityGroup", "securityRules[0].direction", nil, "", "required"},
		{"network:NetworkSecurityGroup", "securityRules[0].port", "22", "", "no such property"},
		{"network:LoadBalancer", "probes[0].port", "6443", "", "whole number"},
		{"network:VirtualNetwork", "addressSpace.addressPrefixes", "10.0.0.0/8", "", "list"},
		{"network:VirtualNetwork", "subnetz", "x", "", "no such property"},
		{"compute:Disk", "creationData", nil, "", "required"},
		{"compute:Disk", "sku.name", "Fast", "", "none of"},
		{"compute:Disk", "uniqueId", "x", "", "set by Azure"},
		{vm, "storageProfile.osDisk.caching", "Always", "", "none of"},
		{vm, "osProfile.linuxConfiguration", "none", "", "object"},
		{set, "upgradePolicy.rollingUpgradePolicy.maxBatchInstancePercent", 1.0, "", "less than 5"},
		{"keyvault:Vault", "properties.tenantId", "me", "", "36"},
		{"keyvault:Vault", "properties.sku.family", "B", "", "none of"},
		{"authorization:RoleAssignment", "principalId", nil, "", "required"},
		// What it does not.
		{"resources:ResourceGroup", "resourceGroupName", "ends.", "", "is not"},
		{"network:VirtualNetwork", "addressSpace.addressPrefixes[0]", "10.240.0.1/24", "", "no range"},
		{"network:VirtualNetwork", "location", "West Europe", "", "short form"},
		{"network:VirtualNetwork", "tags", object{"a/b": "c"}, "tags.a/b", "no name of a tag"},
		{"network:Subnet", "addressPrefix", "10.240.0.0/30", "", "smallest"},
		{"network:Subnet", "virtualNetworkName", nil, "", "required"},
		{"network:NatGateway", "publicIpAddresses", nil, "", "no way out"},
		{"network:NatGateway", "sku.name", "StandardV3", "", "Standard"},
		{"network:PublicIPAddress", "publicIPAllocationMethod", "Dynamic", "", "Static"},
		{"network:PublicIPAddress", "zones", []any{"1", "2"}, "", "all three"},
		{"network:NetworkSecurityGroup", "securityRules[1].priority", 100.0, "", "already"},
		{"network:NetworkSecurityGroup", "securityRules[1].name", "API", "", "already"},
		{"network:NetworkSecurityGroup", "securityRules[0].priority", 5000.0, "", "4096"},
		{"network:NetworkSecurityGroup", "securityRules[0].sourceAddressPrefix", "everyone", "", "no range"},
		{"network:NetworkSecurityGroup", "securityRules[0].destinationPortRange", "6443:6444", "", "no range"},
		{"network:NetworkSecurityGroup", "securityRules[0].destinationPortRange", "20-10", "", "before it begins"},
		{"network:NetworkInterface", "ipConfigurations[0].privateIPAddress", nil, "", "Static"},
		{"network:LoadBalancer", "sku.name", "Basic", "", "Standard"},
		{"network:LoadBalancer", "probes[0].requestPath", nil, "", "path"},
		{"network:LoadBalancer", "backendAddressPools[0].name", "other", "loadBalancingRules[0].backendAddressPool.id", "no backendAddressPools"},
		{"compute:Disk", "diskSizeGB", nil, "", "has a size"},
		{"compute:Disk", "zones", []any{"1", "2"}, "", "one zone"},
		{vm, "zones", []any{"europe-1"}, "zones[0]", "no zone"},
		{vm, "hardwareProfile.vmSize", "D2s_v5", "", "name of a size"},
		{vm, "hardwareProfile.vmSize", "Standard_D2ps_v5", "", "different architectures"},
		{vm, "storageProfile.imageReference.version", nil, "", "marketplace"},
		{vm, "osProfile.customData", "#cloud-config", "", "base64"},
		{vm, "osProfile.customData", strings.Repeat("QUFB", 30000), "", "65535"},
		{vm, "osProfile.adminUsername", "admin", "", "no name"},
		{vm, "osProfile.adminPassword", "P4ssw0rd!", "", "disabled"},
		{vm, "osProfile.linuxConfiguration.ssh", nil, "osProfile.linuxConfiguration.ssh.publicKeys", "a key is needed"},
		{vm, "osProfile.linuxConfiguration.ssh.publicKeys[0].path", "/root/.ssh/authorized_keys", "", "/home/anywhere"},
		{vm, "identity.type", "SystemAssigned", "identity.userAssignedIdentities", "UserAssigned"},
		{vm, "storageProfile.dataDisks[0].lun", 64.0, "", "63"},
		{set, "sku.capacity", 1001.0, "", "1000"},
		{set, "singlePlacementGroup", nil, "", "100"},
		{set, "overprovision", true, "", "surge"},
		{set, "virtualMachineProfile.extensionProfile", nil, "upgradePolicy.mode", "health"},
		{set, "virtualMachineProfile.evictionPolicy", "Delete", "", "Spot"},
		{set, "virtualMachineProfile.networkProfile.networkInterfaceConfigurations[0].primary", false,
			"virtualMachineProfile.networkProfile.networkInterfaceConfigurations", "primary"},
		{"keyvault:Vault", "vaultName", "kubernetes-anywhere-bundles", "", "is not 3 to 24"},
		{"keyvault:Vault", "properties.enablePurgeProtection", false, "", "cannot be false"},
		{"keyvault:Vault", "properties.softDeleteRetentionInDays", 1.0, "", "7 to 90"},
		{"keyvault:Vault", "properties.enableRbacAuthorization", nil, "properties.accessPolicies", "roles"},
		{"keyvault:Secret", "properties.value", strings.Repeat("x", 26000), "", "25600"},
		{"managedidentity:UserAssignedIdentity", "resourceName", "x", "", "is not"},
		{"authorization:RoleAssignment", "roleAssignmentName", "reader", "", "UUID"},
		{"authorization:RoleAssignment", "roleDefinitionId", "Key Vault Secrets User", "", "id of a role"},
		{"authorization:RoleAssignment", "principalType", nil, "", "ServicePrincipal"},
		{"authorization:RoleDefinition", "roleDefinitionId", "disks", "", "UUID"},
		{"authorization:RoleDefinition", "permissions[0].actions[0]", "disks", "", "an action"},
		{"authorization:RoleDefinition", "assignableScopes", nil, "", "one at least"},
		{"authorization:RoleDefinition", "roleType", "BuiltInRole", "", "CustomRole"},
	} {
		in := good()[c.token]
		put(in, c.path, c.value)
		if c.at == "" {
			c.at = c.path
		}
		problems := kinds(nil)["azure-native:"+c.token].check(in)
		if !slices.ContainsFunc(problems, func(p targettest.Problem) bool { return p.Property == c.at && strings.Contains(p.Reason, c.why) }) {
			t.Errorf("%s with %s = %v: got %v, want %q at %s", c.token, c.path, c.value, problems, c.why, c.at)
		}
	}
}

func TestRefuse_GoesByWhatExists(t *testing.T) {
	for _, c := range []struct {
		token, path string
		value       any
		but         string
		why         string
	}{
		{"network:NetworkInterface", "ipConfigurations[0].privateIPAddress", "10.240.0.3", "", "first four"},
		{"network:NetworkInterface", "ipConfigurations[0].privateIPAddress", "10.240.0.255", "", "last of the subnet"},
		{"network:NetworkInterface", "ipConfigurations[0].privateIPAddress", "10.240.1.5", "", "not within"},
		{"network:NetworkInterface", "ipConfigurations[0].privateIPAddress", "10.240.0.4", "", "is taken by"},
		{"network:Subnet", "addressPrefix", "10.241.0.0/24", "", "not within the network"},
		{"network:Subnet", "subnetName", "nodes", "network:VirtualNetwork", "does not exist"},
		{"network:NatGateway", "natGatewayName", "nat", "network:PublicIPAddress", "does not exist"},
		{"compute:Disk", "resourceGroupName", "other", "", `resource group "other" does not exist`},
		{"compute:VirtualMachine", "zones", []any{"2"}, "", "the disk is in zone 1"},
		{"compute:VirtualMachine", "vmName", "demo-2", "", "is attached to"},
		{"compute:VirtualMachine", "identity.userAssignedIdentities", []any{within + "Microsoft.ManagedIdentity/userAssignedIdentities/ghost"}, "", "does not exist"},
		{"network:NetworkInterface", "ipConfigurations[0].loadBalancerBackendAddressPools",
			[]any{object{"id": within + "Microsoft.Network/loadBalancers/api/backendAddressPools/none"}}, "", "does not exist"},
	} {
		// What stands on what is missing cannot be there either.
		first := c.token
		if c.but != "" {
			first = c.but
		}
		buts := inOrder()[slices.Index(inOrder(), first):]
		if c.path == "vmName" {
			buts = nil
		}
		w, in := built(t, buts...), good()[c.token]
		put(in, c.path, c.value)
		if err := w.refuse(kinds(w)["azure-native:"+c.token], "another", in); err == nil || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s with %s = %v: got %v, want %q", c.token, c.path, c.value, err, c.why)
		}
	}
}

func TestNew_NamesObjectsAsAzureDoes(t *testing.T) {
	w := built(t)
	for token, id := range map[string]string{
		"resources:ResourceGroup":      "/subscriptions/" + Subscription + "/resourceGroups/group",
		"network:Subnet":               within + "Microsoft.Network/virtualNetworks/network/subnets/nodes",
		"keyvault:Secret":              within + "Microsoft.KeyVault/vaults/ka-0123456789/secrets/bundle",
		"compute:VirtualMachine":       within + "Microsoft.Compute/virtualMachines/demo-1",
		"authorization:RoleAssignment": within + "Microsoft.KeyVault/vaults/ka-0123456789/secrets/bundle/providers/Microsoft.Authorization/roleAssignments/01234567-89ab-5cde-8f01-23456789abcd",
	} {
		if got := w.Find("azure-native:"+token, token).ID; got != id {
			t.Errorf("%s is called %s", token, got)
		}
	}
	who := w.Find("azure-native:managedidentity:UserAssignedIdentity", "managedidentity:UserAssignedIdentity")
	for _, key := range []resource.PropertyKey{"clientId", "principalId", "tenantId"} {
		if !uuidForm.MatchString(who.Outputs[key].StringValue()) {
			t.Errorf("%s is %v", key, who.Outputs[key])
		}
	}
}

func TestCheck_LetsPassWhatIsNotKnownYet(t *testing.T) {
	for token, in := range good() {
		for key := range in {
			unsure := good()[token]
			unsure[key] = unknown{}
			if problems := kinds(nil)["azure-native:"+token].check(unsure); len(problems) > 0 {
				t.Errorf("%s with an unknown %s: %v", token, key, problems)
			}
		}
	}
}
