package azure

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// ofAddons tells the grants for addons from those of bundles.
func ofAddons(name string) bool {
	return strings.HasSuffix(name, "-addons") || strings.HasSuffix(name, "-network")
}

func TestProgram_GrantsWhatAddonsDeclare(t *testing.T) {
	off := false
	for name, addons := range map[string][]config.Addon{
		"as it comes":         nil,
		"the CSI driver less": {{Name: "azure-disk-csi", Enabled: &off}},
		"the controller less": {{Name: "azure-cloud-controller-manager", Enabled: &off}},
		"in the user's hands": {{Name: "azure-disk-csi", Unmanaged: true}},
		"the autoscaler more": {{Name: "cluster-autoscaler"}},
		"none":                {{Name: "azure-disk-csi", Enabled: &off}, {Name: "azure-cloud-controller-manager", Enabled: &off}},
	} {
		t.Run(name, func(t *testing.T) {
			in := inputs(demo(func(c *config.Cluster, _ *Block) { c.Spec.Addons = addons }))
			declared, err := catalog.PermissionsOf("azure", in.Cluster.EnabledAddons())
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, g := range declared {
				want = append(want, g.Actions...)
			}
			slices.Sort(want)
			all := declare(t, in)
			var got []string
			for what, role := range ofKind(all, "RoleDefinition") {
				if what != "demo-control-plane-addons" {
					t.Errorf("there is a role %s: workers run none of it", what)
				}
				for _, action := range role.at(t, "permissions", 0, "actions").([]any) {
					got = append(got, action.(string))
				}
			}
			if diff := cmp.Diff(slices.Compact(want), got); diff != "" {
				t.Errorf("(-declared +made):\n%s", diff)
			}
			for what, grant := range ofKind(all, "RoleAssignment") {
				if ofAddons(what) && grant.at(t, "principalId") != "principal-of-demo-control-plane" {
					t.Errorf("%s is granted to %v", what, grant.at(t, "principalId"))
				}
			}
		})
	}
}

// The role is of use in the cluster's own resource group only, and, where the
// subnet is somebody else's, in that network for what concerns networks.
func TestProgram_GrantsInItsOwnGroupOnly(t *testing.T) {
	group := "/subscriptions/" + someSubscription + "/resourceGroups/"
	all := declare(t, inputs(demo(func(_ *config.Cluster, b *Block) {
		b.Existing.Subnet = group + "Net/providers/Microsoft.Network/virtualNetworks/corp/subnets/hosts"
	})))
	want := map[string]string{
		"demo-control-plane-addons":  group + "kubernetes-anywhere-demo",
		"demo-control-plane-network": group + "Net/providers/Microsoft.Network/virtualNetworks/corp",
	}
	got := map[string]string{}
	for what, role := range ofKind(all, "RoleDefinition") {
		got[what] = role.at(t, "scope").(string)
		if at := role.at(t, "assignableScopes", 0); at != got[what] {
			t.Errorf("%s is assignable at %v", what, at)
		}
		if what == "demo-control-plane-network" {
			for _, action := range role.at(t, "permissions", 0, "actions").([]any) {
				if !strings.HasPrefix(action.(string), "Microsoft.Network/virtualNetworks/") {
					t.Errorf("in somebody else's network it may %s", action)
				}
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for what, grant := range ofKind(all, "RoleAssignment") {
		if ofAddons(what) && grant.at(t, "scope") != want[what] {
			t.Errorf("%s is granted at %v", what, grant.at(t, "scope"))
		}
	}
}

func TestWords_NameWhatTheProgramMakes(t *testing.T) {
	cluster := demo(nil)
	words := New().Words(cluster)
	all := declare(t, inputs(cluster))
	for word, resource := range map[string]string{
		"vnet": "VirtualNetwork demo-network", "subnet": "Subnet demo-nodes", "resource-group": "ResourceGroup kubernetes-anywhere-demo",
	} {
		if _, made := all[resource]; !made || !strings.HasSuffix(resource, " "+words[word]) {
			t.Errorf("%s is %q, and %s is made: %v", word, words[word], resource, made)
		}
	}
	if want := "/subscriptions/" + someSubscription + "/resourceGroups/kubernetes-anywhere-demo/providers/Microsoft.ManagedIdentity/userAssignedIdentities/demo-control-plane"; words["identity"] != want {
		t.Errorf("the identity is %s", words["identity"])
	}
	cluster = demo(func(_ *config.Cluster, b *Block) {
		b.Existing = Existing{ResourceGroup: "Team", Subnet: "/subscriptions/" + someSubscription + "/resourceGroups/Net/providers/Microsoft.Network/virtualNetworks/corp/subnets/hosts"}
	})
	words = New().Words(cluster)
	if words["resource-group"] != "Team" || words["vnet-resource-group"] != "Net" || words["vnet"] != "corp" || words["subnet"] != "hosts" {
		t.Errorf("of what exists it says %v", words)
	}
}
