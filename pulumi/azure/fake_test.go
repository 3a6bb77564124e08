package azure

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

const (
	subscriptionID = "11111111-2222-3333-4444-555555555555"
	subnetID       = "/subscriptions/" + subscriptionID + "/resourceGroups/shared/providers/Microsoft.Network/virtualNetworks/shared/subnets/hosts"
	clusterGroup   = "/subscriptions/" + subscriptionID + "/resourceGroups/kubernetes-anywhere-demo"
	planeID        = clusterGroup + "/providers/Microsoft.Compute/virtualMachines/demo-control-plane-1"
	setID          = clusterGroup + "/providers/Microsoft.Compute/virtualMachineScaleSets/demo-workers"
)

// fakeAPI is an Azure in memory. Errors are by the name of the method.
type fakeAPI struct {
	state        string
	locations    []string
	unregistered []string
	missing      map[string][]string // actions, by scope
	types        map[string]MachineType
	quotas       []Quota
	groups       map[string]bool
	subnets      map[string]Subnet
	instances    map[string]Instance
	sets         map[string]ScaleSet
	consoles     map[string]string
	resources    []Resource
	errors       map[string]error

	mu    sync.Mutex
	calls []string
}

var _ API = (*fakeAPI)(nil)

// healthyAPI is a subscription in which the cluster of testCluster can be made.
func healthyAPI() *fakeAPI {
	zones := []string{"1", "2", "3"}
	return &fakeAPI{
		state:     "Enabled",
		locations: []string{"westeurope", "northeurope"},
		types: map[string]MachineType{
			defaultAMD64Type: {CPUs: 2, Arch: "amd64", Family: "standardDSv5Family", Zones: slices.Clone(zones), Anywhere: true},
			defaultARM64Type: {CPUs: 2, Arch: "arm64", Family: "standardDPSv5Family", Zones: slices.Clone(zones), Anywhere: true},
		},
		quotas: []Quota{
			{Name: "cores", Words: "Total Regional vCPUs", Limit: 10}, {Name: "standardDSv5Family", Limit: 10}, {Name: "standardDPSv5Family", Limit: 10},
			{Name: "lowPriorityCores", Limit: 10}, {Name: "PublicIPAddresses", Limit: 20},
		},
		groups:  map[string]bool{"shared": false},
		subnets: map[string]Subnet{subnetID: {CIDRs: []string{"10.240.0.0/24"}, Location: "westeurope"}},
		errors:  map[string]error{},
	}
}

func (f *fakeAPI) answer(method string, args ...string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, strings.Join(append([]string{method}, args...), " "))
	return f.errors[method]
}

func (f *fakeAPI) Who() string { return "someone@example.org" }

func (f *fakeAPI) Subscription(context.Context) (string, error) {
	return f.state, f.answer("Subscription")
}

func (f *fakeAPI) Locations(context.Context) ([]string, error) {
	return f.locations, f.answer("Locations")
}

func (f *fakeAPI) Unregistered(context.Context, []string) ([]string, error) {
	return f.unregistered, f.answer("Unregistered")
}

func (f *fakeAPI) Missing(_ context.Context, scope string, asked []string) ([]string, error) {
	var missing []string
	for _, action := range asked {
		if slices.Contains(f.missing[scope], action) {
			missing = append(missing, action)
		}
	}
	return missing, f.answer("Missing", scope)
}

func (f *fakeAPI) MachineTypes(context.Context, []string) (map[string]MachineType, error) {
	return f.types, f.answer("MachineTypes")
}

func (f *fakeAPI) Quotas(context.Context) ([]Quota, error) { return f.quotas, f.answer("Quotas") }

func (f *fakeAPI) ResourceGroup(_ context.Context, name string) (bool, error) {
	ours, found := f.groups[name]
	if !found {
		return false, notFound("resource group")
	}
	return ours, f.answer("ResourceGroup")
}

func (f *fakeAPI) Subnet(_ context.Context, id string) (Subnet, error) {
	subnet, found := f.subnets[id]
	if !found {
		return subnet, notFound("subnet")
	}
	return subnet, f.answer("Subnet")
}

func (f *fakeAPI) Instance(_ context.Context, name string) (Instance, error) {
	got, found := f.instances[name]
	if !found {
		return got, notFound("virtual machine")
	}
	return got, f.answer("Instance")
}

func (f *fakeAPI) ScaleSet(_ context.Context, id string) (ScaleSet, error) {
	got, found := f.sets[id]
	if !found {
		return got, notFound("scale set")
	}
	return got, f.answer("ScaleSet")
}

func (f *fakeAPI) Console(_ context.Context, id string) (string, error) {
	return f.consoles[id], f.answer("Console", id)
}

func (f *fakeAPI) Resources(context.Context) ([]Resource, error) {
	return f.resources, f.answer("Resources")
}

func notFound(what string) error {
	return &live.Fault{Reason: live.NotFound, Err: fmt.Errorf("the %s was not found", what)}
}

func denied(right string) error {
	return &live.Fault{Reason: live.Denied, Of: right, Err: fmt.Errorf("does not have authorization to perform action '%s'", right)}
}

func loggedOut() error {
	return &live.Fault{Reason: live.Unauthenticated, Err: errors.New("the access token has run out")}
}

// testCluster is a config with a control plane and two workers.
func testCluster(change func(*config.Cluster, *Block)) *config.Cluster {
	cluster := &config.Cluster{APIVersion: config.APIVersion, Kind: config.Kind}
	cluster.Metadata.Name = "demo"
	cluster.Spec.Target = name
	cluster.Spec.ControlPlane.Count = 1
	cluster.Spec.Pools = []config.Pool{{Name: "workers", Count: 2}}
	cluster.Spec.Network.NodeCIDR = "10.240.0.0/24"
	b := &Block{Subscription: subscriptionID}
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
