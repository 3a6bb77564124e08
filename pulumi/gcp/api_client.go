package gcp

import (
	"context"
	"fmt"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"google.golang.org/api/compute/v1"
	"google.golang.org/api/iam/v1"
	"google.golang.org/api/option"
	"google.golang.org/api/secretmanager/v1"
	"google.golang.org/api/serviceusage/v1"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// client is API on Google's own libraries.
type client struct {
	http     *http.Client
	compute  *compute.Service
	services *serviceusage.Service
	accounts *iam.Service
	secrets  *secretmanager.Service

	// projects is where Resource Manager is.
	projects string

	who, project, region, cluster string
	// workers are the names that the instances of the pools begin with.
	workers []string
}

var _ API = (*client)(nil)

// newClient talks through a client that authenticates; endpoint replaces
// Google's own addresses where it is not empty.
func newClient(ctx context.Context, authenticated *http.Client, endpoint, who string, cluster *config.Cluster) (*client, error) {
	b := block(cluster)
	c := &client{http: authenticated, who: who, project: b.Project, region: b.Region, cluster: cluster.Metadata.Name}
	c.projects = "https://" + resourceManagerAPI
	if endpoint != "" {
		c.projects = endpoint
	}
	for _, pool := range cluster.Spec.Pools {
		c.workers = append(c.workers, poolName(c.cluster, pool.Name))
	}
	options := func(base string) []option.ClientOption {
		o := []option.ClientOption{option.WithHTTPClient(authenticated)}
		if endpoint != "" {
			o = append(o, option.WithEndpoint(endpoint+base))
		}
		return o
	}
	var err error
	if c.compute, err = compute.NewService(ctx, options("/compute/v1/")...); err != nil {
		return nil, err
	}
	if c.services, err = serviceusage.NewService(ctx, options("/")...); err != nil {
		return nil, err
	}
	if c.accounts, err = iam.NewService(ctx, options("/")...); err != nil {
		return nil, err
	}
	c.secrets, err = secretmanager.NewService(ctx, options("/")...)
	return c, err
}

func (c *client) Who() string { return c.who }

func (c *client) Services(ctx context.Context, names []string) ([]string, error) {
	parent := "projects/" + c.project
	full := make([]string, len(names))
	for i, name := range names {
		full[i] = parent + "/services/" + name
	}
	got, err := c.services.Services.BatchGet(parent).Names(full...).Context(ctx).Do()
	if err != nil {
		return nil, fault(err)
	}
	var disabled []string
	for _, service := range got.Services {
		if service.State != "ENABLED" {
			disabled = append(disabled, path.Base(service.Name))
		}
	}
	return disabled, nil
}

func (c *client) Region(ctx context.Context) (Region, error) {
	got, err := c.compute.Regions.Get(c.project, c.region).Context(ctx).Do()
	if err != nil {
		return Region{}, fault(err)
	}
	project, err := c.compute.Projects.Get(c.project).Context(ctx).Do()
	if err != nil {
		return Region{}, fault(err)
	}
	region := Region{Name: got.Name, Up: got.Status == "UP"}
	for _, q := range got.Quotas {
		region.Quotas = append(region.Quotas, Quota{Metric: q.Metric, Limit: q.Limit, Usage: q.Usage})
	}
	for _, q := range project.Quotas {
		region.Quotas = append(region.Quotas, Quota{Metric: q.Metric, Limit: q.Limit, Usage: q.Usage, Project: true})
	}
	return region, nil
}

func (c *client) Zones(ctx context.Context) ([]Zone, error) {
	var zones []Zone
	err := c.compute.Zones.List(c.project).Pages(ctx, func(page *compute.ZoneList) error {
		for _, zone := range page.Items {
			if path.Base(zone.Region) == c.region {
				zones = append(zones, Zone{Name: zone.Name, Up: zone.Status == "UP"})
			}
		}
		return nil
	})
	return zones, fault(err)
}

func (c *client) MachineType(ctx context.Context, zone, name string) (MachineType, error) {
	got, err := c.compute.MachineTypes.Get(c.project, zone, name).Context(ctx).Do()
	if err != nil {
		return MachineType{}, fault(err)
	}
	found := MachineType{CPUs: int(got.GuestCpus), Arch: map[string]string{"X86_64": "amd64", "ARM64": "arm64"}[got.Architecture]}
	if got.Deprecated != nil {
		found.Deprecated = got.Deprecated.State
	}
	return found, nil
}

func (c *client) Network(ctx context.Context, name string) (bool, error) {
	got, err := c.compute.Networks.Get(c.project, name).Context(ctx).Do()
	if err != nil {
		return false, fault(err)
	}
	return strings.HasPrefix(got.Description, Mark(c.cluster)), nil
}

func (c *client) Subnetworks(ctx context.Context, network string) ([]Subnetwork, error) {
	var subnets []Subnetwork
	err := c.compute.Subnetworks.AggregatedList(c.project).Pages(ctx, func(page *compute.SubnetworkAggregatedList) error {
		for _, scope := range page.Items {
			for _, s := range scope.Subnetworks {
				if path.Base(s.Network) == network {
					ours := strings.HasPrefix(s.Description, Mark(c.cluster))
					subnets = append(subnets, Subnetwork{Name: s.Name, Region: path.Base(s.Region), CIDR: s.IpCidrRange, Ours: ours})
				}
			}
		}
		return nil
	})
	return subnets, fault(err)
}

func (c *client) Instance(ctx context.Context, zone, name string) (Instance, error) {
	got, err := c.compute.Instances.Get(c.project, zone, name).Context(ctx).Do()
	if err != nil {
		return Instance{}, fault(err)
	}
	one := Instance{ID: strconv.FormatUint(got.Id, 10), Name: got.Name, Zone: zone, Status: got.Status, Error: got.StatusMessage}
	one.Created, _ = time.Parse(time.RFC3339, got.CreationTimestamp) // zero is not known
	return one, nil
}

func (c *client) Console(ctx context.Context, zone, name string) (string, error) {
	got, err := c.compute.Instances.GetSerialPortOutput(c.project, zone, name).Port(1).Context(ctx).Do()
	if err != nil {
		return "", fault(err)
	}
	return got.Contents, nil
}

func (c *client) Group(ctx context.Context, name string) (Group, error) {
	name = path.Base(name)
	got, err := c.compute.RegionInstanceGroupManagers.Get(c.project, c.region, name).Context(ctx).Do()
	if err != nil {
		return Group{}, fault(err)
	}
	group := Group{Size: int(got.TargetSize)}
	list := c.compute.RegionInstanceGroupManagers.ListManagedInstances(c.project, c.region, name)
	err = list.Pages(ctx, func(page *compute.RegionInstanceGroupManagersListInstancesResponse) error {
		for _, m := range page.ManagedInstances {
			group.Instances = append(group.Instances, managed(m))
		}
		return nil
	})
	if err != nil {
		return group, fault(err)
	}
	failed, err := c.compute.RegionInstanceGroupManagers.ListErrors(c.project, c.region, name).Context(ctx).Do()
	if err == nil {
		group.Error = lastError(failed.Items)
	}
	return group, fault(err)
}

// lastError is the newest of a group's errors; their order is not promised.
func lastError(errors []*compute.InstanceManagedByIgmError) string {
	newest, said := "", ""
	for _, e := range errors {
		if e.Error != nil && e.Timestamp >= newest {
			newest, said = e.Timestamp, fmt.Sprintf("%s (%s)", e.Error.Message, e.Error.Code)
		}
	}
	return said
}

// managed is a machine as its group sees it.
func managed(m *compute.ManagedInstance) Instance {
	one := Instance{ID: strconv.FormatUint(m.Id, 10), Name: path.Base(m.Instance), Status: m.InstanceStatus}
	if _, rest, found := strings.Cut(m.Instance, "/zones/"); found {
		one.Zone, _, _ = strings.Cut(rest, "/")
	}
	if one.Status == "" {
		one.Status = m.CurrentAction
	}
	if m.LastAttempt == nil || m.LastAttempt.Errors == nil {
		return one
	}
	for _, e := range m.LastAttempt.Errors.Errors {
		one.Error = fmt.Sprintf("%s (%s)", e.Message, e.Code)
	}
	return one
}
