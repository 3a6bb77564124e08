package aws

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
)

const (
	rewrite    = "go test ./pulumi/aws -run TestPermissions -update"
	targetDoc  = "../../docs/targets/aws.md"
	policyFile = "../../docs/targets/permissions/aws-policy.json"
	// longestPolicy is how many characters a managed policy may have, white
	// space not counted
	// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
	longestPolicy = 6144
)

// updating tells whether files are to be written: the flag is the suite's.
func updating() bool { return flag.Lookup("update").Value.String() == "true" }

func TestPermissions_AreThoseOfThePage(t *testing.T) {
	var table strings.Builder
	table.WriteString("| for | actions | on |\n|---|---|---|\n")
	for _, r := range required() {
		part, on := r.part, "`"+r.on+"`"
		if r.only != "" {
			part += " (" + r.only + ")"
		}
		if r.on == "" {
			on = "anything"
		}
		var of []string
		for _, line := range r.actions {
			service, actions, _ := strings.Cut(line, " ")
			of = append(of, "`"+service+":` `"+strings.Join(strings.Fields(actions), "`, `")+"`")
		}
		fmt.Fprintf(&table, "| %s | %s | %s |\n", part, strings.Join(of, "; "), on)
	}
	targettest.Section(t, updating(), targetDoc, "permissions", rewrite, table.String())
}

// managed is the policy: a statement for each kind of resource.
func managed(t *testing.T) string {
	t.Helper()
	on := map[string][]string{}
	for _, r := range required() {
		resource := r.on
		if resource == "" {
			resource = "*"
		}
		on[resource] = append(on[resource], r.permissions()...)
	}
	var rights []statement
	for _, resource := range slices.Sorted(maps.Keys(on)) {
		slices.Sort(on[resource])
		rights = append(rights, statement{Action: slices.Compact(on[resource]), Resource: []string{resource}})
	}
	text, err := document(rights...)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestPermissions_AreThoseOfThePolicyFile(t *testing.T) {
	var shown bytes.Buffer
	if err := json.Indent(&shown, []byte(managed(t)), "", "  "); err != nil {
		t.Fatal(err)
	}
	targettest.File(t, updating(), policyFile, rewrite, shown.String()+"\n")
}

func TestPermissions_FitIntoAManagedPolicy(t *testing.T) {
	counted := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, managed(t))
	if len(counted) > longestPolicy {
		t.Errorf("the policy has %d characters, and may have %d", len(counted), longestPolicy)
	}
	t.Logf("%d of %d characters", len(counted), longestPolicy)
}

// The list of the operations that the provider calls stands with AWS's
// description of them.
func TestPermissions_CoverWhatTheProviderCalls(t *testing.T) {
	text, err := os.ReadFile("awstest/api/operations.txt")
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		service := words[0]
		if service == "elbv2" {
			service = "elasticloadbalancing"
		}
		for _, operation := range words[1:] {
			compared++
			if !listed(service + ":" + operation) {
				t.Errorf("the provider calls %s:%s, which is not listed", service, operation)
			}
		}
	}
	if compared < 100 {
		t.Errorf("only %d operations were found", compared)
	}
}

// listed tells whether an action is among the permissions.
func listed(action string) bool {
	return slices.ContainsFunc(Permissions(), func(pattern string) bool {
		matches, err := path.Match(pattern, action)
		return err == nil && matches
	})
}

func TestPermissions_AreNoMoreThanActions(t *testing.T) {
	for _, action := range Permissions() {
		service, name, found := strings.Cut(action, ":")
		if !found || service == "" || name == "*" || strings.Contains(service, "*") || (strings.Contains(name, "*") && !strings.HasPrefix(name, "Describe")) {
			t.Errorf("%q allows too much, or nothing", action)
		}
	}
	for _, action := range []string{"iam:CreateUser", "iam:AttachRolePolicy", "ec2:DeleteSnapshot"} {
		if listed(action) {
			t.Errorf("%s is listed", action)
		}
	}
}
