package gcp

import (
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/serviceaccount"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// identities are the service accounts of the two roles. They may read their
// own bundles (secret.go) and do what the addons on their hosts declare
// (grants.go).
type identities struct{ controlPlane, worker *serviceaccount.Account }

// identities declares one account a role. Their names are short, for an
// account's id is.
func (p *program) identities() (identities, error) {
	var err error
	who := identities{}
	if who.controlPlane, err = p.account("control", node.ControlPlane); err != nil {
		return identities{}, err
	}
	who.worker, err = p.account(node.Worker, node.Worker)
	return who, err
}

func (p *program) account(short, role string) (*serviceaccount.Account, error) {
	id := accountID(p.cluster, short)
	account, err := serviceaccount.NewAccount(p.ctx, p.cluster+"-"+role, &serviceaccount.AccountArgs{
		AccountId: pulumi.String(id), Project: p.project(),
		DisplayName: pulumi.String(p.cluster + " " + role),
		Description: p.description("identity of hosts: " + role),
	}, p.fixed)
	return account, p.failed("service account", id, err)
}
