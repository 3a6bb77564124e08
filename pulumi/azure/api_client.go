package azure

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v6"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armsubscriptions"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// networkVersion is the version of the network API that the pinned provider
// makes networks by.
const networkVersion = "2023-02-01"

// client is API on Microsoft's own libraries.
type client struct {
	arm           *arm.Client
	plain         *http.Client
	compute       *armcompute.ClientFactory
	resources     *armresources.ClientFactory
	subscriptions *armsubscriptions.Client

	who, subscription, location, cluster string
	// group is the cluster's resource group, own whether it is of its own.
	group string
	own   bool
}

var _ API = (*client)(nil)

func newClient(source azcore.TokenCredential, options *arm.ClientOptions, who string, cluster *config.Cluster) (*client, error) {
	b := block(cluster)
	c := &client{
		plain: plainClient(), who: who, subscription: b.Subscription, location: b.Location, cluster: cluster.Metadata.Name,
		group: b.Group(cluster.Metadata.Name), own: b.Existing.ResourceGroup == "",
	}
	var err error
	if c.arm, err = arm.NewClient("kubernetes-anywhere", "v1.0.0", source, options); err != nil {
		return nil, err
	}
	if c.compute, err = armcompute.NewClientFactory(c.subscription, source, options); err != nil {
		return nil, err
	}
	if c.resources, err = armresources.NewClientFactory(c.subscription, source, options); err != nil {
		return nil, err
	}
	c.subscriptions, err = armsubscriptions.NewClient(source, options)
	return c, err
}

func (c *client) Who() string { return c.who }

func (c *client) Subscription(ctx context.Context) (string, error) {
	got, err := c.subscriptions.Get(ctx, c.subscription, nil)
	return string(value(got.State)), fault(err)
}

// value is what a pointer of Microsoft's models points to, or nothing.
func value[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
}

func (c *client) Locations(ctx context.Context) ([]string, error) {
	var names []string
	pages := c.subscriptions.NewListLocationsPager(c.subscription, nil)
	for pages.More() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fault(err)
		}
		for _, l := range page.Value {
			names = append(names, value(l.Name))
		}
	}
	return names, nil
}

func (c *client) Unregistered(ctx context.Context, providers []string) ([]string, error) {
	states, failures := make([]string, len(providers)), make([]error, len(providers))
	live.Each(len(providers), func(i int) {
		got, err := c.resources.NewProvidersClient().Get(ctx, providers[i], nil)
		states[i], failures[i] = value(got.RegistrationState), fault(err)
	})
	var missing []string
	for i, state := range states {
		if failures[i] != nil {
			return nil, failures[i]
		}
		if state != "Registered" && state != "Registering" {
			missing = append(missing, providers[i])
		}
	}
	return missing, nil
}

func (c *client) MachineTypes(ctx context.Context, names []string) (map[string]MachineType, error) {
	found := map[string]MachineType{}
	filter := "location eq '" + c.location + "'"
	pages := c.compute.NewResourceSKUsClient().NewListPager(&armcompute.ResourceSKUsClientListOptions{Filter: &filter})
	for pages.More() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fault(err)
		}
		for _, sku := range page.Value {
			if value(sku.ResourceType) == "virtualMachines" && slices.Contains(names, value(sku.Name)) {
				found[value(sku.Name)] = machineType(sku, c.location)
			}
		}
	}
	return found, nil
}

// machineType reads what a size is and where the subscription may have it.
func machineType(sku *armcompute.ResourceSKU, location string) MachineType {
	kind := MachineType{Family: value(sku.Family), Anywhere: true}
	for _, c := range sku.Capabilities {
		switch value(c.Name) {
		case "vCPUs":
			kind.CPUs, _ = strconv.Atoi(value(c.Value)) // none is said by zero
		case "CpuArchitectureType":
			kind.Arch = map[string]string{"x64": "amd64", "Arm64": "arm64"}[value(c.Value)]
		}
	}
	for _, info := range sku.LocationInfo {
		if strings.EqualFold(value(info.Location), location) {
			for _, zone := range info.Zones {
				kind.Zones = append(kind.Zones, value(zone))
			}
		}
	}
	for _, r := range sku.Restrictions {
		if value(r.Type) == armcompute.ResourceSKURestrictionsTypeLocation {
			kind.Anywhere, kind.Zones = false, nil
		}
		if value(r.Type) != armcompute.ResourceSKURestrictionsTypeZone || r.RestrictionInfo == nil {
			continue
		}
		for _, zone := range r.RestrictionInfo.Zones {
			kind.Zones = slices.DeleteFunc(kind.Zones, func(z string) bool { return z == value(zone) })
		}
	}
	return kind
}

func (c *client) Quotas(ctx context.Context) ([]Quota, error) {
	var all []Quota
	pages := c.compute.NewUsageClient().NewListPager(c.location, nil)
	for pages.More() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fault(err)
		}
		for _, u := range page.Value {
			if u.Name != nil {
				all = append(all, Quota{Name: value(u.Name.Value), Words: value(u.Name.LocalizedValue), Limit: float64(value(u.Limit)), Usage: float64(value(u.CurrentValue))})
			}
		}
	}
	var networks struct {
		Value []struct {
			CurrentValue, Limit float64
			Name                struct{ Value, LocalizedValue string }
		}
	}
	err := c.get(ctx, "/subscriptions/"+c.subscription+"/providers/Microsoft.Network/locations/"+c.location+"/usages", networkVersion, &networks)
	for _, u := range networks.Value {
		all = append(all, Quota{Name: u.Name.Value, Words: u.Name.LocalizedValue, Limit: u.Limit, Usage: u.CurrentValue})
	}
	return all, err
}

// get asks what there is no small library for.
func (c *client) get(ctx context.Context, path, version string, into any) error {
	return c.read(ctx, runtime.JoinPaths(c.arm.Endpoint(), path)+"?api-version="+version, into)
}

func (c *client) ResourceGroup(ctx context.Context, name string) (bool, error) {
	got, err := c.resources.NewResourceGroupsClient().Get(ctx, name, nil)
	return value(got.Tags[target.ClusterLabel]) == c.cluster, fault(err)
}

func (c *client) Subnet(ctx context.Context, id string) (Subnet, error) {
	var subnet struct {
		Properties struct {
			AddressPrefix   string
			AddressPrefixes []string
		}
	}
	if err := c.get(ctx, id, networkVersion, &subnet); err != nil {
		return Subnet{}, err
	}
	network, _, _ := strings.Cut(id, "/subnets/")
	var whole struct{ Location string }
	if err := c.get(ctx, network, networkVersion, &whole); err != nil {
		return Subnet{}, err
	}
	found := Subnet{CIDRs: subnet.Properties.AddressPrefixes, Location: whole.Location}
	if subnet.Properties.AddressPrefix != "" {
		found.CIDRs = append(found.CIDRs, subnet.Properties.AddressPrefix)
	}
	return found, nil
}
