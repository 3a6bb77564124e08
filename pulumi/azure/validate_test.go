package azure

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

func TestValidate_AcceptsDefaultsAndEverythingThatCanBeAsked(t *testing.T) {
	for name, change := range map[string]func(*config.Cluster, *Block){
		"defaults":   nil,
		"everything": everythingAsked,
		"longest":    longest,
		"no zones":   func(_ *config.Cluster, b *Block) { b.Zones = []string{} },
		"private":    func(_ *config.Cluster, b *Block) { b.Access.PrivateEndpoint = true },
		"gallery": func(_ *config.Cluster, b *Block) {
			b.Image = "/subscriptions/" + someSubscription + "/resourceGroups/g/providers/Microsoft.Compute/galleries/g/images/i/versions/1.0.0"
		},
		"existing": func(_ *config.Cluster, b *Block) {
			b.Existing = Existing{ResourceGroup: "Team_(A)", Subnet: someSubnet}
		},
		"arm64": func(c *config.Cluster, _ *Block) {
			c.Spec.ControlPlane.Machine.Arch = target.ARM64
			c.Spec.Pools = []config.Pool{{Name: "workers", Count: 1, Machine: config.Machine{Arch: target.ARM64}}}
		},
		"other types": func(c *config.Cluster, _ *Block) {
			c.Spec.ControlPlane.Machine.Type = "Standard_E96ias_v4"
			c.Spec.Pools = []config.Pool{{Name: "gpu", Count: 1, Machine: config.Machine{Type: "Standard_NC24ads_A100_v4"}}}
		},
	} {
		if problems := demo(change).Validate(); len(problems) > 0 {
			t.Errorf("%s: %+v", name, problems)
		}
	}
}

const someSubnet = "/subscriptions/" + someSubscription + "/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/office/subnets/nodes"

// broken are configs with one thing wrong, the words that tell it and the
// words that mend it.
func broken() map[string]struct {
	change   func(*config.Cluster, *Block)
	says     string
	mendedBy string
} {
	type change = func(*config.Cluster, *Block)
	return map[string]struct {
		change   change
		says     string
		mendedBy string
	}{
		"no subscription": {func(_ *config.Cluster, b *Block) { b.Subscription = "" }, "not the id of a subscription", "az account show"},
		"name of a subscription": {func(_ *config.Cluster, b *Block) { b.Subscription = "Pay as you go" },
			`"Pay as you go" is not the id`, "az account show"},
		"long location":    {func(_ *config.Cluster, b *Block) { b.Location = "West Europe" }, `"West Europe" is not the short name`, `write "westeurope"`},
		"zone of GCP":      {func(_ *config.Cluster, b *Block) { b.Zones = []string{"westeurope-1"} }, `"westeurope-1" is no zone`, "write one of 1, 2, 3"},
		"zone twice":       {func(_ *config.Cluster, b *Block) { b.Zones = []string{"1", "1"} }, "in the list already", "remove one"},
		"unknown OS":       {func(_ *config.Cluster, b *Block) { b.OS = "debian-12" }, `did you mean "debian-13"`, "write one of debian-13"},
		"half an image":    {func(_ *config.Cluster, b *Block) { b.Image = "Debian:debian-13" }, "neither an offer", "publisher:offer:sku:version"},
		"resource group":   {func(_ *config.Cluster, b *Block) { b.Existing.ResourceGroup = "a/b" }, "not the name of a resource group", "az group list"},
		"name of a subnet": {func(_ *config.Cluster, b *Block) { b.Existing.Subnet = "nodes" }, "not the id of a subnet", "az network vnet subnet show"},
		"another's subnet": {func(_ *config.Cluster, b *Block) {
			b.Existing.Subnet = strings.Replace(someSubnet, "1111", "9999", 1)
		}, "is of subscription", "use a subnet of subscription " + someSubscription},
		"key of another kind": {func(_ *config.Cluster, b *Block) { b.SSHPublicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA" }, "RSA", "ssh-keygen -t rsa"},
		"door without a key": {func(_ *config.Cluster, b *Block) { b.Access.SSHCIDRs = []string{"203.0.113.0/24"} },
			"nobody could log in", "write sshPublicKey"},
		"range with more bits": {func(_ *config.Cluster, b *Block) { b.Access.APICIDRs = []string{"203.0.113.7/24"} }, "no range", "no bit set"},
		"an archive of images": {func(c *config.Cluster, _ *Block) { c.Spec.Images.Bundle = "images.tar" }, "pull their images", "remove spec.images.bundle"},
		"a type without its prefix": {func(c *config.Cluster, _ *Block) { c.Spec.ControlPlane.Machine.Type = "D4s_v5" },
			`"D4s_v5" is not the name`, `write "Standard_D4s_v5"`},
		"a type of another cloud": {func(c *config.Cluster, _ *Block) { c.Spec.Pools[0].Machine.Type = "e2-standard-2" },
			`spec.pools[0].machine.type: "e2-standard-2" is not`, "az vm list-sizes --location westeurope"},
		"an arm64 type for amd64": {func(c *config.Cluster, _ *Block) { c.Spec.Pools[0].Machine.Type = "Standard_D4ps_v5" },
			"is arm64", `write spec.pools[0].machine.arch "arm64"`},
		"an amd64 type for arm64": {func(c *config.Cluster, _ *Block) {
			c.Spec.Pools[0].Machine = config.Machine{Type: "Standard_D4s_v5", Arch: target.ARM64}
		}, "is amd64", `write spec.pools[0].machine.arch "amd64"`},
		"no premium disks": {func(c *config.Cluster, _ *Block) { c.Spec.ControlPlane.Machine.Type = "Standard_D2_v5" }, "no premium disks", "with an s"},
		"NVMe disks":       {func(c *config.Cluster, _ *Block) { c.Spec.ControlPlane.Machine.Type = "Standard_D2s_v6" }, "NVMe", "an earlier version"},
		"a small disk":     {func(c *config.Cluster, _ *Block) { c.Spec.Pools[0].Machine.DiskGB = 20 }, "do not fit onto less than 30", "diskGB 30"},
		"a pool elsewhere": {func(c *config.Cluster, b *Block) {
			b.Zones = []string{"1"}
			c.Spec.Pools[0].Machine.Zones = []string{"2"}
		}, `spec.pools[0].machine.zones: zone "2" is not one of the cluster's`, "add it to spec.azure.zones"},
		"too many for one scale set": {func(c *config.Cluster, _ *Block) {
			c.Spec.Network.NodeCIDR, c.Spec.Network.PodCIDR = "10.240.0.0/16", "11.0.0.0/8"
			c.Spec.Pools[0].Count = 2500
		}, "a scale set of a published image holds 1000", "make 3 pools of it"},
		"too many of an image of one's own": {func(c *config.Cluster, b *Block) {
			b.Image = "/CommunityGalleries/g-1/Images/i/Versions/latest"
			c.Spec.Network.NodeCIDR, c.Spec.Network.PodCIDR = "10.240.0.0/16", "11.0.0.0/8"
			c.Spec.Pools[0].Max = 601
		}, "holds 600", "make 2 pools of it"},
		"one image for two architectures": {func(c *config.Cluster, b *Block) {
			b.Image = "Debian:debian-13:13-gen2:latest"
			c.Spec.Pools[0].Machine.Arch = target.ARM64
		}, "cannot start both", "remove image"},
		"no room to roll": {func(c *config.Cluster, _ *Block) { c.Spec.Pools[0].Count = 240 }, "251 addresses for machines, and 258 are needed", "as a /23"},
		"a range too small for Azure": {func(c *config.Cluster, _ *Block) {
			c.Spec.Network.NodeCIDR, c.Spec.Pools = "10.240.0.0/30", []config.Pool{}
		}, "Azure's subnets are a /29 at the least", "a /8 to a /29"},
		"Azure's own address": {func(c *config.Cluster, _ *Block) { c.Spec.Network.NodeCIDR = "168.63.129.0/24" }, "168.63.129.16", "a private range"},
	}
}

func TestValidate_RefusesWhatAzureWouldRefuseAndSaysWhatToWrite(t *testing.T) {
	for name, fault := range broken() {
		t.Run(name, func(t *testing.T) {
			problems := demo(func(c *config.Cluster, b *Block) {
				c.Spec.Pools = []config.Pool{{Name: "workers", Count: 2}}
				fault.change(c, b)
			}).Validate()
			told := slices.ContainsFunc(problems, func(p config.FieldProblem) bool {
				return strings.HasPrefix(p.Path, "spec.") && strings.Contains(p.Path+": "+p.Message, fault.says) && strings.Contains(p.Fix, fault.mendedBy)
			})
			if !told {
				t.Errorf("wanted %q mended by %q, got %+v", fault.says, fault.mendedBy, problems)
			}
		})
	}
}

func TestValidate_TellsEverythingAtOnce(t *testing.T) {
	problems := demo(func(c *config.Cluster, b *Block) {
		b.Subscription, b.Location, b.OS = "x", "West Europe", "windows"
		c.Spec.ControlPlane.Machine.Type = "Standard_D2_v6"
	}).Validate()
	if len(problems) != 5 {
		t.Errorf("five things are wrong, %d were told: %+v", len(problems), problems)
	}
}

func blocks() map[string]func() config.Block {
	return map[string]func() config.Block{name: New().Block}
}

func TestBlock_SurvivesBeingWrittenAndRead(t *testing.T) {
	first, report := config.Load("x.json", []byte(`{"apiVersion":"kubernetes-anywhere.io/v1alpha1","kind":"Cluster","metadata":{"name":"demo"},
		"spec":{"target":"azure","azure":{"subscription":"`+someSubscription+`","zones":[]}}}`), blocks())
	if !report.Empty() {
		t.Fatal(report.Render())
	}
	data, err := config.Marshal(first)
	if err != nil {
		t.Fatal(err)
	}
	again, report := config.Load("x.json", data, blocks())
	if !report.Empty() {
		t.Fatalf("%s\n%s", report.Render(), data)
	}
	if zones := again.Spec.Block.(*Block).Zones; len(zones) != 0 {
		t.Errorf("a region without zones got %v", zones)
	}
	second, err := config.Marshal(again)
	if err != nil || string(second) != string(data) {
		t.Errorf("%v\n%s\n%s", err, data, second)
	}
}

func TestExample_IsValid(t *testing.T) {
	data, err := os.ReadFile("../../examples/azure.json")
	if err != nil {
		t.Fatal(err)
	}
	if _, report := config.Load("azure.json", data, blocks()); !report.Empty() {
		t.Error(report.Render())
	}
}
