package providers_test

import (
	"encoding/json"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/aws"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/aws/awstest/emulator"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// grants demands that the roles of hosts may do what they must: read their
// bundles, and on control planes what addons declare, each by a policy of its
// own.
func (s *awsStack) grants(t *testing.T, in target.Inputs) {
	t.Helper()
	declared, err := catalog.PermissionsOf(s.of.Name(), in.Cluster.EnabledAddons())
	if err != nil {
		t.Fatal(err)
	}
	role := in.Cluster.Metadata.Name + "-" + emulator.Region + "-"
	want := map[string]map[string][]string{role + "control-plane": {"read-one-control-plane": {"secretsmanager:GetSecretValue"}}, role + "worker": {}}
	for _, g := range declared {
		actions := slices.Concat(g.Actions, g.Owned, g.Tagged)
		slices.Sort(actions)
		want[role+"control-plane"]["addon-"+g.Addon] = actions
	}
	if len(declared) == 0 {
		t.Fatal("no addon declares anything: this shows nothing")
	}
	for _, pool := range in.Cluster.Spec.Pools {
		want[role+"worker"]["read-one-"+pool.Name] = []string{"secretsmanager:GetSecretValue"}
	}
	got := map[string]map[string][]string{}
	for role, policies := range s.cloud.Policies() {
		got[role] = map[string][]string{}
		for name, document := range policies {
			got[role][name] = actionsOf(t, document)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("policies (-declared +made):\n%s", diff)
	}
}

// actionsOf are those that a policy allows, sorted.
func actionsOf(t *testing.T, document string) []string {
	t.Helper()
	var policy struct {
		Statement []struct {
			Effect string
			Action []string
		}
	}
	if err := json.Unmarshal([]byte(document), &policy); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, statement := range policy.Statement {
		if statement.Effect != "Allow" {
			t.Errorf("a statement's effect is %s", statement.Effect)
		}
		all = append(all, statement.Action...)
	}
	slices.Sort(all)
	return all
}

// rights demands that whatever the provider called is allowed to whoever has
// the actions that the target's page lists.
func (s *awsStack) rights(t *testing.T) {
	t.Helper()
	listed, calls := aws.Permissions(), s.cloud.Calls()
	slices.Sort(calls)
	for _, call := range slices.Compact(calls) {
		service, operation, _ := strings.Cut(call, " ")
		if service == "elbv2" {
			service = "elasticloadbalancing"
		}
		if !slices.ContainsFunc(listed, func(pattern string) bool {
			matches, err := path.Match(pattern, service+":"+operation)
			return err == nil && matches
		}) {
			t.Errorf("the provider calls %s:%s: docs/targets/aws.md does not list it", service, operation)
		}
	}
	if len(calls) < 100 {
		t.Errorf("only %d calls were seen", len(calls))
	}
}
