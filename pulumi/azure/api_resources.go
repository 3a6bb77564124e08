package azure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// Kinds of resources, in ARM's words, that something is told by.
const (
	groupKind    = "Microsoft.Resources/resourceGroups"
	machineKind  = "Microsoft.Compute/virtualMachines"
	scaleSetKind = "Microsoft.Compute/virtualMachineScaleSets"
)

func (c *client) Resources(ctx context.Context) ([]Resource, error) {
	questions := []func(context.Context) ([]Resource, error){
		func(ctx context.Context) ([]Resource, error) { return c.tagged(ctx, target.ClusterLabel) },
		// Azure's cloud controller puts this one on what it makes.
		func(ctx context.Context) ([]Resource, error) { return c.tagged(ctx, "k8s-azure-cluster-name") },
		c.grouped,
	}
	found, failures := make([][]Resource, len(questions)), make([]error, len(questions))
	live.Each(len(questions), func(i int) { found[i], failures[i] = questions[i](ctx) })
	var all []Resource
	for _, r := range slices.Concat(found...) {
		if !slices.ContainsFunc(all, func(known Resource) bool { return strings.EqualFold(known.ID, r.ID) }) {
			all = append(all, r)
		}
	}
	return all, errors.Join(failures...)
}

// tagged is what carries the cluster's name in a tag, wherever it is.
func (c *client) tagged(ctx context.Context, tag string) ([]Resource, error) {
	filter := fmt.Sprintf("tagName eq '%s' and tagValue eq '%s'", tag, c.cluster)
	all, err := collect(ctx, c.resources.NewClient().NewListPager(&armresources.ClientListOptions{Filter: &filter}),
		func(page armresources.ClientListResponse) []*armresources.GenericResourceExpanded { return page.Value })
	if err != nil {
		return nil, fmt.Errorf("listing what is tagged %s: %w", tag, err)
	}
	return all, nil
}

// grouped is the resource group with everything in it, where it is the
// cluster's own: what controllers and drivers made is in it too. One that has
// its name and not its tag is somebody else's.
func (c *client) grouped(ctx context.Context) ([]Resource, error) {
	if !c.own {
		return nil, nil
	}
	ours, err := c.ResourceGroup(ctx, c.group)
	if live.Because(err, live.NotFound) || err == nil && !ours {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("looking for resource group %q: %w", c.group, err)
	}
	all, err := collect(ctx, c.resources.NewClient().NewListByResourceGroupPager(c.group, nil),
		func(page armresources.ClientListByResourceGroupResponse) []*armresources.GenericResourceExpanded {
			return page.Value
		})
	group := Resource{ID: "/subscriptions/" + c.subscription + "/resourceGroups/" + c.group, Kind: groupKind}
	if err != nil && !live.Because(err, live.NotFound) {
		return []Resource{group}, fmt.Errorf("listing resource group %q: %w", c.group, err)
	}
	return append(all, group), nil
}

// collect reads all pages of a list.
func collect[P any](ctx context.Context, pages *runtime.Pager[P], of func(P) []*armresources.GenericResourceExpanded) ([]Resource, error) {
	var all []Resource
	for pages.More() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return all, fault(err)
		}
		for _, r := range of(page) {
			one := Resource{ID: value(r.ID), Kind: value(r.Type)}
			if r.SKU != nil && strings.EqualFold(one.Kind, scaleSetKind) {
				one.Type, one.Count = value(r.SKU.Name), int(value(r.SKU.Capacity))
			}
			all = append(all, one)
		}
	}
	return all, nil
}
