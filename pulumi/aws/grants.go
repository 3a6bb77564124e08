package aws

import (
	"slices"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// createTags tags what exists as well as what is being made.
const createTags = "ec2:CreateTags"

// ownedTag is what AWS's own programs for Kubernetes know a cluster's things by
// (docs/prerequisites.md of cloud-provider-aws), and what rights on existing
// things are limited to. It is on machines, the groups that scale them, their
// security groups and subnets; not on etcd's disks, nor on any machine's first:
// whoever may delete volumes that carry it may not delete those.
func ownedTag(cluster string) string { return "kubernetes.io/cluster/" + cluster }

// owned is the tag's value for what lives and dies with the cluster.
const owned = "owned"

// grant gives a role the rights of the addons that run on its hosts: a policy
// for each, which goes with its addon.
func (p *program) grant(role string, to *iam.Role, granted []catalog.Granted) error {
	for _, g := range granted {
		if g.On == catalog.OnControlPlanes && role != node.ControlPlane {
			continue
		}
		policy, err := document(p.rights(g.Permissions)...)
		if err != nil {
			return err
		}
		resource := p.cluster + "-" + role + "-" + g.Addon
		if _, err := iam.NewRolePolicy(p.ctx, resource, &iam.RolePolicyArgs{
			Name: pulumi.String("addon-" + g.Addon), Role: to.ID(), Policy: pulumi.String(policy),
		}, p.with()...); err != nil {
			return declaring("policy for the addon", g.Addon, err)
		}
	}
	return nil
}

// rights are an addon's permissions as statements of a policy.
func (p *program) rights(of catalog.Permissions) []statement {
	var rights []statement
	say := func(actions []string, condition map[string]map[string]string) {
		if len(actions) > 0 {
			rights = append(rights, statement{Action: actions, Resource: []string{"*"}, Condition: condition})
		}
	}
	const equals = "StringEquals"
	say(of.Actions, nil)
	say(of.Owned, map[string]map[string]string{equals: {"aws:ResourceTag/" + ownedTag(p.cluster): owned}})
	made := map[string]string{"aws:RequestTag/" + ownedTag(p.cluster): owned}
	making := slices.DeleteFunc(slices.Clone(of.Tagged), func(action string) bool { return action == createTags })
	say(making, map[string]map[string]string{equals: made})
	if len(making) < len(of.Tagged) {
		// Tags are given to what another call is making; whoever could give this
		// one to what exists could make it their own.
		say([]string{createTags}, map[string]map[string]string{equals: made, "Null": {"ec2:CreateAction": "false"}})
	}
	return rights
}
