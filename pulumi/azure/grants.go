package azure

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi-azure-native-sdk/authorization/v2"
	"github.com/pulumi/pulumi-azure-native-sdk/managedidentity/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

var _ target.Worded = (*Target)(nil)

// grant lets the machines of an identity do what the addons on them declare: a
// role of the cluster's own for all of these, in the cluster's resource group,
// and, where the subnet is somebody else's, what concerns networks there.
func (p *program) grant(what string, to *managedidentity.UserAssignedIdentity, role string) error {
	granted, err := catalog.PermissionsOf(name, p.in.Cluster.EnabledAddons())
	if err != nil {
		return err
	}
	actions := actionsOf(granted, role)
	if len(actions) == 0 {
		return nil
	}
	group := fmt.Sprintf("/subscriptions/%s/resourceGroups/%s", p.block.Subscription, p.groupName())
	if err := p.grantAt(what+"-addons", group, actions, to); err != nil {
		return err
	}
	network := onNetworks(actions)
	vnet, others := p.block.othersNetwork(p.in.Cluster.Metadata.Name)
	if !others || len(network) == 0 {
		return nil
	}
	return p.grantAt(what+"-network", vnet, network, to)
}

// onNetworks are those of the actions that concern virtual networks.
func onNetworks(actions []string) []string {
	return slices.DeleteFunc(slices.Clone(actions), func(action string) bool {
		return !strings.HasPrefix(action, "Microsoft.Network/virtualNetworks/")
	})
}

// othersNetwork is the virtual network of an existing subnet, where it is not
// in the cluster's group.
func (b Block) othersNetwork(cluster string) (vnet string, others bool) {
	vnet, _, existing := strings.Cut(b.Existing.Subnet, "/subnets/")
	group := fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/", b.Subscription, b.Group(cluster))
	return vnet, existing && !strings.HasPrefix(strings.ToLower(vnet), strings.ToLower(group))
}

// actionsOf are what the addons on hosts of a role may do, each once, sorted.
func actionsOf(granted []catalog.Granted, role string) []string {
	var all []string
	for _, g := range granted {
		if g.On == catalog.OnNodes || role == controlPlaneRole {
			all = append(all, g.Actions...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// grantAt declares a role that can be had at one place only, and gives it to an
// identity there. Both go by the identity, which is new each time a cluster is
// made: Azure keeps what was assigned to one that is gone.
func (p *program) grantAt(what, scope string, actions []string, to *managedidentity.UserAssignedIdentity) error {
	id := to.PrincipalId.ApplyT(func(id string) string { return grantName(id, "definition "+what) }).(pulumi.StringOutput)
	made, err := authorization.NewRoleDefinition(p.ctx, p.called(what), &authorization.RoleDefinitionArgs{
		RoleDefinitionId: id,
		Scope:            p.within(scope),
		// A directory has each name once.
		RoleName: to.PrincipalId.ApplyT(func(id string) string {
			return fmt.Sprintf("%s %s %s", kubernetesAnywhere, p.called(what), digest(id)[:charactersOfSecrets])
		}).(pulumi.StringOutput),
		RoleType:         pulumi.String("CustomRole"),
		Description:      pulumi.String("what addons of cluster " + p.in.Cluster.Metadata.Name + " do on its hosts"),
		Permissions:      authorization.PermissionArray{authorization.PermissionArgs{Actions: pulumi.ToStringArray(actions)}},
		AssignableScopes: pulumi.StringArray{p.within(scope)},
	}, p.options()...)
	if err != nil {
		return fmt.Errorf("declaring the role %q: %w", p.called(what), err)
	}
	_, err = authorization.NewRoleAssignment(p.ctx, p.called(what), &authorization.RoleAssignmentArgs{
		RoleAssignmentName: to.PrincipalId.ApplyT(func(id string) string { return grantName(id, what) }).(pulumi.StringOutput),
		Scope:              p.within(scope),
		// Azure tells it in this form, whatever the scope.
		RoleDefinitionId: pulumi.Sprintf("/subscriptions/%s/providers/Microsoft.Authorization/roleDefinitions/%s", p.block.Subscription, id),
		PrincipalId:      to.PrincipalId,
		PrincipalType:    pulumi.String("ServicePrincipal"),
		Description:      pulumi.Sprintf("cluster %s: its addons", p.in.Cluster.Metadata.Name),
	}, p.options(pulumi.DependsOn([]pulumi.Resource{made}))...)
	if err != nil {
		return fmt.Errorf("declaring who has the role %q: %w", p.called(what), err)
	}
	return nil
}

// within is a scope that waits for the resource group to be there.
func (p *program) within(scope string) pulumi.StringInput {
	return p.group.ToStringOutput().ApplyT(func(string) string { return scope }).(pulumi.StringOutput)
}

// Words are what the cloud controller and the disks' driver must be told: where
// the cluster's machines are, and who the control planes are. Nothing of it is
// secret.
func (*Target) Words(cluster *config.Cluster) map[string]string {
	p := &program{in: target.Inputs{Cluster: cluster}, block: block(cluster)}
	words := map[string]string{
		"subscription": p.block.Subscription, "location": p.block.Location, "resource-group": p.groupName(),
		"vnet-resource-group": p.groupName(), "vnet": p.called("network"), "subnet": p.called("nodes"),
		"identity": p.id("Microsoft.ManagedIdentity/userAssignedIdentities", p.called(controlPlaneRole)),
	}
	// /subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.Network/virtualNetworks/VNET/subnets/SUBNET
	if parts := strings.Split(p.block.Existing.Subnet, "/"); len(parts) == 11 {
		words["vnet-resource-group"], words["vnet"], words["subnet"] = parts[4], parts[8], parts[10]
	}
	return words
}
