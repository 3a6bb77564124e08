package gcp

import (
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/serviceaccount"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// identities are the service accounts of the two roles. They may read their
// own bundles (secret.go) and nothing else; what a cloud controller, a CSI
// driver or an autoscaler needs comes with those addons.
type identities struct{ controlPlane, worker *serviceaccount.Account }

// identities declares one account a role. Their names are short, for an
// account's id is.
func (b *build) identities() (identities, error) {
	var err error
	who := identities{}
	if who.controlPlane, err = b.account("control", node.ControlPlane); err != nil {
		return identities{}, err
	}
	who.worker, err = b.account(node.Worker, node.Worker)
	return who, err
}

func (b *build) account(short, role string) (*serviceaccount.Account, error) {
	id := accountID(b.cluster, short)
	account, err := serviceaccount.NewAccount(b.ctx, b.cluster+"-"+role, &serviceaccount.AccountArgs{
		AccountId: pulumi.String(id), Project: b.project(),
		DisplayName: pulumi.String(b.cluster + " " + role),
		Description: b.description("identity of hosts: " + role),
	}, b.fixed)
	return account, b.failed("service account", id, err)
}
