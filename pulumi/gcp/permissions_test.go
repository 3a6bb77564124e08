package gcp

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
)

const (
	rewrite   = "go test ./pulumi/gcp -run TestPermissions -update"
	targetDoc = "../../docs/targets/gcp.md"
	roleFile  = "../../docs/targets/permissions/gcp-role.yaml"
)

// updating tells whether files are to be written: the flag is the suite's.
func updating() bool { return flag.Lookup("update").Value.String() == "true" }

func TestPermissions_AreThoseOfThePage(t *testing.T) {
	var table strings.Builder
	table.WriteString("| for | permissions | predefined role |\n|---|---|---|\n")
	for _, n := range required() {
		part := n.part
		if n.only != "" {
			part += " (" + n.only + ")"
		}
		var of []string
		for _, line := range n.of {
			collection, verbs, _ := strings.Cut(line, " ")
			if words := strings.Fields(verbs); len(words) > 1 {
				verbs = "{" + strings.Join(words, ",") + "}"
			}
			of = append(of, "`"+collection+"."+verbs+"`")
		}
		fmt.Fprintf(&table, "| %s | %s | `%s` |\n", part, strings.Join(of, ", "), n.role)
	}
	targettest.Section(t, updating(), targetDoc, "permissions", rewrite, table.String())
}

func TestPermissions_AreThoseOfTheRoleFile(t *testing.T) {
	role, err := yaml.Marshal(map[string]any{
		"title": "kubernetes-anywhere", "stage": "GA", "description": "makes, changes and deletes clusters of kubectl anywhere",
		"includedPermissions": Permissions(),
	})
	if err != nil {
		t.Fatal(err)
	}
	const head = "# What docs/targets/gcp.md lists, as a role for 'gcloud iam roles create'.\n" +
		"# Written by '" + rewrite + "'.\n"
	targettest.File(t, updating(), roleFile, rewrite, head+string(role))
}

// A custom role of a project holds 3,000 permissions
// (https://cloud.google.com/iam/quotas), each in full.
func TestPermissions_FitIntoARole(t *testing.T) {
	all := Permissions()
	if len(all) < 100 || len(all) > 3000 {
		t.Errorf("there are %d", len(all))
	}
	for _, permission := range all {
		if strings.Count(permission, ".") != 2 || strings.ContainsAny(permission, "* ") {
			t.Errorf("%q is no permission", permission)
		}
	}
}

// What the program declares must be allowed to be made, read and deleted: each
// type is a collection with permissions.
func TestPermissions_CoverWhatTheProgramDeclares(t *testing.T) {
	all := Permissions()
	collections := map[string][]string{
		"gcp:compute/routerNat:RouterNat":                             {"compute.routers.update"},
		"gcp:compute/instanceGroupMembership:InstanceGroupMembership": {"compute.instanceGroups.update", "compute.instances.use"},
		"gcp:compute/regionInstanceGroupManager:RegionInstanceGroupManager": {
			"compute.instanceGroupManagers.create", "compute.instanceGroupManagers.get", "compute.instanceGroupManagers.update", "compute.instanceGroupManagers.delete",
		},
		"gcp:projects/iAMCustomRole:IAMCustomRole":          {"iam.roles.create", "iam.roles.get", "iam.roles.update", "iam.roles.undelete", "iam.roles.delete"},
		"gcp:projects/iAMMember:IAMMember":                  {"resourcemanager.projects.getIamPolicy", "resourcemanager.projects.setIamPolicy"},
		"gcp:serviceaccount/account:Account":                {"iam.serviceAccounts.create", "iam.serviceAccounts.get", "iam.serviceAccounts.update", "iam.serviceAccounts.delete"},
		"gcp:serviceaccount/iAMMember:IAMMember":            {"iam.serviceAccounts.getIamPolicy", "iam.serviceAccounts.setIamPolicy"},
		"gcp:secretmanager/secretVersion:SecretVersion":     {"secretmanager.versions.add", "secretmanager.versions.access", "secretmanager.versions.destroy"},
		"gcp:secretmanager/secretIamMember:SecretIamMember": {"secretmanager.secrets.getIamPolicy", "secretmanager.secrets.setIamPolicy"},
	}
	kinds := map[string]bool{}
	for _, o := range declare(t, written()).Objects() {
		kinds[o.Type] = true
	}
	if len(kinds) < 20 {
		t.Fatalf("the program declares only %v", kinds)
	}
	for kind := range kinds {
		wanted := collections[kind]
		module, rest, of := strings.Cut(strings.TrimPrefix(kind, "gcp:"), "/")
		if wanted == nil && of {
			name, _, _ := strings.Cut(rest, ":")
			for _, verb := range []string{"create", "get", "delete"} {
				wanted = append(wanted, module+"."+plural(name)+"."+verb)
			}
		}
		for _, permission := range wanted {
			if !slices.Contains(all, permission) {
				t.Errorf("a %s takes %s, which is not listed", kind, permission)
			}
		}
	}
}

func plural(name string) string {
	if strings.HasSuffix(name, "ss") {
		return name + "es"
	}
	return name + "s"
}
