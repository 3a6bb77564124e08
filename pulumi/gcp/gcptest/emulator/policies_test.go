package emulator_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

const (
	crm   = "/cloudresourcemanager/v1/projects/my-project"
	iam   = "/iam/v1/projects/my-project"
	node1 = "serviceAccount:node-1@my-project.iam.gserviceaccount.com"
)

// account makes the one that node1 is.
func (c client) account() {
	c.ask("POST", iam+"/serviceAccounts", `{"accountId": "node-1", "serviceAccount": {"displayName": "a node"}}`, http.StatusOK)
}

func TestEmulator_KeepsRolesThatAreDeletedForThoseWhoRegretIt(t *testing.T) {
	c := newClient(t)
	role := iam + "/roles/addons_1"
	c.ask("GET", role, "", http.StatusNotFound)
	made := c.ask("POST", iam+"/roles", `{"roleId": "addons_1", "role": {"title": "addons", "stage": "GA", "includedPermissions": ["compute.disks.get"]}}`, http.StatusOK)
	if made["name"] != "projects/my-project/roles/addons_1" || made["etag"] == nil {
		t.Errorf("made: %v", made)
	}
	c.ask("POST", iam+"/roles", `{"roleId": "addons_1", "role": {"title": "again"}}`, http.StatusConflict)
	c.ask("POST", role+":undelete", `{}`, http.StatusBadRequest)
	c.ask("PATCH", role, `{"title": "more", "includedPermissions": ["compute.disks.get", "compute.disks.use"]}`, http.StatusOK)
	c.ask("PATCH", role, `{"title": "late", "etag": "b2xk"}`, http.StatusConflict)
	c.ask("PATCH", role, `{"includedPermissions": ["everything"]}`, http.StatusBadRequest)
	c.ask("DELETE", role, "", http.StatusOK)
	if left := c.cloud.Objects(); len(left) > 0 {
		t.Errorf("what is deleted counts as there: %v", left)
	}
	if kept := c.ask("GET", role, "", http.StatusOK); kept["deleted"] != true || kept["title"] != "more" {
		t.Errorf("what is kept is %v", kept)
	}
	c.ask("POST", iam+"/roles", `{"roleId": "addons_1", "role": {"title": "again"}}`, http.StatusBadRequest)
	c.ask("PATCH", role, `{"title": "less"}`, http.StatusBadRequest)
	c.ask("DELETE", role, "", http.StatusBadRequest)
	c.ask("POST", role+":undelete", `{}`, http.StatusOK)
	if back := c.ask("GET", role, "", http.StatusOK); back["deleted"] != nil {
		t.Errorf("what came back is %v", back)
	}
}

func TestEmulator_ChangesPoliciesByReadingThemFirst(t *testing.T) {
	c := newClient(t)
	const first = `{"policy": {"etag": %q, "bindings": [{"role": "roles/owner", "members": ["user:owner@example.org"]}, {"role": %q, "members": [%q]}]}}`
	set := func(etag any, role, member string, want int) map[string]any {
		return c.ask("POST", crm+":setIamPolicy", fmt.Sprintf(first, etag, role, member), want)
	}
	was := c.ask("POST", crm+":getIamPolicy", `{"options": {"requestedPolicyVersion": 3}}`, http.StatusOK)["etag"]
	set(was, "roles/viewer", node1, http.StatusBadRequest) // there is no such account
	c.account()
	set(was, "projects/my-project/roles/none", node1, http.StatusBadRequest)
	set("b2xk", "roles/viewer", node1, http.StatusConflict)
	is := set(was, "roles/viewer", node1, http.StatusOK)["etag"]
	if is == was {
		t.Error("a policy that changed has the etag that it had")
	}
	set(was, "roles/viewer", node1, http.StatusConflict)
	granted := c.cloud.Granted("projects/my-project")
	if !slices.Equal(granted["roles/viewer"], []string{node1}) || len(granted["roles/owner"]) != 1 {
		t.Errorf("granted is %v", granted)
	}
}

// A grant of a role that is gone stays without effect, and no other can be made.
func TestEmulator_GivesDeletedRolesToNobody(t *testing.T) {
	c := newClient(t)
	c.account()
	c.ask("POST", iam+"/roles", `{"roleId": "addons_1", "role": {"title": "addons"}}`, http.StatusOK)
	const policy = `{"policy": {"bindings": [{"role": "projects/my-project/roles/addons_1", "members": [%s]}]}}`
	c.ask("POST", crm+":setIamPolicy", fmt.Sprintf(policy, `"`+node1+`"`), http.StatusOK)
	c.ask("DELETE", iam+"/roles/addons_1", "", http.StatusOK)
	c.ask("POST", crm+":setIamPolicy", fmt.Sprintf(policy, `"`+node1+`"`), http.StatusOK)
	c.ask("POST", crm+":setIamPolicy", fmt.Sprintf(policy, `"`+node1+`", "user:else@example.org"`), http.StatusBadRequest)
}

func TestEmulator_WritesIntoPoliciesThatAnAccountIsGone(t *testing.T) {
	c := newClient(t)
	c.account()
	account := iam + "/serviceAccounts/node-1@my-project.iam.gserviceaccount.com"
	policy := fmt.Sprintf(`{"policy": {"bindings": [{"role": "roles/iam.serviceAccountUser", "members": [%q]}]}}`, node1)
	c.ask("POST", account+":setIamPolicy", policy, http.StatusOK)
	if kept := c.ask("POST", account+":getIamPolicy", "", http.StatusOK); kept["bindings"] == nil {
		t.Errorf("the account's policy is %v", kept)
	}
	c.ask("POST", crm+":setIamPolicy", policy, http.StatusOK)
	c.ask("DELETE", account, "", http.StatusOK)
	for _, member := range c.cloud.Granted("projects/my-project")["roles/iam.serviceAccountUser"] {
		if !strings.HasPrefix(member, "deleted:"+node1+"?uid=") {
			t.Errorf("the project's policy names %s", member)
		}
	}
	c.ask("POST", account+":getIamPolicy", "", http.StatusNotFound)
}
