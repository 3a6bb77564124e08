package azure

import (
	"regexp"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// limits are Azure's rules for names, from its page on them.
func limits() map[string]*regexp.Regexp {
	common := `[A-Za-z0-9]([A-Za-z0-9_.-]{0,78}[A-Za-z0-9_])?`
	return map[string]*regexp.Regexp{
		"ApplicationSecurityGroup": regexp.MustCompile("^" + common + "$"),
		"Disk":                     regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`),
		"LoadBalancer":             regexp.MustCompile("^" + common + "$"),
		"NatGateway":               regexp.MustCompile("^" + common + "$"),
		"NetworkInterface":         regexp.MustCompile("^" + common + "$"),
		"NetworkSecurityGroup":     regexp.MustCompile("^" + common + "$"),
		"PublicIPAddress":          regexp.MustCompile("^" + common + "$"),
		"ResourceGroup":            regexp.MustCompile(`^[A-Za-z0-9_().-]{0,89}[A-Za-z0-9_()-]$`),
		"RoleAssignment":           regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$`),
		"RoleDefinition":           regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$`),
		"Secret":                   regexp.MustCompile(`^[A-Za-z0-9-]{1,127}$`),
		"Subnet":                   regexp.MustCompile("^" + common + "$"),
		"UserAssignedIdentity":     regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{2,127}$`),
		"Vault":                    regexp.MustCompile(`^[A-Za-z]([A-Za-z0-9]|-[A-Za-z0-9]){2,23}$`),
		"VirtualMachine":           regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$`),
		"VirtualMachineScaleSet":   regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$`),
		"VirtualNetwork":           regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}[A-Za-z0-9_]$`),
	}
}

// nameOf is the input that names a resource.
func nameOf(t *testing.T, kind string, one declared) string {
	for _, key := range []string{"resourceName", "secretName", "vaultName", "roleAssignmentName", "vmName", "vmScaleSetName", "diskName",
		"subnetName", "virtualNetworkName", "natGatewayName", "publicIpAddressName", "networkSecurityGroupName",
		"applicationSecurityGroupName", "loadBalancerName", "networkInterfaceName", "resourceGroupName", "roleDefinitionId"} {
		// A secret names its vault too, and a subnet its network: the order decides.
		if value, ok := one.inputs[key].(string); ok {
			return value
		}
	}
	t.Errorf("%s %s has no name of its own", kind, one.Name)
	return ""
}

func TestProgram_KeepsNamesWithinEveryLimit(t *testing.T) {
	shortest := func(c *config.Cluster, _ *Block) {
		c.Metadata.Name = "a"
		c.Spec.Pools = []config.Pool{{Name: "b", Count: 1}}
	}
	for _, change := range []func(*config.Cluster, *Block){longest, shortest} {
		for key, one := range declare(t, inputs(demo(change))) {
			kind, _, _ := strings.Cut(key, " ")
			if kind == "Credentials" || kind == "azure-native" {
				continue
			}
			form := limits()[kind]
			if form == nil {
				t.Errorf("nothing is known of names of a %s", kind)
				continue
			}
			if name := nameOf(t, kind, one); !form.MatchString(name) {
				t.Errorf("%s cannot be called %q", kind, name)
			}
			if kind == "VirtualMachineScaleSet" {
				prefix := one.at(t, "virtualMachineProfile", "osProfile", "computerNamePrefix").(string)
				if n := len(prefix) + 6; n > 63 {
					t.Errorf("machines of %s have names of %d characters, and nodes' have 63", one.Name, n)
				}
			}
		}
	}
}

func TestProgram_TagsEverythingThatTakesTags(t *testing.T) {
	without := map[string]string{
		"Subnet":         "is a part of its network",
		"RoleAssignment": "is a part of its scope",
		"RoleDefinition": "is a part of its scope",
		"Credentials":    "is in the state alone",
		"azure-native":   "is a connection",
	}
	for key, one := range declare(t, inputs(demo(everythingAsked))) {
		kind, name, _ := strings.Cut(key, " ")
		if without[kind] != "" {
			continue
		}
		tags, _ := one.inputs["tags"].(map[string]any)
		if tags[target.ClusterLabel] != "demo" {
			t.Errorf("%s carries %v", key, tags)
		}
		role, pool := tags[target.RoleLabel], tags[target.PoolLabel]
		switch kind {
		case "VirtualMachine", "Disk", "NetworkInterface":
			if role != "control-plane" || pool != nil {
				t.Errorf("%s carries %v", key, tags)
			}
		case "VirtualMachineScaleSet":
			if role != "worker" || "demo-"+pool.(string) != name {
				t.Errorf("%s carries %v", key, tags)
			}
		}
	}
}

func TestProgram_GivesNoMachineAPublicAddressOrAPassword(t *testing.T) {
	all := declare(t, inputs(demo(everythingAsked)))
	for _, kind := range []string{"NetworkInterface", "VirtualMachine", "VirtualMachineScaleSet"} {
		for name, one := range ofKind(all, kind) {
			whole := text(t, one.inputs)
			if strings.Contains(whole, "publicIP") || strings.Contains(whole, "adminPassword") {
				t.Errorf("%s: %s", name, whole)
			}
			if kind != "NetworkInterface" && !strings.Contains(whole, `"disablePasswordAuthentication":true`) {
				t.Errorf("%s takes passwords: %s", name, whole)
			}
			if kind != "VirtualMachine" && !strings.Contains(whole, `"networkSecurityGroup":{"id":`) {
				t.Errorf("%s is outside of the firewall: %s", name, whole)
			}
		}
	}
}

func TestProgram_MakesManagedDisksOnlyWhichAzureEncrypts(t *testing.T) {
	all := declare(t, inputs(demo(everythingAsked)))
	for name, disk := range ofKind(all, "Disk") {
		if got := disk.at(t, "encryption", "type"); got != "EncryptionAtRestWithPlatformKey" {
			t.Errorf("%s is encrypted with %v", name, got)
		}
		if got := disk.at(t, "networkAccessPolicy"); got != "DenyAll" {
			t.Errorf("%s can be exported: %v", name, got)
		}
	}
	for name, machine := range ofKind(all, "VirtualMachine") {
		machine.at(t, "storageProfile", "osDisk", "managedDisk", "storageAccountType")
		if strings.Contains(text(t, machine.inputs), `"vhd"`) {
			t.Errorf("%s has a disk that is a file of the user's", name)
		}
	}
	for _, pool := range ofKind(all, "VirtualMachineScaleSet") {
		pool.at(t, "virtualMachineProfile", "storageProfile", "osDisk", "managedDisk", "storageAccountType")
	}
}

func TestProgram_RollsPoolsWithSurgeAndHealth(t *testing.T) {
	pool := declare(t, inputs(demo(nil)))["VirtualMachineScaleSet demo-workers"]
	for path, want := range map[string]any{"mode": "Rolling"} {
		if got := pool.at(t, "upgradePolicy", path); got != want {
			t.Errorf("%s is %v", path, got)
		}
	}
	if got := pool.at(t, "upgradePolicy", "rollingUpgradePolicy", "maxSurge"); got != true {
		t.Errorf("maxSurge is %v", got)
	}
	settings := text(t, pool.at(t, "virtualMachineProfile", "extensionProfile", "extensions", 0, "settings"))
	if settings != `{"port":10248,"protocol":"http","requestPath":"/healthz"}` {
		t.Errorf("health is asked by %s", settings)
	}
}

func TestProgram_TakesSpotMachinesAndOtherArchitecturesWhereAsked(t *testing.T) {
	all := declare(t, inputs(demo(everythingAsked)))
	cheap, workers := all["VirtualMachineScaleSet demo-cheap"], all["VirtualMachineScaleSet demo-workers"]
	if got := cheap.at(t, "virtualMachineProfile", "priority"); got != "Spot" {
		t.Errorf("the priority is %v", got)
	}
	if got := cheap.at(t, "sku", "name"); got != defaultARM64Type {
		t.Errorf("the type is %v", got)
	}
	if got := cheap.at(t, "virtualMachineProfile", "storageProfile", "imageReference", "sku"); got != "13-arm64" {
		t.Errorf("the image is %v", got)
	}
	if profile := text(t, workers.inputs["virtualMachineProfile"]); strings.Contains(profile, "Spot") {
		t.Errorf("a pool that asked for none has spot machines: %s", profile)
	}
}

func TestProgram_DeclaresAsMuchFor5WorkersAsFor5000(t *testing.T) {
	few := declare(t, inputs(demo(func(c *config.Cluster, _ *Block) { c.Spec.Pools = fivePools(1) })))
	many := declare(t, inputs(demo(func(c *config.Cluster, _ *Block) { c.Spec.Pools = fivePools(1000) })))
	if len(few) != len(many) {
		t.Errorf("%d resources for 5 workers, %d for 5000", len(few), len(many))
	}
}

func fivePools(each int) []config.Pool {
	var pools []config.Pool
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		pools = append(pools, config.Pool{Name: name, Count: each})
	}
	return pools
}

func TestProgram_AsksNothingOfAzure(t *testing.T) {
	for key := range declare(t, inputs(demo(everythingAsked))) {
		if strings.HasPrefix(key, "Call ") {
			t.Errorf("it looks something up: %s", key)
		}
	}
}
