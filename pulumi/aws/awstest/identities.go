package awstest

import (
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
)

// Lengths of policies, in characters: IAM's quotas.
const (
	longestTrust  = 2048
	longestPolicy = 10240
)

// identities are roles, and what gives them to machines.
func (w *world) identities() map[string]spec {
	return map[string]spec{
		Role: {
			calls: []call{{service: "iam", operation: "CreateRole", fields: fields{
				"name": to("RoleName"), "path": to("Path"), "description": to("Description"), "assumeRolePolicy": to("AssumeRolePolicyDocument"),
				"maxSessionDuration": to("MaxSessionDuration"), "permissionsBoundary": to("PermissionsBoundary"), "tags": tags("Tags"),
			}}},
			own:   []string{"forceDetachPolicies"},
			needs: []string{"name", "assumeRolePolicy"},
			rules: []rule{policyDocument("assumeRolePolicy", false, longestTrust)},
			id:    func(name string, inputs targettest.Properties) string { return nameOr(inputs, name) },
			outputs: func(o targettest.Object) targettest.Properties {
				return targettest.Properties{"name": text(o.ID), "arn": text(arn("iam", "role"+pathOf(o)+o.ID)), "uniqueId": text("AROA" + strings.ToUpper(digest(o.ID)[:17]))}
			},
			replace: []string{"name", "path"}, references: []string{"arn"},
		},
		RolePolicy: {
			calls:  []call{{service: "iam", operation: "PutRolePolicy", fields: fields{"name": to("PolicyName"), "role": to("RoleName"), "policy": to("PolicyDocument")}}},
			needs:  []string{"name", "role", "policy"},
			refers: map[string]reference{"role": by("name", Role)},
			rules:  []rule{policyDocument("policy", true, longestPolicy)},
			id: func(name string, inputs targettest.Properties) string {
				in := valuesOf(inputs)
				return in.text("role") + ":" + nameOr(inputs, name)
			},
			replace: []string{"name", "role"},
		},
		InstanceProfile: {
			calls: []call{
				{service: "iam", operation: "CreateInstanceProfile", fields: fields{"name": to("InstanceProfileName"), "path": to("Path"), "tags": tags("Tags")}},
				{service: "iam", operation: "AddRoleToInstanceProfile", given: map[string]any{"InstanceProfileName": "any"}, fields: fields{"role": to("RoleName")}},
			},
			needs:  []string{"name"},
			refers: map[string]reference{"role": by("name", Role)},
			id:     func(name string, inputs targettest.Properties) string { return nameOr(inputs, name) },
			outputs: func(o targettest.Object) targettest.Properties {
				return targettest.Properties{"name": text(o.ID), "arn": text(arn("iam", "instance-profile"+pathOf(o)+o.ID)), "uniqueId": text("AIPA" + strings.ToUpper(digest(o.ID)[:17]))}
			},
			replace: []string{"name", "path"}, references: []string{"arn"}, namesakes: true,
		},
	}
}

func pathOf(o targettest.Object) string {
	if path := valuesOf(o.Inputs).text("path"); path != "" {
		return path
	}
	return "/"
}
