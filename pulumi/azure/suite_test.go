package azure_test

import (
	"encoding/base64"
	"flag"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/azure"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/azure/azuretest"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest/suite"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

var update = flag.Bool("update", false, "write the golden files anew")

// What the suite looks at.
const (
	machineType = "azure-native:compute:VirtualMachine"
	groupType   = "azure-native:compute:VirtualMachineScaleSet"
	diskType    = "azure-native:compute:Disk"
	secretType  = "azure-native:keyvault:Secret"
)

func TestSuite(t *testing.T) {
	suite.Run(t, suite.Words{
		Target: azure.New(), Provider: azuretest.Provider, Cloud: azuretest.New,
		Block: map[string]any{"subscription": azuretest.Subscription}, Zones: []string{"1", "2", "3"},
		Existing: map[string]any{"existing": map[string]any{"subnet": "/subscriptions/" + azuretest.Subscription +
			"/resourceGroups/existing-group/providers/Microsoft.Network/virtualNetworks/existing-network/subnets/existing-subnet"}},
		Prepare:   existing,
		OtherType: "Standard_D4s_v5", MostNodes: 1000,
		// A deleted secret would keep its name: they go with their vault.
		Retained: []string{secretType},
		Labels:   tags,
		Unlabelled: map[string]string{
			"azure-native:network:Subnet":               "part of a network, which has tags",
			"azure-native:authorization:RoleAssignment": "has a description instead",
			"azure-native:authorization:RoleDefinition": "has a description instead",
		},
		Open: opened, UserData: userData, MostUserData: 65535,
		Secret: secretType, Disk: diskType, Machine: machineType, Group: groupType,
		Encrypted: encrypted, Public: public, Update: *update,
	})
}

// existing is a network that the user has.
func existing(t *testing.T, c *targettest.Cloud) {
	for _, o := range []struct {
		kind, name string
		inputs     map[string]any
	}{
		{"azure-native:resources:ResourceGroup", "existing-group", map[string]any{"resourceGroupName": "existing-group", "location": "westeurope"}},
		{"azure-native:network:VirtualNetwork", "existing-network", map[string]any{
			"resourceGroupName": "existing-group", "virtualNetworkName": "existing-network",
			"addressSpace": map[string]any{"addressPrefixes": []any{"10.240.0.0/16"}}}},
		{"azure-native:network:Subnet", "existing-subnet", map[string]any{
			"resourceGroupName": "existing-group", "virtualNetworkName": "existing-network", "subnetName": "existing-subnet", "addressPrefix": "10.240.0.0/24"}},
	} {
		if _, err := c.Have(o.kind, o.name, resource.NewPropertyMapFromMap(o.inputs)); err != nil {
			t.Fatal(err)
		}
	}
}

// inputs are those of an object as Go values.
func inputs(o targettest.Object) map[string]any { return targettest.Plain(o.Inputs).Mappable() }

// under is what stands below keys; nil where nothing does.
func under(from any, keys ...string) any {
	for _, key := range keys {
		within, _ := from.(map[string]any)
		from = within[key]
	}
	return from
}

func tags(o targettest.Object) map[string]string {
	labels := map[string]string{}
	given, _ := inputs(o)["tags"].(map[string]any)
	for key, value := range given {
		labels[key], _ = value.(string)
	}
	return labels
}

// opened are the ports that rules let everybody come to.
func opened(o targettest.Object) []string {
	var ports []string
	rules, _ := inputs(o)["securityRules"].([]any)
	for _, rule := range rules {
		prefixes, _ := under(rule, "sourceAddressPrefixes").([]any)
		everybody := slices.ContainsFunc(append(prefixes, under(rule, "sourceAddressPrefix")), func(prefix any) bool {
			return slices.Contains([]any{"*", "0.0.0.0/0", "Internet", "Any"}, prefix)
		})
		if everybody && under(rule, "access") == "Allow" && under(rule, "direction") == "Inbound" {
			protocol, _ := under(rule, "protocol").(string)
			port, _ := under(rule, "destinationPortRange").(string)
			ports = append(ports, strings.ToLower(protocol)+"/"+port)
		}
	}
	return ports
}

func userData(o targettest.Object) string {
	given := inputs(o)
	if o.Type == groupType {
		given, _ = given["virtualMachineProfile"].(map[string]any)
	}
	data, _ := under(given, "osProfile", "customData").(string)
	plain, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		return data
	}
	return string(plain)
}

// encrypted tells of disks that are made here, and of those that come with
// machines. Azure encrypts every managed disk; what could be wrong is a disk
// that is none.
func encrypted(o targettest.Object) (yes, has bool) {
	given := inputs(o)
	switch o.Type {
	case diskType:
		kind, _ := under(given, "encryption", "type").(string)
		return strings.HasPrefix(kind, "EncryptionAtRestWith"), true
	case groupType:
		given, _ = given["virtualMachineProfile"].(map[string]any)
		fallthrough
	case machineType:
		return under(given, "storageProfile", "osDisk", "managedDisk") != nil && under(given, "storageProfile", "osDisk", "vhd") == nil, true
	}
	return false, false
}

// public tells whether an interface, or those of a pool, have a public
// address.
func public(o targettest.Object) bool {
	has := false
	var look func(any)
	look = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			has = has || v["publicIPAddress"] != nil || v["publicIPAddressConfiguration"] != nil
			for _, item := range v {
				look(item)
			}
		case []any:
			for _, item := range v {
				look(item)
			}
		}
	}
	if o.Type == groupType || o.Type == "azure-native:network:NetworkInterface" {
		look(inputs(o))
	}
	return has
}
