package azure

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
)

const (
	rewrite   = "go test ./pulumi/azure -run TestPermissions -update"
	targetDoc = "../../docs/targets/azure.md"
	roleFile  = "../../docs/targets/permissions/azure-role.json"
)

// updating tells whether files are to be written: the flag is the suite's.
func updating() bool { return flag.Lookup("update").Value.String() == "true" }

func TestPermissions_AreThoseOfThePage(t *testing.T) {
	var table strings.Builder
	table.WriteString("| for | actions | built-in role |\n|---|---|---|\n")
	for _, r := range required() {
		part := r.part
		if r.only != "" {
			part += " (" + r.only + ")"
		}
		var of []string
		for _, line := range r.of {
			words := strings.Fields(line)
			for _, word := range words[1:] {
				if kind, verb, _ := strings.Cut(strings.TrimSuffix(word, "}"), "{"); !strings.Contains(verb, ",") {
					word = kind + verb
				}
				of = append(of, "`"+words[0]+"/"+word+"`")
			}
		}
		fmt.Fprintf(&table, "| %s | %s | %s |\n", part, strings.Join(of, ", "), r.role)
	}
	targettest.Section(t, updating(), targetDoc, "permissions", rewrite, table.String())
}

func TestPermissions_AreThoseOfTheRoleFile(t *testing.T) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(struct {
		Name             string
		IsCustom         bool
		Description      string
		Actions          []string
		NotActions       []string
		AssignableScopes []string
	}{"kubernetes-anywhere", true, "makes, changes and deletes clusters of kubectl anywhere", Permissions(), []string{}, []string{"/subscriptions/SUBSCRIPTION"}}); err != nil {
		t.Fatal(err)
	}
	targettest.File(t, updating(), roleFile, rewrite, text.String())
}

func TestPermissions_AreWrittenInFull(t *testing.T) {
	all := Permissions()
	if len(all) < 60 {
		t.Errorf("there are only %v", all)
	}
	for _, action := range all {
		if !strings.HasPrefix(action, "Microsoft.") || strings.ContainsAny(action, "*{}, ") || strings.Contains(action, "//") || strings.Count(action, "/") < 2 {
			t.Errorf("%q is no action", action)
		}
	}
}

// armTypes are the ARM types of what the program declares, by Pulumi's.
func armTypes() map[string]string {
	return map[string]string{
		"ResourceGroup": "Microsoft.Resources/subscriptions/resourceGroups", "VirtualNetwork": "Microsoft.Network/virtualNetworks", "Subnet": "Microsoft.Network/virtualNetworks/subnets",
		"NatGateway": "Microsoft.Network/natGateways", "PublicIPAddress": "Microsoft.Network/publicIPAddresses", "NetworkSecurityGroup": "Microsoft.Network/networkSecurityGroups",
		"ApplicationSecurityGroup": "Microsoft.Network/applicationSecurityGroups", "LoadBalancer": "Microsoft.Network/loadBalancers", "NetworkInterface": "Microsoft.Network/networkInterfaces",
		"Disk": "Microsoft.Compute/disks", "VirtualMachine": "Microsoft.Compute/virtualMachines", "VirtualMachineScaleSet": "Microsoft.Compute/virtualMachineScaleSets",
		"Vault": "Microsoft.KeyVault/vaults", "Secret": "Microsoft.KeyVault/vaults/secrets", "UserAssignedIdentity": "Microsoft.ManagedIdentity/userAssignedIdentities",
		"RoleAssignment": "Microsoft.Authorization/roleAssignments", "RoleDefinition": "Microsoft.Authorization/roleDefinitions",
	}
}

// What the program declares must be allowed to be made, read and deleted; but
// secrets go with their vault.
func TestPermissions_CoverWhatTheProgramDeclares(t *testing.T) {
	all, types, seen := Permissions(), armTypes(), map[string]bool{}
	for what := range declare(t, inputs(demo(nil))) {
		kind, _, _ := strings.Cut(what, " ")
		if seen[kind] || kind == "Credentials" || kind == "azure-native" {
			continue // the last two are no cloud's
		}
		seen[kind] = true
		if types[kind] == "" {
			t.Errorf("the program declares a %s, of which nothing is known here", kind)
		}
		for _, verb := range []string{"read", "write", "delete"} {
			if action := types[kind] + "/" + verb; !slices.Contains(all, action) && action != "Microsoft.KeyVault/vaults/secrets/delete" {
				t.Errorf("a %s takes %s, which is not listed", kind, action)
			}
		}
	}
	if len(seen) != len(types) {
		t.Errorf("the program declares %v only", seen)
	}
}
