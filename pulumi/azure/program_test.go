package azure

import (
	"encoding/base64"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

func TestProgram_DeclaresACluster(t *testing.T) {
	want := []string{
		"ApplicationSecurityGroup demo-control-plane",
		"ApplicationSecurityGroup demo-nodes",
		"Credentials credentials",
		"Disk demo-control-plane-1-etcd",
		"LoadBalancer demo-api",
		"LoadBalancer demo-api-internal",
		"NatGateway demo-nat",
		"NetworkInterface demo-control-plane-1",
		"NetworkSecurityGroup demo-firewall",
		"PublicIPAddress demo-api",
		"PublicIPAddress demo-nat",
		"ResourceGroup kubernetes-anywhere-demo",
		"RoleAssignment demo-control-plane",
		"RoleAssignment demo-control-plane-addons",
		"RoleAssignment demo-workers",
		"RoleDefinition demo-control-plane-addons",
		"Secret demo-control-plane",
		"Secret demo-workers",
		"Subnet demo-nodes",
		"UserAssignedIdentity demo-control-plane",
		"UserAssignedIdentity demo-workers",
		"Vault demo-bundles",
		"VirtualMachine demo-control-plane-1",
		"VirtualMachineScaleSet demo-workers",
		"VirtualNetwork demo-network",
		"azure-native azure",
	}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(declare(t, inputs(demo(nil)))))); diff != "" {
		t.Error(diff)
	}
}

func TestProgram_MakesNothingThatExists(t *testing.T) {
	all := declare(t, inputs(demo(func(_ *config.Cluster, b *Block) {
		b.Existing = Existing{ResourceGroup: "Team", Subnet: someSubnet}
	})))
	for _, kind := range []string{"ResourceGroup", "VirtualNetwork", "Subnet", "NatGateway"} {
		if made := ofKind(all, kind); len(made) > 0 {
			t.Errorf("it made a %s: %v", kind, made)
		}
	}
	if _, made := all["PublicIPAddress demo-nat"]; made {
		t.Error("it made an address for a NAT gateway that it did not make")
	}
	card := all["NetworkInterface demo-control-plane-1"]
	if got := card.at(t, "ipConfigurations", 0, "subnet", "id"); got != someSubnet {
		t.Errorf("the control plane is in %v", got)
	}
	if got := card.at(t, "resourceGroupName"); got != "Team" {
		t.Errorf("the control plane is in the group %v", got)
	}
	if acls := all["Vault demo-bundles"].inputs["properties"].(map[string]any)["networkAcls"]; acls != nil {
		t.Errorf("a subnet that may have no endpoint of the vault's is named in its rules: %v", acls)
	}
}

func TestProgram_KeepsAPrivateEndpointPrivate(t *testing.T) {
	all := declare(t, inputs(demo(func(_ *config.Cluster, b *Block) { b.Access.PrivateEndpoint = true })))
	if got := slices.Collect(maps.Keys(ofKind(all, "PublicIPAddress"))); len(got) != 1 || got[0] != "demo-nat" {
		t.Errorf("public addresses: %v", got)
	}
	if got := slices.Collect(maps.Keys(ofKind(all, "LoadBalancer"))); len(got) != 1 || got[0] != "demo-api-internal" {
		t.Errorf("balancers: %v", got)
	}
	bundle := all["Secret demo-control-plane"].at(t, "properties", "value").(string)
	if strings.Contains(bundle, "198.51.100.7") || !strings.Contains(bundle, `"endpoint": "10.240.0.254:6443"`) {
		t.Errorf("the bundle of the control planes is\n%s", bundle)
	}
}

func TestProgram_SpreadsControlPlanesOverZonesWithStableAddresses(t *testing.T) {
	all := declare(t, inputs(demo(everythingAsked)))
	for n := 1; n <= 3; n++ {
		name := fmt.Sprintf("demo-control-plane-%d", n)
		machine, disk, card := all["VirtualMachine "+name], all["Disk "+name+"-etcd"], all["NetworkInterface "+name]
		for _, one := range []declared{machine, disk} {
			if got := text(t, one.at(t, "zones")); got != fmt.Sprintf(`["%d"]`, n) {
				t.Errorf("%s is in zones %s", one.Name, got)
			}
		}
		if got := card.at(t, "ipConfigurations", 0, "privateIPAddress"); got != fmt.Sprintf("10.240.0.%d", 254-n) {
			t.Errorf("%s has the address %v", name, got)
		}
		if got := text(t, card.at(t, "ipConfigurations", 0, "loadBalancerBackendAddressPools")); strings.Count(got, "/backendAddressPools/api") != 2 {
			t.Errorf("%s is behind %s", name, got)
		}
		if got := machine.at(t, "storageProfile", "dataDisks", 0, "managedDisk", "id"); !strings.HasSuffix(got.(string), "/Disk/"+name+"-etcd") {
			t.Errorf("%s has etcd's data on %v", name, got)
		}
		if got := machine.at(t, "storageProfile", "dataDisks", 0, "deleteOption"); got != "Detach" {
			t.Errorf("etcd's disk of %s goes with the machine: %v", name, got)
		}
	}
}

func TestProgram_NamesNoZonesInARegionWithoutAny(t *testing.T) {
	for key, one := range declare(t, inputs(demo(func(_ *config.Cluster, b *Block) { b.Zones = []string{} }))) {
		if whole := text(t, one.inputs); strings.Contains(whole, `"zones"`) {
			t.Errorf("%s: %s", key, whole)
		}
	}
}

func TestProgram_TellsMachinesWhereTheirBundleIs(t *testing.T) {
	for _, os := range target.OperatingSystems() {
		all := declare(t, inputs(demo(func(_ *config.Cluster, b *Block) { b.OS = os })))
		planes := customData(t, all["VirtualMachine demo-control-plane-1"], "osProfile", "customData")
		workers := customData(t, all["VirtualMachineScaleSet demo-workers"], "virtualMachineProfile", "osProfile", "customData")
		for role, userData := range map[string]string{"control-plane": planes, "workers": workers} {
			url := fmt.Sprintf("azurekeyvault://demo-bundles.vault.azure.net/secrets/%s?client=client-of-demo-%s", secretName(role, "client-of-demo-"+role), role)
			bundle := all["Secret demo-"+role].at(t, "properties", "value").(string)
			if os != target.Flatcar && (!strings.Contains(userData, "BUNDLE='"+url+"'") || !strings.Contains(userData, target.BundleDigest([]byte(bundle)))) {
				t.Errorf("%s, %s: the user-data does not name %s and its digest:\n%s", os, role, url, userData)
			}
			if len(userData) > target.UserDataLimit {
				t.Errorf("%s, %s: the user-data has %d bytes", os, role, len(userData))
			}
			for _, secret := range []string{"<caKey", "<etcdCAKey", "<frontProxyCAKey", "<serviceAccountKey", "<encryptionKey", "<bootstrapToken", "BEGIN"} {
				if strings.Contains(userData, secret) {
					t.Errorf("%s, %s: %s is in the user-data", os, role, secret)
				}
			}
		}
		if form := regexp.MustCompile(`^(#cloud-config\n|\{)`); !form.MatchString(planes) || strings.HasPrefix(planes, "{") != (os == target.Flatcar) {
			t.Errorf("%s: the user-data begins with %q", os, planes[:20])
		}
	}
}

func customData(t *testing.T, of declared, path ...any) string {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(of.at(t, path...).(string))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestProgram_GivesEachRoleItsOwnBundleAndNoOther(t *testing.T) {
	all := declare(t, inputs(demo(everythingAsked)))
	readers := map[string]string{}
	for what, grant := range ofKind(all, "RoleAssignment") {
		if ofAddons(what) {
			continue
		}
		if got, want := grant.at(t, "roleDefinitionId"), "/subscriptions/"+someSubscription+"/providers/Microsoft.Authorization/roleDefinitions/4633458b-17de-408a-b874-0445c86b69e6"; got != want {
			t.Errorf("%s has the role %v, which is not in the list of one: Key Vault Secrets User", what, got)
		}
		scope := grant.at(t, "scope").(string)
		if !strings.HasSuffix(scope, "/Secret/"+what) {
			t.Errorf("%s may read %s", what, scope)
		}
		if readers[scope] != "" {
			t.Errorf("%s is read by %s and %s", scope, readers[scope], what)
		}
		readers[scope] = what
		if got := grant.at(t, "principalId"); got != "principal-of-"+what {
			t.Errorf("%s is granted to %v", what, got)
		}
	}
	if len(readers) != 3 {
		t.Errorf("3 secrets have readers %v", readers)
	}
	for what, secret := range ofKind(all, "Secret") {
		keys := strings.Contains(secret.at(t, "properties", "value").(string), "Key\\u003e") ||
			strings.Contains(secret.at(t, "properties", "value").(string), "Key>")
		if keys != (what == "demo-control-plane") {
			t.Errorf("%s: keys of authorities in it: %v", what, keys)
		}
	}
}

func TestProgram_MarksBundlesAsSecret(t *testing.T) {
	for what, one := range ofKind(declare(t, inputs(demo(nil))), "Secret") {
		properties := one.Inputs["properties"]
		if !properties.ContainsSecrets() {
			t.Errorf("the state would hold the bundle of %s in plain", what)
		}
	}
}
