package gcp

import (
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/projects"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/serviceaccount"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Attaching a disk to a machine that acts as an account takes the right to act
// as that account. It is given for the cluster's own accounts: for the whole
// project it would be the right to do whatever any account may.
const (
	actAs     = "iam.serviceAccounts.actAs"
	actAsRole = "roles/iam.serviceAccountUser"
)

// grant lets the hosts of a role do what the addons on them declare: by a role
// of the cluster's own, in the project.
func (p *program) grant(who identities) error {
	granted, err := catalog.PermissionsOf(name, p.in.Cluster.EnabledAddons())
	if err != nil {
		return err
	}
	for _, of := range []struct {
		role, short string
		account     *serviceaccount.Account
	}{{node.ControlPlane, "control", who.controlPlane}, {node.Worker, node.Worker, who.worker}} {
		all := permissionsOf(granted, of.role)
		inProject := slices.DeleteFunc(slices.Clone(all), func(permission string) bool { return permission == actAs })
		if err := p.grantRole(of.role, of.short, of.account, inProject); err != nil {
			return err
		}
		if len(inProject) == len(all) {
			continue
		}
		if err := p.grantAccounts(of.role, of.account, who); err != nil {
			return err
		}
	}
	return nil
}

// permissionsOf are what the addons on hosts of a role may do, each once,
// sorted.
func permissionsOf(granted []catalog.Granted, role string) []string {
	var all []string
	for _, g := range granted {
		if g.On == catalog.OnNodes || role == node.ControlPlane {
			all = append(all, g.Actions...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// grantRole declares a role and gives it to an account. The role's id is the
// account's number, too: Google keeps the id of a deleted role for weeks.
func (p *program) grantRole(role, short string, account *serviceaccount.Account, permissions []string) error {
	if len(permissions) == 0 {
		return nil
	}
	resource := p.cluster + "-" + role + "-addons"
	made, err := projects.NewIAMCustomRole(p.ctx, resource, &projects.IAMCustomRoleArgs{
		RoleId:  pulumi.Sprintf("%s_%s_%s", strings.ReplaceAll(p.cluster, "-", "_"), short, account.UniqueId),
		Project: p.project(),
		Title:   pulumi.String(p.cluster + " " + role + ": addons"), Description: p.description("what addons do on hosts: " + role),
		Permissions: pulumi.ToStringArray(permissions), Stage: pulumi.String("GA"),
	}, p.fixed)
	if err != nil {
		return p.failed("role", resource, err)
	}
	_, err = projects.NewIAMMember(p.ctx, resource, &projects.IAMMemberArgs{
		Project: p.project(), Role: made.Name, Member: pulumi.Sprintf("serviceAccount:%s", account.Email),
	}, p.fixed)
	return p.failed("holder of the role", resource, err)
}

// grantAccounts lets an account act as each of the cluster's.
func (p *program) grantAccounts(role string, account *serviceaccount.Account, who identities) error {
	for as, other := range map[string]*serviceaccount.Account{node.ControlPlane: who.controlPlane, node.Worker: who.worker} {
		resource := p.cluster + "-" + role + "-as-" + as
		if _, err := serviceaccount.NewIAMMember(p.ctx, resource, &serviceaccount.IAMMemberArgs{
			ServiceAccountId: other.Name, Role: pulumi.String(actAsRole),
			Member: pulumi.Sprintf("serviceAccount:%s", account.Email),
		}, p.fixed); err != nil {
			return p.failed("right to act as the account", as, err)
		}
	}
	return nil
}

// nodeTag is the network tag of every machine: the cloud controller opens the
// ports of services to what carries it (addons/gcp-cloud-controller-manager).
func nodeTag(cluster string) string { return cluster + "-node" }
