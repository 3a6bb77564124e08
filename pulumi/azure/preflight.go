package azure

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// neededProviders are those of the resources that the program makes.
func neededProviders() []string {
	return []string{"Microsoft.Compute", "Microsoft.KeyVault", "Microsoft.ManagedIdentity", "Microsoft.Network"}
}

// flight is one run of the checks.
type flight struct {
	api     API
	in      target.Inputs
	block   Block
	demands []live.Demand
}

// Preflight names everything that would make the program fail. Without
// credentials, or a subscription that can be used, little can be asked; all
// else is asked whatever the other answers are.
func (t *Target) Preflight(ctx context.Context, in target.Inputs) []diag.Problem {
	f := &flight{in: in, block: block(in.Cluster), demands: live.Demands(in.Cluster)}
	api, err := t.connect(ctx, in.Cluster)
	if err != nil {
		return []diag.Problem{f.unanswered("reaching Azure", err)}
	}
	f.api = api
	state, err := api.Subscription(ctx)
	switch {
	case live.Because(err, live.NotFound):
		return []diag.Problem{{
			Path: "spec.azure.subscription", Message: fmt.Sprintf("there is no subscription %q, or %s may not see it", f.block.Subscription, api.Who()),
			Fix: "write the id of one of 'az account list --output table'; 'az login --tenant TENANT' shows those of another tenant",
		}}
	case err != nil:
		return []diag.Problem{f.unanswered("looking at the subscription", err)}
	case state != "Enabled":
		return []diag.Problem{{
			Path: "spec.azure.subscription", Message: fmt.Sprintf("subscription %q is %s", f.block.Subscription, state),
			Fix: "enable it at https://portal.azure.com/#view/Microsoft_Azure_Billing/SubscriptionsBlade, or write another",
		}}
	}
	locations, err := api.Locations(ctx)
	if err != nil {
		return []diag.Problem{f.unanswered("listing locations", err)}
	}
	checks := []live.Check{f.providers, f.group, f.subnet, f.rights}
	if slices.Contains(locations, f.block.Location) {
		return live.Together(ctx, append(checks, f.machines)...)
	}
	return append([]diag.Problem{{
		Path: "spec.azure.location", Message: fmt.Sprintf("the subscription has no location %q", f.block.Location),
		Fix: "choose one of 'az account list-locations --query [].name --output tsv'",
	}}, live.Together(ctx, checks...)...)
}

// unanswered is a question that Azure refused, with what makes it answer.
func (f *flight) unanswered(doing string, err error) diag.Problem {
	p := diag.Problem{Message: fmt.Sprintf("%s: %v", doing, err)}
	switch {
	case live.Because(err, live.Unauthenticated):
		p.Fix = login
	case live.Because(err, live.Disabled) && live.About(err) != "":
		p.Path, p.Fix = "spec.azure.subscription", f.register(live.About(err))
	case live.Because(err, live.Denied):
		p.Path = "spec.azure.subscription"
		p.Message = fmt.Sprintf("%s: %s may not: %v", doing, f.api.Who(), err)
		p.Fix = fmt.Sprintf("have the roles of docs/targets/azure.md given to it: az role assignment create --assignee WHO --role Contributor --scope /subscriptions/%s", f.block.Subscription)
	default:
		p.Fix = "look whether this machine reaches Azure: curl -sSI https://management.azure.com"
	}
	return p
}

// login is how to get credentials.
const login = "log in: az login; then 'az account show' answers"

func (f *flight) register(provider string) string {
	return fmt.Sprintf("az provider register --wait --namespace %s --subscription %s", provider, f.block.Subscription)
}

// providers finds those that are not registered.
func (f *flight) providers(ctx context.Context) []diag.Problem {
	missing, err := f.api.Unregistered(ctx, neededProviders())
	if err != nil {
		return []diag.Problem{f.unanswered("asking which resource providers are registered", err)}
	}
	var problems []diag.Problem
	for _, provider := range missing {
		problems = append(problems, diag.Problem{
			Path: "spec.azure.subscription", Message: fmt.Sprintf("the subscription has not registered resource provider %s", provider),
			Fix: f.register(provider),
		})
	}
	return problems
}

// group looks at the resource group that is to be used, or at one that has the
// name of the cluster's own.
func (f *flight) group(ctx context.Context) []diag.Problem {
	given, name := f.block.Existing.ResourceGroup, f.block.Group(f.in.Cluster.Metadata.Name)
	ours, err := f.api.ResourceGroup(ctx, name)
	missing := live.Because(err, live.NotFound)
	switch {
	case missing && given == "" || err == nil && (given != "" || ours):
		return nil
	case missing:
		return []diag.Problem{{
			Path: "spec.azure.existing.resourceGroup", Message: fmt.Sprintf("the subscription has no resource group %q", name),
			Fix: fmt.Sprintf("az group create --name %s --location %s --subscription %s, or remove it to have one made", name, f.block.Location, f.block.Subscription),
		}}
	case err != nil:
		return []diag.Problem{f.unanswered(fmt.Sprintf("looking at resource group %q", name), err)}
	}
	return []diag.Problem{{
		Path: "metadata.name", Message: fmt.Sprintf("there is a resource group %q that is not this cluster's", name),
		Fix: fmt.Sprintf("choose another name, or use the group as it is: spec.azure.existing.resourceGroup %q", name),
	}}
}

// subnet looks at the subnet that hosts are to stand in.
func (f *flight) subnet(ctx context.Context) []diag.Problem {
	id := f.block.Existing.Subnet
	if id == "" {
		return nil
	}
	found, err := f.api.Subnet(ctx, id)
	switch {
	case live.Because(err, live.NotFound):
		return []diag.Problem{{
			Path: "spec.azure.existing.subnet", Message: fmt.Sprintf("there is no subnet %q", id),
			Fix: "write the id that 'az network vnet subnet show --query id' prints, or remove it to have one made",
		}}
	case err != nil:
		return []diag.Problem{f.unanswered("looking at the existing subnet", err)}
	case !strings.EqualFold(found.Location, f.block.Location):
		return []diag.Problem{{
			Path: "spec.azure.location", Message: fmt.Sprintf("the existing subnet is in %s, and the cluster would be in %s", found.Location, f.block.Location),
			Fix: fmt.Sprintf("write %q", found.Location),
		}}
	}
	nodes, err := netip.ParsePrefix(f.in.Cluster.Spec.Network.NodeCIDR)
	if err != nil {
		return nil // the config's own checks say so
	}
	for _, cidr := range found.CIDRs {
		if prefix, err := netip.ParsePrefix(cidr); err == nil && prefix.Bits() <= nodes.Bits() && prefix.Contains(nodes.Addr()) {
			return nil
		}
	}
	return []diag.Problem{{
		Path: "spec.network.nodeCIDR", Message: fmt.Sprintf("%s is not within the existing subnet, which is %s", nodes, strings.Join(found.CIDRs, ", ")),
		Fix: fmt.Sprintf("write %q", strings.Join(found.CIDRs, `" or "`)),
	}}
}
