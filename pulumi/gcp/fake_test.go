package gcp

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

// fakeAPI is a Google Cloud in memory. Errors are by the name of the method.
type fakeAPI struct {
	who       string
	disabled  []string
	missing   []string // of the permissions on the project
	region    Region
	zones     []Zone
	types     map[string]MachineType // by zone/name
	networks  map[string][]Subnetwork
	ours      string // the network that is the cluster's
	instances map[string]Instance
	groups    map[string]Group
	consoles  map[string]string
	resources []Resource
	errors    map[string]error

	mu    sync.Mutex
	calls []string
}

var _ API = (*fakeAPI)(nil)

// healthyAPI is a project in which the cluster of testCluster can be made.
func healthyAPI() *fakeAPI {
	f := &fakeAPI{
		who: "robot@demo.iam.gserviceaccount.com",
		region: Region{Name: "us-central1", Up: true, Quotas: []Quota{
			{Metric: "CPUS", Limit: 24}, {Metric: "INSTANCES", Limit: 24}, {Metric: "SSD_TOTAL_GB", Limit: 1000},
			{Metric: "STATIC_ADDRESSES", Limit: 8}, {Metric: "CPUS_ALL_REGIONS", Limit: 32, Project: true},
			{Metric: "NETWORKS", Limit: 5, Usage: 1, Project: true},
		}},
		types:    map[string]MachineType{},
		networks: map[string][]Subnetwork{"shared": {{Name: "hosts", Region: "us-central1", CIDR: "10.240.0.0/16"}}},
		errors:   map[string]error{},
	}
	for _, zone := range []string{"us-central1-a", "us-central1-b", "us-central1-c"} {
		f.zones = append(f.zones, Zone{Name: zone, Up: true})
		f.types[zone+"/e2-standard-2"] = MachineType{CPUs: 2, Arch: "amd64"}
		f.types[zone+"/t2a-standard-2"] = MachineType{CPUs: 2, Arch: "arm64"}
	}
	return f
}

func (f *fakeAPI) answer(method string, args ...string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, strings.Join(append([]string{method}, args...), " "))
	return f.errors[method]
}

func (f *fakeAPI) Who() string { return f.who }

func (f *fakeAPI) Services(context.Context, []string) ([]string, error) {
	return f.disabled, f.answer("Services")
}

func (f *fakeAPI) Missing(_ context.Context, asked []string) ([]string, error) {
	var missing []string
	for _, permission := range asked {
		if slices.Contains(f.missing, permission) {
			missing = append(missing, permission)
		}
	}
	return missing, f.answer("Missing", asked...)
}

func (f *fakeAPI) Region(context.Context) (Region, error) { return f.region, f.answer("Region") }
func (f *fakeAPI) Zones(context.Context) ([]Zone, error)  { return f.zones, f.answer("Zones") }

func (f *fakeAPI) MachineType(_ context.Context, zone, name string) (MachineType, error) {
	got, found := f.types[zone+"/"+name]
	if !found {
		return got, notFound("machine type")
	}
	return got, f.answer("MachineType", zone, name)
}

func (f *fakeAPI) Network(_ context.Context, name string) (bool, error) {
	if _, found := f.networks[name]; !found {
		return false, notFound("network")
	}
	return f.ours == name, f.answer("Network")
}

func (f *fakeAPI) Subnetworks(_ context.Context, network string) ([]Subnetwork, error) {
	return f.networks[network], f.answer("Subnetworks")
}

func (f *fakeAPI) Instance(_ context.Context, _, name string) (Instance, error) {
	got, found := f.instances[name]
	if !found {
		return got, notFound("instance")
	}
	return got, f.answer("Instance")
}

func (f *fakeAPI) Group(_ context.Context, name string) (Group, error) {
	got, found := f.groups[name]
	if !found {
		return got, notFound("group")
	}
	return got, f.answer("Group")
}

func (f *fakeAPI) Console(_ context.Context, zone, name string) (string, error) {
	return f.consoles[name], f.answer("Console", zone, name)
}

func (f *fakeAPI) Resources(context.Context) ([]Resource, error) {
	return f.resources, f.answer("Resources")
}

func notFound(what string) error {
	return &live.Fault{Reason: live.NotFound, Err: fmt.Errorf("the %s was not found", what)}
}

func denied(permission string) error {
	return &live.Fault{Reason: live.Denied, Of: permission, Err: fmt.Errorf("Required '%s' permission for 'projects/demo'", permission)}
}

func loggedOut() error {
	return &live.Fault{Reason: live.Unauthenticated, Err: errors.New("the token has run out")}
}

// testCluster is a config with a control plane and two workers.
func testCluster(change func(*config.Cluster, *Block)) *config.Cluster {
	cluster := &config.Cluster{APIVersion: config.APIVersion, Kind: config.Kind}
	cluster.Metadata.Name = "demo"
	cluster.Spec.Target = name
	cluster.Spec.ControlPlane.Count = 1
	cluster.Spec.Pools = []config.Pool{{Name: "workers", Count: 2}}
	cluster.Spec.Network.NodeCIDR = "10.240.0.0/24"
	b := &Block{Project: "demo"}
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
