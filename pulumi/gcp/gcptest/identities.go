package gcptest

import (
	"encoding/base64"
	"regexp"
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
		"gcp:secretmanager/secretIamMember:SecretIamMember": {
			api: discovery.SecretManager, method: "secretmanager.projects.secrets.setIamPolicy",
			moves: append(keeps("project", "secretId"), move{from: "role", to: "policy.bindings[0].role"},
				move{from: "member", to: "policy.bindings[0].members[0]"}, move{from: "condition", to: "policy.bindings[0].condition"}),
			rules: []rule{required("secretId", "role", "member"), matching("role", `roles/[a-zA-Z.]+|(projects|organizations)/[^/]+/roles/[a-zA-Z0-9_.]+`), granted},
			late:  []rule{refers("secretId", "secrets", true), grantee},

			link:        "projects/{project}/secrets/{secretId}/{role}/{member}",
			replace:     []string{"condition", "member", "project", "role", "secretId"},
			deleteFirst: true,
			outputs:     func(_ *world, o made) object { return object{"etag": "BwX" + digest(o.id)[:8]} },
		},
	}
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
