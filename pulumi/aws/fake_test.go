package aws

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// fakeAPI is an AWS in memory. Errors are by the name of the method.
type fakeAPI struct {
	who       string
	denied    []string // of the actions on roles and profiles
	zones     []Zone
	types     map[string]MachineType
	usage     Usage
	quotas    map[string]float64
	networks  map[string][]string
	subnets   []Subnet
	instances []Instance
	groups    map[string]Group
	consoles  map[string]string
	resources []Resource
	errors    map[string]error

	mu    sync.Mutex
	calls []string
}

var _ API = (*fakeAPI)(nil)

// healthyAPI is an account in which the cluster of testCluster can be made.
func healthyAPI() *fakeAPI {
	zones := []string{"us-east-2a", "us-east-2b", "us-east-2c"}
	f := &fakeAPI{
		who: "arn:aws:iam::123456789012:user/someone",
		types: map[string]MachineType{
			"m6i.large": {CPUs: 2, Archs: []string{"amd64"}, Zones: slices.Clone(zones)},
			"m6g.large": {CPUs: 2, Archs: []string{"arm64"}, Zones: slices.Clone(zones)},
		},
		quotas:   map[string]float64{cpuQuota: 16, spotQuota: 16, addressQuota: 5, networkQuota: 5, diskQuota: 50},
		usage:    Usage{Networks: 1},
		networks: map[string][]string{"vpc-1": {"10.240.0.0/16"}},
		subnets: []Subnet{
			{ID: "subnet-a", Zone: "us-east-2a", CIDR: "10.240.0.0/26", Network: "vpc-1"},
			{ID: "subnet-public", Zone: "us-east-2a", CIDR: "10.240.9.0/26", Network: "vpc-1"},
			{ID: "subnet-elsewhere", Zone: "us-east-2b", CIDR: "10.240.0.64/26", Network: "vpc-2"},
		},
		errors: map[string]error{},
	}
	for _, zone := range zones {
		f.zones = append(f.zones, Zone{Name: zone, State: "available", OptedIn: true})
	}
	return f
}

func (f *fakeAPI) answer(method string, args ...string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, strings.Join(append([]string{method}, args...), " "))
	return f.errors[method]
}

func (f *fakeAPI) Who(context.Context) (string, error) {
	return f.who, f.answer("Who")
}

func (f *fakeAPI) Denied(_ context.Context, _ string, asked []string, resource string) ([]string, error) {
	var denied []string
	for _, action := range asked {
		if slices.Contains(f.denied, action) {
			denied = append(denied, action)
		}
	}
	return denied, f.answer("Denied", resource)
}

func (f *fakeAPI) Zones(context.Context) ([]Zone, error) { return f.zones, f.answer("Zones") }

func (f *fakeAPI) MachineTypes(context.Context, []string) (map[string]MachineType, error) {
	return f.types, f.answer("MachineTypes")
}

func (f *fakeAPI) Usage(context.Context) (Usage, error) { return f.usage, f.answer("Usage") }

func (f *fakeAPI) Quota(_ context.Context, _, code string) (float64, error) {
	return f.quotas[code], f.answer("Quota", code)
}

func (f *fakeAPI) Network(_ context.Context, id string) ([]string, error) {
	cidrs, found := f.networks[id]
	if !found {
		return nil, notFound("vpc")
	}
	return cidrs, f.answer("Network")
}

func (f *fakeAPI) Subnets(_ context.Context, ids []string) ([]Subnet, error) {
	var found []Subnet
	for _, s := range f.subnets {
		if slices.Contains(ids, s.ID) {
			found = append(found, s)
		}
	}
	return found, f.answer("Subnets")
}

func (f *fakeAPI) Instances(_ context.Context, ids []string) ([]Instance, error) {
	var found []Instance
	for _, i := range f.instances {
		if slices.Contains(ids, i.ID) {
			found = append(found, i)
		}
	}
	return found, f.answer("Instances")
}

func (f *fakeAPI) Group(_ context.Context, name string) (Group, error) {
	got, found := f.groups[name]
	if !found {
		return got, notFound("auto scaling group")
	}
	return got, f.answer("Group")
}

func (f *fakeAPI) Console(_ context.Context, id string) (string, error) {
	return f.consoles[id], f.answer("Console", id)
}

func (f *fakeAPI) Resources(context.Context) ([]Resource, error) {
	return f.resources, f.answer("Resources")
}

func notFound(what string) error {
	return &live.Fault{Reason: live.NotFound, Err: fmt.Errorf("the %s does not exist", what)}
}

func denied(right string) error {
	return &live.Fault{Reason: live.Denied, Of: right, Err: fmt.Errorf("You are not authorized to perform: %s", right)}
}

func loggedOut() error {
	return &live.Fault{Reason: live.Unauthenticated, Err: errors.New("the security token has run out")}
}

// testCluster is a config with a control plane and two workers.
func testCluster(change func(*config.Cluster, *Block)) *config.Cluster {
	cluster := &config.Cluster{APIVersion: config.APIVersion, Kind: config.Kind}
	cluster.Metadata.Name = "demo"
	cluster.Spec.Target = name
	cluster.Spec.ControlPlane.Count = 1
	cluster.Spec.Pools = []config.Pool{{Name: "workers", Count: 2}}
	cluster.Spec.Network.NodeCIDR = "10.240.0.0/24"
	b := &Block{}
	if change != nil {
		change(cluster, b)
	}
	cluster.Spec.Block = b
	return cluster
}

func on(api API) *Target {
	return impatient(func(context.Context, *config.Cluster) (API, error) { return api, nil })
}

// impatient makes a target that asks for a list once.
func impatient(connect func(context.Context, *config.Cluster) (API, error)) *Target {
	made := New(WithAPI(connect))
	made.patience = live.Patience{}
	return made
}

func flightOf(t *testing.T, api API, cluster *config.Cluster) []diag.Problem {
	t.Helper()
	return on(api).Preflight(t.Context(), target.Inputs{Cluster: cluster})
}
