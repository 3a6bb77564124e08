package gcp

import (
	"fmt"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/secretmanager"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/serviceaccount"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// readerRole is the one role that the program grants, of one secret to one
// account.
const readerRole = "roles/secretmanager.secretAccessor"

// sealed is a bundle in Secret Manager.
type sealed struct {
	// url is where a host reads it, in the form of gocloud's runtimevar.
	url pulumi.String
	// ready is what a host that reads it must wait for.
	ready []pulumi.Resource
}

// seal declares a secret that holds a bundle and that one account may read. It
// stays in the cluster's region.
func (p *program) seal(name string, labels map[string]string, bundle pulumi.StringOutput, reader *serviceaccount.Account) (sealed, error) {
	secret, err := secretmanager.NewSecret(p.ctx, name, &secretmanager.SecretArgs{
		SecretId: pulumi.String(name), Project: p.project(),
		Labels: labelled(labels),
		Replication: secretmanager.SecretReplicationArgs{UserManaged: secretmanager.SecretReplicationUserManagedArgs{
			Replicas: secretmanager.SecretReplicationUserManagedReplicaArray{
				secretmanager.SecretReplicationUserManagedReplicaArgs{Location: p.region()},
			},
		}},
	}, p.fixed)
	if err != nil {
		return sealed{}, p.failed("secret", name, err)
	}
	// A version has no name: the new one is there before the old one goes, and
	// a host that boots meanwhile finds one.
	version, err := secretmanager.NewSecretVersion(p.ctx, name, &secretmanager.SecretVersionArgs{
		Secret: secret.ID(), SecretData: bundle,
	}, p.provider)
	if err != nil {
		return sealed{}, p.failed("secret's version", name, err)
	}
	grant, err := secretmanager.NewSecretIamMember(p.ctx, name, &secretmanager.SecretIamMemberArgs{
		SecretId: secret.SecretId, Project: p.project(),
		Role:   pulumi.String(readerRole),
		Member: pulumi.Sprintf("serviceAccount:%s", reader.Email),
	}, p.fixed)
	if err != nil {
		return sealed{}, p.failed("right to read the secret", name, err)
	}
	return sealed{
		url:   pulumi.String(fmt.Sprintf("gcpsecretmanager://projects/%s/secrets/%s", p.block.Project, name)),
		ready: []pulumi.Resource{version, grant},
	}, nil
}
