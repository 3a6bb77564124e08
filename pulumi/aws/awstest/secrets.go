package awstest

import (
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/aws/awstest/api"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
)

// mostSecret is how many bytes a secret holds.
const mostSecret = 65536

// secrets are secrets, and what is in them.
func (w *world) secrets() map[string]spec {
	return map[string]spec{
		Secret: {
			calls: []call{
				{service: "secretsmanager", operation: "CreateSecret", fields: fields{
					"name": to("Name"), "description": to("Description"), "kmsKeyId": to("KmsKeyId"), "tags": tags("Tags"),
				}},
				{service: "secretsmanager", operation: "DeleteSecret", given: map[string]any{"SecretId": api.Unknown{}}, fields: fields{"recoveryWindowInDays": recovery}},
			},
			own:   []string{"forceOverwriteReplicaSecret"},
			needs: []string{"name"},
			rules: []rule{
				matches("name", `[a-zA-Z0-9/_+=.@-]{1,512}`, "it has at most 512 letters, digits and /_+=.@-"),
				unlike("name", `-[a-zA-Z0-9]{6}$`, "a hyphen and six characters at the end look like Amazon's own suffix, which is looked for"),
			},
			id: func(name string, inputs targettest.Properties) string {
				called := nameOr(inputs, name)
				return arn("secretsmanager", "secret:"+called+"-"+digest(called)[:6])
			},
			outputs: func(o targettest.Object) targettest.Properties { return targettest.Properties{"arn": text(o.ID)} },
			replace: []string{"name"}, references: []string{"arn"},
		},
		SecretVersion: {
			calls: []call{{service: "secretsmanager", operation: "PutSecretValue", given: map[string]any{"ClientRequestToken": api.Unknown{}}, fields: fields{
				"secretId": to("SecretId"), "secretString": to("SecretString"), "secretBinary": to("SecretBinary"), "versionStages": to("VersionStages"),
			}}},
			needs:  []string{"secretId"},
			refers: map[string]reference{"secretId": byID(Secret)},
			rules: []rule{oneOf("secretString", "secretBinary"), func(in values) []targettest.Problem {
				if length := len(in.text("secretString")); length > mostSecret {
					return []targettest.Problem{problem("secretString", "is %d bytes long, and %d is the most", length, mostSecret)}
				}
				return nil
			}},
			id: func(name string, inputs targettest.Properties) string {
				in := valuesOf(inputs)
				return in.text("secretId") + "|terraform-" + digest(in.text("secretString"))[:26]
			},
			outputs: func(o targettest.Object) targettest.Properties {
				return targettest.Properties{"arn": text(valuesOf(o.Inputs).text("secretId")), "versionId": text("terraform-" + digest(o.ID)[:26])}
			},
			replace: []string{"secretId", "secretString", "secretBinary"},
		},
	}
}

// recovery puts the days that a deleted secret can be had back: none at all
// means that it goes at once.
func recovery(r *request, from string, value any) []targettest.Problem {
	days, known := value.(int64)
	switch {
	case known && days == 0:
		r.put("ForceDeleteWithoutRecovery", true, from)
	case known && (days < 7 || days > 30):
		return []targettest.Problem{problem(from, "%d days: write 0, or 7 to 30", days)}
	default:
		r.put("RecoveryWindowInDays", value, from)
	}
	return nil
}
