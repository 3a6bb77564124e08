package azure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// shownRights is how many missing actions are named one by one.
const shownRights = 4

// rights finds what whoever asks is not allowed of what this config takes:
// where the cluster is made, and on a network that exists.
func (f *flight) rights(ctx context.Context) []diag.Problem {
	path, scope := f.where(ctx)
	problems := f.lacks(ctx, path, scope, f.required())
	subnet := f.block.Existing.Subnet
	if subnet == "" {
		return problems
	}
	const at = "spec.azure.existing.subnet"
	problems = append(problems, f.lacks(ctx, at, subnet, []requirement{onSubnet()})...)
	granted, err := catalog.PermissionsOf(name, f.in.Cluster.EnabledAddons())
	vnet, others := f.block.othersNetwork(f.in.Cluster.Metadata.Name)
	if err != nil || !others || len(onNetworks(actionsOf(granted, controlPlaneRole))) == 0 {
		return problems
	}
	// What addons do to networks is granted there, too.
	roles := slices.DeleteFunc(identityRights(), func(r requirement) bool { return r.role != accessAdmin })
	return append(problems, f.lacks(ctx, at, vnet, roles)...)
}

// where is the smallest scope that the cluster is made in: its resource group,
// or the subscription as long as there is none.
func (f *flight) where(ctx context.Context) (path, scope string) {
	scope = "/subscriptions/" + f.block.Subscription
	group := f.block.Group(f.in.Cluster.Metadata.Name)
	if f.block.Existing.ResourceGroup != "" {
		return "spec.azure.existing.resourceGroup", scope + "/resourceGroups/" + group
	}
	if _, err := f.api.ResourceGroup(ctx, group); err == nil {
		scope += "/resourceGroups/" + group
	}
	return "spec.azure.subscription", scope
}

// required are those that a cluster of this config cannot be made without.
func (f *flight) required() []requirement {
	return slices.DeleteFunc(required(), func(r requirement) bool { return r.spare || r.when != nil && !r.when(f.in.Cluster) })
}

// lacks names what is missing at a scope, and how to be given it.
func (f *flight) lacks(ctx context.Context, path, scope string, wanted []requirement) []diag.Problem {
	var actions []string
	for _, r := range wanted {
		actions = append(actions, r.permissions()...)
	}
	slices.Sort(actions)
	missing, err := f.api.Missing(ctx, scope, slices.Compact(actions))
	var refused *live.Fault
	switch {
	case errors.As(err, &refused):
		return nil // Azure does not take the question: the calls will tell
	case err != nil:
		return []diag.Problem{f.unanswered("asking what you may do", err)}
	case len(missing) == 0:
		return nil
	}
	var commands []string
	for _, r := range wanted {
		command := fmt.Sprintf("az role assignment create --assignee WHO --role %q --scope %s", r.role, scope)
		gives := slices.ContainsFunc(r.permissions(), func(action string) bool { return slices.Contains(missing, action) })
		if gives && !slices.Contains(commands, command) {
			commands = append(commands, command)
		}
	}
	return []diag.Problem{{
		Path:    path,
		Message: fmt.Sprintf("at %s, %s may not: %s", scope, f.api.Who(), some(missing)),
		Fix:     "have its owner type: " + strings.Join(commands, "; ") + "; or give the one role of docs/targets/permissions/azure-role.json",
	}}
}

// some names a few of many.
func some(actions []string) string {
	if more := len(actions) - shownRights; more > 1 {
		return fmt.Sprintf("%s and %d more", strings.Join(actions[:shownRights], ", "), more)
	}
	return strings.Join(actions, ", ")
}
