package azure

import (
	"encoding/base64"
	"encoding/binary"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
		"applicationSecurityGroupName", "loadBalancerName", "networkInterfaceName", "resourceGroupName"} {
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

// The number must be the one of the challenge, digit by digit: of any other,
// somebody may know the primes. RSA published that it has 617 decimal digits
// whose sum is 2738.
func TestNobodysKey_IsOfTheNumberWhosePrimesWereThrownAway(t *testing.T) {
	blob, err := base64.StdEncoding.DecodeString(strings.Fields(nobodysKey)[1])
	if err != nil {
		t.Fatal(err)
	}
	var fields [][]byte
	for len(blob) > 0 {
		n := binary.BigEndian.Uint32(blob)
		fields, blob = append(fields, blob[4:4+n]), blob[4+n:]
	}
	if len(fields) != 3 || string(fields[0]) != "ssh-rsa" {
		t.Fatalf("it is no RSA key: %q", fields)
	}
	number := new(big.Int).SetBytes(fields[2])
	sum := 0
	for _, digit := range number.String() {
		sum += int(digit - '0')
	}
	if len(number.String()) != 617 || sum != 2738 || number.BitLen() != 2048 || number.ProbablyPrime(8) {
		t.Errorf("it has %d digits of sum %d", len(number.String()), sum)
	}
	if !strings.HasPrefix(number.String(), "25195908475657893494") || !strings.HasSuffix(number.String(), "22120720357") {
		t.Errorf("it is %s", number)
	}
	if !keyForm.MatchString(nobodysKey) {
		t.Error("Azure would not take it")
	}
	for _, one := range slices.Collect(maps.Values(ofKind(declare(t, inputs(demo(nil))), "VirtualMachine"))) {
		if got := one.at(t, "osProfile", "linuxConfiguration", "ssh", "publicKeys", 0, "keyData"); got != nobodysKey {
			t.Errorf("%s takes the key %v", one.Name, got)
		}
	}
}

func TestBill_ListsWhatIsPaidFor(t *testing.T) {
	var got []string
	for _, charge := range New().Bill(demo(everythingAsked)) {
		got = append(got, strings.TrimSpace(strings.Join([]string{big.NewInt(int64(charge.Count)).String(), charge.What, "for", charge.For}, " ")))
	}
	want := []string{
		"3 Standard_D2s_v5 for control plane",
		"3 Standard SSD disk, 50 GiB for control plane",
		"3 Premium SSD disk, 20 GiB for etcd",
		"2 Standard_D2s_v5 for pool workers",
		"2 Standard SSD disk, 50 GiB for pool workers",
		"1 Standard_D2ps_v5 (spot) for pool cheap",
		"1 Standard SSD disk, 50 GiB for pool cheap",
		"2 Standard load balancer for API",
		"1 Standard public IP address for API",
		"1 NAT gateway for the way out",
		"1 Standard public IP address for the way out",
		"1 Key Vault (by operations) for node bundles",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if charges := New().Bill(demo(everythingAsked)); charges[5].Max != 9 {
		t.Errorf("the most machines of an elastic pool are not on the bill: %+v", charges[5])
	}
}
