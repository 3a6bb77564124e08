package azure

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live/livetest"
)

func TestPreflight_FindsNothingInASubscriptionThatIsReady(t *testing.T) {
	for name, change := range map[string]func(*config.Cluster, *Block){
		"defaults": nil,
		"arm64":    func(c *config.Cluster, _ *Block) { c.Spec.ControlPlane.Machine.Arch = "arm64" },
		"existing": func(_ *config.Cluster, b *Block) { b.Existing = Existing{ResourceGroup: "shared", Subnet: subnetID} },
		"spot":     func(c *config.Cluster, _ *Block) { c.Spec.Pools[0].Spot = true },
		"no zones": func(_ *config.Cluster, b *Block) { b.Zones = []string{} },
	} {
		t.Run(name, func(t *testing.T) {
			if problems := flightOf(t, healthyAPI(), testCluster(change)); len(problems) > 0 {
				t.Error(livetest.Listed(problems))
			}
		})
	}
}

func TestPreflight_NamesEveryFaultWithItsFix(t *testing.T) {
	alter := func(f *fakeAPI, change func(*MachineType)) {
		kind := f.types[defaultAMD64Type]
		change(&kind)
		f.types[defaultAMD64Type] = kind
	}
	for name, test := range map[string]struct {
		world              func(*fakeAPI)
		config             func(*config.Cluster, *Block)
		path, message, fix string
		several            bool
	}{
		"credentials that ran out": {
			world:   func(f *fakeAPI) { f.errors["Subscription"] = loggedOut() },
			message: "has run out", fix: "az login",
		},
		"a subscription that is not there": {
			world: func(f *fakeAPI) { f.errors["Subscription"] = notFound("subscription") },
			path:  "spec.azure.subscription", message: "someone@example.org may not see it", fix: "az account list",
		},
		"a subscription that is switched off": {
			world: func(f *fakeAPI) { f.state = "Disabled" },
			path:  "spec.azure.subscription", message: "is Disabled", fix: "enable it",
		},
		"a right that is missing": {
			world: func(f *fakeAPI) {
				f.errors["Subscription"] = denied("Microsoft.Resources/subscriptions/read")
			},
			path: "spec.azure.subscription", message: "someone@example.org may not", fix: "az role assignment create",
		},
		"rights that are missing": {
			world: func(f *fakeAPI) {
				f.missing = map[string][]string{"/subscriptions/" + subscriptionID: {"Microsoft.Authorization/roleDefinitions/write", "Microsoft.Compute/disks/write"}}
			},
			path: "spec.azure.subscription", message: "someone@example.org may not: Microsoft.Authorization/roleDefinitions/write, Microsoft.Compute/disks/write",
			fix: `--role "Contributor" --scope /subscriptions/` + subscriptionID + `; az role assignment create --assignee WHO --role "User Access Administrator"`,
		},
		"many rights that are missing in a group": {
			world:  func(f *fakeAPI) { f.missing = map[string][]string{sharedGroup: Permissions()} },
			config: func(_ *config.Cluster, b *Block) { b.Existing.ResourceGroup = "shared" },
			path:   "spec.azure.existing.resourceGroup", message: "more", fix: "permissions/azure-role.json",
		},
		"a subnet that may not be joined": {
			world: func(f *fakeAPI) {
				f.missing = map[string][]string{subnetID: {"Microsoft.Network/virtualNetworks/subnets/join/action"}}
			},
			config: func(_ *config.Cluster, b *Block) { b.Existing.Subnet = subnetID },
			path:   "spec.azure.existing.subnet", message: "subnets/join/action", fix: `--role "Network Contributor" --scope ` + subnetID,
		},
		"roles that may not be given in somebody else's network": {
			world: func(f *fakeAPI) {
				f.missing = map[string][]string{strings.TrimSuffix(subnetID, "/subnets/hosts"): {"Microsoft.Authorization/roleAssignments/write"}}
			},
			config: func(_ *config.Cluster, b *Block) { b.Existing.Subnet = subnetID },
			path:   "spec.azure.existing.subnet", message: "roleAssignments/write", fix: `--role "User Access Administrator" --scope ` + strings.TrimSuffix(subnetID, "/subnets/hosts"),
		},
		"a location that is not there": {
			config: func(_ *config.Cluster, b *Block) { b.Location = "moon" },
			path:   "spec.azure.location", message: `no location "moon"`, fix: "az account list-locations",
		},
		"a resource provider that is not registered": {
			world: func(f *fakeAPI) { f.unregistered = []string{"Microsoft.KeyVault"} },
			path:  "spec.azure.subscription", message: "has not registered", fix: "az provider register --wait --namespace Microsoft.KeyVault --subscription " + subscriptionID,
		},
		"a resource provider that is not registered, by its own answer": {
			world: func(f *fakeAPI) {
				f.errors["MachineTypes"] = &live.Fault{Reason: live.Disabled, Of: "Microsoft.Compute", Err: errors.New("not registered")}
			},
			path: "spec.azure.subscription", message: "not registered", fix: "az provider register --wait --namespace Microsoft.Compute",
		},
		"a machine type that does not exist": {
			config: func(c *config.Cluster, _ *Block) { c.Spec.Pools[0].Machine.Type = "Standard_D99s_v5" },
			path:   "spec.pools[0].machine.type", message: "does not exist", fix: "az vm list-skus --location westeurope",
		},
		"a machine type that the subscription may not have": {
			world: func(f *fakeAPI) { alter(f, func(m *MachineType) { m.Anywhere, m.Zones = false, nil }) },
			path:  "spec.controlPlane.machine.type", message: "is not offered to the subscription", fix: "without a restriction", several: true,
		},
		"a machine type that a zone does not offer": {
			world: func(f *fakeAPI) { alter(f, func(m *MachineType) { m.Zones = []string{"1", "3"} }) },
			path:  "spec.pools[0].machine.type", message: "is not offered in zone 2", fix: "zones that have it: 1, 3", several: true,
		},
		"a location without zones": {
			world: func(f *fakeAPI) { alter(f, func(m *MachineType) { m.Zones = nil }) },
			path:  "spec.pools[0].machine.type", message: "no zone has it", fix: "another location", several: true,
		},
		"a machine type of the other architecture": {
			config: func(c *config.Cluster, _ *Block) {
				c.Spec.Pools[0].Machine = config.Machine{Type: defaultARM64Type, Arch: "amd64"}
			},
			path: "spec.pools[0].machine.arch", message: "is arm64", fix: `write arch "arm64"`,
		},
		"too few processors": {
			world: func(f *fakeAPI) { f.quotas[0].Usage = 8 },
			path:  "spec.controlPlane.machine.type", message: `"Total Regional vCPUs" (cores) is too small: 8 of 10 are in use, and the plan takes 6 more`, fix: "ask for 14",
		},
		"too few processors of a family": {
			world: func(f *fakeAPI) { f.quotas[1].Limit = 4 },
			path:  "spec.controlPlane.machine.type", message: "standarddsv5family", fix: "ask for 6",
		},
		"too few spot processors": {
			world:  func(f *fakeAPI) { f.quotas[3].Limit = 2 },
			config: func(c *config.Cluster, _ *Block) { c.Spec.Pools[0].Spot = true },
			path:   "spec.pools[0].machine.type", message: "lowprioritycores", fix: "ask for 4",
		},
		"no addresses left": {
			world: func(f *fakeAPI) { f.quotas[4].Usage = 19 },
			path:  "spec.azure.access.privateEndpoint", message: "the plan takes 2 more", fix: "ask for 21",
		},
		"an existing resource group that is not there": {
			config: func(_ *config.Cluster, b *Block) { b.Existing.ResourceGroup = "none" },
			path:   "spec.azure.existing.resourceGroup", message: `no resource group "none"`, fix: "az group create --name none --location westeurope",
		},
		"somebody else's resource group of the cluster's name": {
			world: func(f *fakeAPI) { f.groups["kubernetes-anywhere-demo"] = false },
			path:  "metadata.name", message: "not this cluster's", fix: "another name",
		},
		"an existing subnet that is not there": {
			config: func(_ *config.Cluster, b *Block) { b.Existing.Subnet = subnetID + "-none" },
			path:   "spec.azure.existing.subnet", message: "no subnet", fix: "az network vnet subnet show",
		},
		"an existing subnet of another location": {
			world: func(f *fakeAPI) {
				f.subnets[subnetID] = Subnet{CIDRs: []string{"10.240.0.0/24"}, Location: "northeurope"}
			},
			config: func(_ *config.Cluster, b *Block) { b.Existing.Subnet = subnetID },
			path:   "spec.azure.location", message: "is in northeurope", fix: `write "northeurope"`,
		},
		"an existing subnet of another range": {
			config: func(c *config.Cluster, b *Block) {
				b.Existing.Subnet = subnetID
				c.Spec.Network.NodeCIDR = "10.250.0.0/24"
			},
			path: "spec.network.nodeCIDR", message: "not within", fix: "10.240.0.0/24",
		},
		"a cloud that cannot be reached": {
			world:   func(f *fakeAPI) { f.errors["Subscription"] = errors.New("dial tcp: no route to host") },
			message: "no route to host", fix: "curl",
		},
	} {
		t.Run(name, func(t *testing.T) {
			api := healthyAPI()
			if test.world != nil {
				test.world(api)
			}
			problems := flightOf(t, api, testCluster(test.config))
			livetest.Expect(t, problems, test.path, test.message, test.fix)
			if !test.several && len(problems) != 1 {
				t.Errorf("%d problems, want that one only:\n%s", len(problems), livetest.Listed(problems))
			}
		})
	}
}

func TestPreflight_HidesNoProblemBehindAnother(t *testing.T) {
	api := healthyAPI()
	api.unregistered = []string{"Microsoft.Network", "Microsoft.KeyVault"}
	api.quotas[0].Limit = 1
	problems := flightOf(t, api, testCluster(func(c *config.Cluster, b *Block) {
		b.Existing = Existing{ResourceGroup: "none", Subnet: subnetID + "-none"}
		c.Spec.Pools[0].Machine.Type = "Standard_D99s_v5"
	}))
	for _, path := range []string{"spec.azure.subscription", "spec.azure.existing.resourceGroup", "spec.azure.existing.subnet", "spec.pools[0].machine.type", "spec.controlPlane.machine.type"} {
		livetest.Expect(t, problems, path, "", "")
	}
}

func TestPreflight_NeedsNoQuotaForWhatIsThere(t *testing.T) {
	api := healthyAPI()
	api.quotas = []Quota{{Name: "cores", Limit: 6, Usage: 6}, {Name: "StandardDSv5Family", Limit: 6, Usage: 6}, {Name: "PublicIPAddresses", Limit: 2, Usage: 2}}
	api.groups["kubernetes-anywhere-demo"] = true
	api.resources = []Resource{
		{ID: planeID, Kind: machineKind}, {ID: setID, Kind: scaleSetKind, Type: defaultAMD64Type, Count: 2},
		{ID: "a", Kind: "Microsoft.Network/publicIPAddresses"}, {ID: "b", Kind: "Microsoft.Network/publicIPAddresses"},
	}
	if problems := flightOf(t, api, testCluster(nil)); len(problems) > 0 {
		t.Error(livetest.Listed(problems))
	}
	more := flightOf(t, api, testCluster(func(c *config.Cluster, _ *Block) { c.Spec.Pools[0].Count = 3 }))
	livetest.Expect(t, more, "spec.pools[0].machine.type", "2 more (1 × Standard_D2s_v5 for pool workers)", "ask for 8")
}

func TestPreflight_SaysHowToLogInWhereThereAreNoCredentials(t *testing.T) {
	cloud := New(WithAPI(func(context.Context, *config.Cluster) (API, error) { return nil, loggedOut() }))
	problems := cloud.Preflight(t.Context(), target.Inputs{Cluster: testCluster(nil)})
	livetest.Expect(t, problems, "", "has run out", "az login")
}

// sharedGroup is the resource group that healthyAPI has.
const sharedGroup = "/subscriptions/" + subscriptionID + "/resourceGroups/shared"

// What a config does not lead to, whoever asks may do without.
func TestPreflight_AsksForNoMoreRightsThanTheConfigTakes(t *testing.T) {
	off := false
	for name, test := range map[string]struct {
		missing string
		config  func(*config.Cluster, *Block)
	}{
		"roles, without addons": {"Microsoft.Authorization/roleDefinitions/write", func(c *config.Cluster, _ *Block) {
			c.Spec.Addons = []config.Addon{{Name: "azure-disk-csi", Enabled: &off}, {Name: "azure-cloud-controller-manager", Enabled: &off}}
		}},
		"networks, in an existing one": {"Microsoft.Network/virtualNetworks/write", func(_ *config.Cluster, b *Block) { b.Existing.Subnet = subnetID }},
	} {
		t.Run(name, func(t *testing.T) {
			api := healthyAPI()
			api.missing = map[string][]string{"/subscriptions/" + subscriptionID: {test.missing}}
			if problems := flightOf(t, api, testCluster(test.config)); len(problems) > 0 {
				t.Error(livetest.Listed(problems))
			}
			if problems := flightOf(t, api, testCluster(nil)); len(problems) != 1 {
				t.Errorf("otherwise it is needed:\n%s", livetest.Listed(problems))
			}
		})
	}
}

// Who has rights on the cluster's group, and none on the subscription, may
// change the cluster.
func TestPreflight_AsksWhereTheClusterIs(t *testing.T) {
	api := healthyAPI()
	api.groups["kubernetes-anywhere-demo"] = true
	api.missing = map[string][]string{"/subscriptions/" + subscriptionID: Permissions()}
	if problems := flightOf(t, api, testCluster(nil)); len(problems) > 0 {
		t.Error(livetest.Listed(problems))
	}
}

// What Azure will not say is no fault of whoever asks.
func TestPreflight_TakesNoRefusedQuestionForAMissingRight(t *testing.T) {
	api := healthyAPI()
	api.errors["Missing"] = denied("Microsoft.Authorization/permissions/read")
	if problems := flightOf(t, api, testCluster(nil)); len(problems) > 0 {
		t.Error(livetest.Listed(problems))
	}
	api.errors["Missing"] = errors.New("dial tcp: no route to host")
	livetest.Expect(t, flightOf(t, api, testCluster(nil)), "", "asking what you may do", "curl")
}
