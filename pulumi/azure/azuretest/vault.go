package azuretest

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
)

// Limits of Key Vault, and of tags on anything.
const (
	mostSecret       = 25 * 1024
	leastRetention   = 7
	mostRetention    = 90
	mostTags         = 50
	longestTag       = 512
	longestTagValue  = 256
	notInTags        = `<>%&\?/`
	servicePrincipal = "ServicePrincipal"
)

func vaultKinds() map[string]kind {
	return map[string]kind{
		"resources:ResourceGroup": {
			arm: "Microsoft.Resources/resourceGroups@2022-09-01", name: "resourceGroupName", form: groupForm,
			is: "1 to 90 letters, digits, and -_.()", replace: []string{"location"},
		},
		"keyvault:Vault": {
			arm: "Microsoft.KeyVault/vaults@2023-02-01", name: "vaultName", form: vaultForm,
			is: "3 to 24 letters, digits and single hyphens, a letter first", immutable: []string{"location"},
			rules: vaultRules, holds: true,
		},
		"keyvault:Secret": {
			arm: "Microsoft.KeyVault/vaults/secrets@2023-02-01", name: "secretName", form: secretForm,
			is: "1 to 127 letters, digits and hyphens", parent: "vaultName", rules: secretRules,
			outputs: func(o targettest.Object, in object) targettest.Properties {
				vault, _ := text(in, "vaultName")
				name, _ := text(in, "secretName")
				properties := targettest.Plain(fields(o.Inputs["properties"]))
				delete(properties, "value")
				properties["secretUri"] = property("https://" + vault + ".vault.azure.net/secrets/" + name)
				return targettest.Properties{"properties": resourceOf(properties)}
			},
		},
		"managedidentity:UserAssignedIdentity": {
			arm: "Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31", name: "resourceName", form: identityForm,
			is: "3 to 128 letters, digits, underscores and hyphens", replace: []string{"location"},
			outputs: func(o targettest.Object, _ object) targettest.Properties {
				return targettest.Properties{
					"clientId": property(uuid("client", o.Serial)), "principalId": property(uuid("principal", o.Serial)), "tenantId": property(Tenant),
				}
			},
		},
		"authorization:RoleAssignment": {
			arm: "Microsoft.Authorization/roleAssignments@2022-04-01", name: "roleAssignmentName", form: uuidForm,
			is: "a UUID", scoped: true, replace: []string{"principalId"}, immutable: []string{"roleDefinitionId", "principalType"},
			rules: assignmentRules,
		},
		"authorization:RoleDefinition": {
			arm: "Microsoft.Authorization/roleDefinitions@2022-05-01-preview", name: "roleDefinitionId", form: uuidForm,
			is: "a UUID", scoped: true, rules: definitionRules,
		},
	}
}

func vaultRules(in object, p *problems) {
	p.form(in, "properties.tenantId", uuidForm, "the UUID of a tenant")
	if protected, given := get(in, "properties.enablePurgeProtection").(bool); given && !protected {
		p.add("properties.enablePurgeProtection", "cannot be false: leave it out")
	}
	if n, ok := number(in, "properties.softDeleteRetentionInDays"); ok && (n < leastRetention || n > mostRetention) {
		p.add("properties.softDeleteRetentionInDays", "%d is not %d to %d", n, leastRetention, mostRetention)
	}
	if roles, _ := get(in, "properties.enableRbacAuthorization").(bool); !roles && absent(in, "properties.accessPolicies") {
		p.add("properties.accessPolicies", "is required where roles do not say who may read")
	}
}

func secretRules(in object, p *problems) {
	if value, ok := text(in, "properties.value"); ok && (value == "" || len(value) > mostSecret) {
		p.add("properties.value", "has %d bytes, 1 to %d are allowed", len(value), mostSecret)
	}
}

var roleForm = regexp.MustCompile(`(?i)^(/subscriptions/[^/]+)?/providers/Microsoft\.Authorization/roleDefinitions/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

func assignmentRules(in object, p *problems) {
	p.form(in, "roleDefinitionId", roleForm, "the id of a role")
	p.form(in, "principalId", uuidForm, "the UUID of a principal")
	if other(in, "principalType", servicePrincipal) {
		p.add("principalType", "an identity that was just made is found only as a %s", servicePrincipal)
	}
	if scope, ok := text(in, "scope"); ok && !strings.HasPrefix(scope, "/") {
		p.add("scope", "%q is no id", scope)
	}
}

// actionForm is one action, or several by asterisks, of one of Azure's services.
var actionForm = regexp.MustCompile(`^Microsoft\.[A-Za-z]+(/[A-Za-z*]+)+$`)

// definitionRules are those of custom roles
// (https://learn.microsoft.com/en-us/azure/role-based-access-control/custom-roles).
func definitionRules(in object, p *problems) {
	if role, _ := text(in, "roleName"); !open(in, "roleName") && (role == "" || len(role) > mostRoleName) {
		p.add("roleName", "is required, of %d characters at most", mostRoleName)
	}
	if other(in, "roleType", "CustomRole") {
		p.add("roleType", "one that is made can only be a CustomRole")
	}
	if absent(in, "assignableScopes[0]") {
		p.add("assignableScopes", "one at least is required")
	}
	if absent(in, "permissions[0].actions[0]") {
		p.add("permissions", "one action at least is required")
	}
	actions, _ := get(in, "permissions[0].actions").([]any)
	for i := range actions {
		p.form(in, fmt.Sprintf("permissions[0].actions[%d]", i), actionForm, "an action, such as Microsoft.Compute/disks/read")
	}
}

// mostRoleName is how many characters a custom role's name may have.
const mostRoleName = 512

var locationForm = regexp.MustCompile(`^[a-z]+[0-9]*$`)

// general is what holds of every resource: where it is, and its tags.
func general(in object, p *problems) {
	p.form(in, "location", locationForm, "a location in its short form, such as westeurope")
	tags, _ := get(in, "tags").(object)
	if len(tags) > mostTags {
		p.add("tags", "there are %d, at most %d are allowed", len(tags), mostTags)
	}
	for key, v := range tags {
		value, _ := v.(string)
		if key == "" || len(key) > longestTag || strings.ContainsAny(key, notInTags) {
			p.add("tags."+key, "is no name of a tag")
		}
		if len(value) > longestTagValue {
			p.add("tags."+key, "is longer than %d characters", longestTagValue)
		}
	}
}
