package providers_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

const (
	ownersOf = "roles/owner"
	actAs    = "iam.serviceAccounts.actAs"
	actAsAs  = "roles/iam.serviceAccountUser"
)

// theirs is what a project grants before any cluster is made in it.
func theirs() map[string][]string {
	return map[string][]string{ownersOf: {"user:owner@example.org"}}
}

// grants demands that what addons declare, and nothing else, is what the
// control planes may do in the project; and that whoever had rights there has
// them still.
func (s *gcpStack) grants(t *testing.T, in target.Inputs) {
	t.Helper()
	declared, err := catalog.PermissionsOf(s.of.Name(), in.Cluster.EnabledAddons())
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, g := range declared {
		want = append(want, g.Actions...)
	}
	slices.Sort(want)
	want = slices.Compact(want)
	asOthers := slices.Contains(want, actAs)
	want = slices.DeleteFunc(want, func(permission string) bool { return permission == actAs })
	if len(want) == 0 {
		t.Fatal("no addon declares anything: this shows nothing")
	}

	roles := s.links("/roles/")
	if len(roles) != 1 {
		t.Fatalf("there are the roles %v", roles)
	}
	var got []string
	for _, permission := range s.cloud.Object(roles[0])["includedPermissions"].([]any) {
		got = append(got, fmt.Sprint(permission))
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the role (-declared +made):\n%s", diff)
	}
	plane := s.member("control")
	after := theirs()
	after[roles[0]] = []string{plane}
	if diff := cmp.Diff(after, s.cloud.Granted("projects/my-project")); diff != "" {
		t.Errorf("the project's policy:\n%s", diff)
	}
	as := map[string][]string{}
	if asOthers {
		as[actAsAs] = []string{plane}
	}
	for _, account := range s.links("/serviceAccounts/") {
		if diff := cmp.Diff(as, s.cloud.Granted(account)); diff != "" {
			t.Errorf("the policy of %s:\n%s", account, diff)
		}
	}
}

// member is the account of a role as policies write it.
func (s *gcpStack) member(role string) string {
	for _, link := range s.links("/serviceAccounts/") {
		if email := link[strings.LastIndex(link, "/")+1:]; strings.Contains(email, role) {
			return "serviceAccount:" + email
		}
	}
	return ""
}

// grantsNothing demands that the project's policy is what it was before.
func (s *gcpStack) grantsNothing(t *testing.T) {
	t.Helper()
	if diff := cmp.Diff(theirs(), s.cloud.Granted("projects/my-project")); diff != "" {
		t.Errorf("the project's policy afterwards:\n%s", diff)
	}
}

// TestGCP_UpstreamProviderGrantsWhatAddonsDeclare turns an addon off, takes a
// grant away behind the program's back, and makes the cluster again while
// Google still keeps the id of the deleted role.
func TestGCP_UpstreamProviderGrantsWhatAddonsDeclare(t *testing.T) {
	s := openGCP(t)
	in := s.inputs(t, nil)
	made := s.up(t, in)
	s.grants(t, in)

	less := s.inputs(t, func(spec map[string]any) {
		spec["addons"] = []any{map[string]any{"name": "gcp-pd-csi", "enabled": false}}
	})
	if changed := s.up(t, less); changed != (engine.Changes{Update: 1, Delete: 2, Same: made.Create - 3}) {
		t.Errorf("the CSI driver less: %+v", changed)
	}
	s.grants(t, less)

	role := s.links("/roles/")[0]
	s.cloud.Revoke("projects/my-project", role, s.member("control"))
	if seen, err := s.Refresh(t.Context(), nil, s.log(t)); err != nil || seen.Delete != 1 {
		t.Errorf("a refresh after a grant was taken away: %+v, error %v", seen, err)
	}
	if mended := s.up(t, less); mended != (engine.Changes{Create: 1, Same: made.Create - 3}) {
		t.Errorf("mended: %+v", mended)
	}
	s.grants(t, less)

	if _, err := s.Destroy(t.Context(), s.log(t)); err != nil {
		t.Fatal(err)
	}
	s.grantsNothing(t)
	if kept := s.cloud.Object(role); kept["deleted"] != true {
		t.Errorf("the role that is deleted is %v", kept)
	}
	if again := s.up(t, in); again.Create != made.Create {
		t.Errorf("made again: %+v", again)
	}
	s.grants(t, in)
	if refused := s.cloud.Refused(); len(refused) > 0 {
		t.Errorf("the emulator refused %v", refused)
	}
}
