package gcp

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
)

func TestProgram_GrantsWhatAddonsDeclare(t *testing.T) {
	for name, addons := range map[string][]document{
		"as it comes":         nil,
		"the CSI driver less": {{"name": "gcp-pd-csi", "enabled": false}},
		"the controller less": {{"name": "gcp-cloud-controller-manager", "enabled": false}},
		"in the user's hands": {{"name": "gcp-pd-csi", "unmanaged": true}},
		"none":                {{"name": "gcp-pd-csi", "enabled": false}, {"name": "gcp-cloud-controller-manager", "enabled": false}},
	} {
		t.Run(name, func(t *testing.T) {
			whole := written(func(_, spec, _ document) { spec["addons"] = addons })
			declared, err := catalog.PermissionsOf("gcp", inputsOf(t, whole).Cluster.EnabledAddons())
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, g := range declared {
				want = append(want, g.Actions...)
			}
			d := declare(t, whole)
			plane := "serviceAccount:" + d.one(t, "Account", "demo-control-plane").Outputs["email"].StringValue()
			var got []string
			for _, role := range d.of("IAMCustomRole") {
				got = append(got, words(role, "permissions")...)
			}
			for _, member := range d.of("IAMMember") {
				if word(member, "member") != plane {
					t.Errorf("%s is granted to %s: workers run none of it", member.Name, word(member, "member"))
				}
				if word(member, "role") == actAsRole {
					got = append(got, actAs)
				}
			}
			slices.Sort(want)
			slices.Sort(got)
			if diff := cmp.Diff(slices.Compact(want), slices.Compact(got)); diff != "" {
				t.Errorf("(-declared +made):\n%s", diff)
			}
		})
	}
}

// Whoever may act as any account of a project may do what any of them may.
func TestProgram_LetsNobodyActAsTheProjectsAccounts(t *testing.T) {
	d := declare(t, written())
	for _, role := range d.of("IAMCustomRole") {
		for _, permission := range words(role, "permissions") {
			if strings.HasPrefix(permission, "iam.") {
				t.Errorf("%s may %s in the whole project", role.Name, permission)
			}
		}
	}
	var as []string
	for _, member := range d.of("IAMMember") {
		if word(member, "role") == actAsRole {
			as = append(as, word(member, "serviceAccountId"))
		}
	}
	want := []string{}
	for _, role := range []string{"control-plane", "worker"} {
		want = append(want, d.one(t, "Account", "demo-"+role).Outputs["name"].StringValue())
	}
	slices.Sort(as)
	slices.Sort(want)
	if !slices.Equal(as, want) {
		t.Errorf("it may act as %v, and the cluster's accounts are %v", as, want)
	}
}

// Google keeps the id of a deleted role for weeks: the next cluster of the name
// must have another.
func TestProgram_NamesRolesAfterTheAccount(t *testing.T) {
	d := declare(t, written())
	number := d.one(t, "Account", "demo-control-plane").Outputs["uniqueId"].StringValue()
	if id := word(d.of("IAMCustomRole")[0], "roleId"); number == "" || id != "demo_control_"+number {
		t.Errorf("the role's id is %s, the account's number %s", id, number)
	}
}

func TestProgram_LetsServicesFindEveryMachine(t *testing.T) {
	d := declare(t, written())
	for _, o := range append(d.of("Instance"), d.of("InstanceTemplate")...) {
		if tags := words(o, "tags"); !slices.Equal(tags, []string{"demo-node"}) {
			t.Errorf("%s carries the network tags %v", o.Name, tags)
		}
	}
}
