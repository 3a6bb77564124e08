package gcptest

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/gcp/gcptest/discovery"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
)

// largestSecret is how many bytes a secret's version may hold
// (https://cloud.google.com/secret-manager/quotas).
const largestSecret = 64 << 10

// identities are the kinds of identity.go and secret.go of the program.
func identities() map[string]kind {
	return map[string]kind{
		"gcp:serviceaccount/account:Account": {
			api: discovery.IAM, method: "iam.projects.serviceAccounts.create",
			moves: append(keeps("project", "disabled", "createIgnoreAlreadyExists"), within("serviceAccount", "displayName", "description")...),
			rules: []rule{required("accountId"), matching("accountId", `[a-z][-a-z0-9]{4,28}[a-z0-9]`), longest("displayName", 100), longest("description", 256)},

			link:    "projects/{project}/serviceAccounts/{accountId}@{project}.iam.gserviceaccount.com",
			replace: []string{"accountId", "project"},
			outputs: func(_ *world, o made) object {
				return object{"email": o.name, "member": "serviceAccount:" + o.name, "name": o.id, "uniqueId": number(o.id)}
			},
			deleteFirst: true,
		},
		"gcp:secretmanager/secret:Secret": {
			api: discovery.SecretManager, method: "secretmanager.projects.secrets.create",
			moves: append(keeps("project", "secretId"), move{from: "replication.auto", to: "replication.automatic"}),
			rules: []rule{required("secretId"), matching("secretId", `[A-Za-z0-9_-]{1,255}`), replicated},

			link:    "projects/{project}/secrets/{secretId}",
			replace: []string{"project", "replication", "secretId"},
			outputs: func(_ *world, o made) object {
				return object{"name": o.id, "createTime": "2026-01-02T03:04:05.000000Z"}
			},
			deleteFirst: true,
		},
		"gcp:secretmanager/secretVersion:SecretVersion": {
			api: discovery.SecretManager, method: "secretmanager.projects.secrets.addVersion",
			moves: append(keeps("secret", "enabled", "deletionPolicy", "isSecretDataBase64"), move{from: "secretData", to: "payload.data", as: encoded}),
			rules: []rule{required("secret", "secretData"), longest("secretData", largestSecret)},
			late:  []rule{refers("secret", "secrets", false)},

			link:    "{secret}/versions/1",
			replace: []string{"isSecretDataBase64", "secret", "secretData"},
			outputs: func(_ *world, o made) object { return object{"name": o.id, "version": o.name} },
		},
		"gcp:projects/iAMCustomRole:IAMCustomRole": {
			api: discovery.IAM, method: "iam.projects.roles.create",
			moves: append(keeps("project", "roleId"), append(within("role", "title", "description", "stage"), move{from: "permissions", to: "role.includedPermissions"})...),
			rules: []rule{required("roleId", "title", "permissions"), matching("roleId", `[a-zA-Z0-9_.]{3,64}`), longest("title", 100), longest("description", 256), permitted},

			link:        "projects/{project}/roles/{roleId}",
			replace:     []string{"project", "roleId"},
			outputs:     func(_ *world, o made) object { return object{"name": o.id, "deleted": false} },
			deleteFirst: true,
		},
		"gcp:projects/iAMMember:IAMMember": {
			api: discovery.ResourceManager, method: "cloudresourcemanager.projects.setIamPolicy",
			moves: append(keeps("project"), holder()...),
			rules: []rule{required("project", "role", "member"), matching("role", roleForm), granted},
			late:  []rule{grantee, role},

			link:        "{project}/{role}/{member}",
			replace:     []string{"condition", "member", "project", "role"},
			deleteFirst: true,
			outputs:     func(_ *world, o made) object { return object{"etag": "BwX" + digest(o.id)[:8]} },
		},
		"gcp:serviceaccount/iAMMember:IAMMember": {
			api: discovery.IAM, method: "iam.projects.serviceAccounts.setIamPolicy",
			moves: append(keeps("serviceAccountId"), holder()...),
			rules: []rule{required("serviceAccountId", "role", "member"), matching("role", roleForm), granted},
			late:  []rule{refers("serviceAccountId", "serviceAccounts", false), grantee},

			link:        "{serviceAccountId}/{role}/{member}",
			replace:     []string{"condition", "member", "role", "serviceAccountId"},
			deleteFirst: true,
			outputs:     func(_ *world, o made) object { return object{"etag": "BwX" + digest(o.id)[:8]} },
		},
		"gcp:secretmanager/secretIamMember:SecretIamMember": {
			api: discovery.SecretManager, method: "secretmanager.projects.secrets.setIamPolicy",
			moves: append(keeps("project", "secretId"), holder()...),
			rules: []rule{required("secretId", "role", "member"), matching("role", roleForm), granted},
			late:  []rule{refers("secretId", "secrets", true), grantee},

			link:        "projects/{project}/secrets/{secretId}/{role}/{member}",
			replace:     []string{"condition", "member", "project", "role", "secretId"},
			deleteFirst: true,
			outputs:     func(_ *world, o made) object { return object{"etag": "BwX" + digest(o.id)[:8]} },
		},
	}
}

// roleForm is a role of Google's or one that somebody made.
const roleForm = `roles/[a-zA-Z.]+|(projects|organizations)/[^/]+/roles/[a-zA-Z0-9_.]+`

// holder moves a grant to where a policy has it.
func holder() []move {
	return []move{{from: "role", to: "policy.bindings[0].role"}, {from: "member", to: "policy.bindings[0].members[0]"}, {from: "condition", to: "policy.bindings[0].condition"}}
}

// permitted wants permissions to look like some, each given once.
func permitted(_ *world, in object) []targettest.Problem {
	form, seen := regexp.MustCompile(`^[a-z]+(\.[a-zA-Z]+){2}$`), map[any]bool{}
	given, _ := in["permissions"].([]any)
	for _, permission := range given {
		if text, known := permission.(string); known && (!form.MatchString(text) || seen[text]) {
			return []targettest.Problem{problem("permissions", "%q is no permission, or there twice", text)}
		}
		seen[permission] = true
	}
	return nil
}

// role wants a role that somebody made to exist.
func role(w *world, in object) []targettest.Problem {
	if id := in.text("role"); strings.HasPrefix(id, "projects/") && !slices.ContainsFunc(w.cloud.Objects(), func(o targettest.Object) bool { return o.ID == id }) {
		return []targettest.Problem{problem("role", "there is no role %q", id)}
	}
	return nil
}

// account tells whether a service account of that address exists: Google's own
// do without anybody making them.
func (w *world) account(email string) bool {
	if strings.HasSuffix(email, "-compute@developer.gserviceaccount.com") {
		return true
	}
	for _, o := range w.cloud.Objects() {
		if o.Type == "gcp:serviceaccount/account:Account" && last(o.ID) == email {
			return true
		}
	}
	return false
}

// replicated wants a secret to be kept in one way.
func replicated(_ *world, in object) []targettest.Problem {
	r := in.object("replication")
	if (r.has("auto")) == (r.has("userManaged")) {
		return []targettest.Problem{problem("replication", "exactly one of auto and userManaged must be given")}
	}
	if r.has("userManaged") && len(r.object("userManaged").objects("replicas")) == 0 {
		return []targettest.Problem{problem("replication.userManaged.replicas", "one place at least must be given")}
	}
	return nil
}

// granted wants a grant to name somebody.
func granted(_ *world, in object) []targettest.Problem {
	member, known := in["member"].(string)
	if !known {
		return nil
	}
	if !regexp.MustCompile(`^((user|group|serviceAccount|domain|principal|principalSet):.+|allUsers|allAuthenticatedUsers)$`).MatchString(member) {
		return []targettest.Problem{problem("member", "%q is no member: write serviceAccount: and its address", member)}
	}
	return nil
}

// grantee wants the account that a grant names to exist.
func grantee(w *world, in object) []targettest.Problem {
	member := in.text("member")
	if email, is := strings.CutPrefix(member, "serviceAccount:"); is && !w.account(email) {
		return []targettest.Problem{problem("member", "service account %q does not exist", email)}
	}
	return nil
}

func longest(key string, most int) rule {
	return func(_ *world, in object) []targettest.Problem {
		if n := len(in.text(key)); n > most {
			return []targettest.Problem{problem(key, "is %d bytes long, over the limit of %d", n, most)}
		}
		return nil
	}
}

func encoded(value any) any {
	if text, ok := value.(string); ok {
		return base64.StdEncoding.EncodeToString([]byte(text))
	}
	return value
}
