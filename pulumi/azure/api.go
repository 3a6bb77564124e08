package azure

import (
	"context"
	"time"
)

// API is as much of Azure as preflight, observe and leftovers ask: one
// subscription, one location, one cluster. Its errors are live.Faults where
// Azure said why.
type API interface {
	// Who the credentials are of, for messages.
	Who() string
	// Subscription is the state of the subscription: Enabled, Disabled, …
	Subscription(ctx context.Context) (state string, err error)
	// Locations are the subscription's, by their short names.
	Locations(ctx context.Context) ([]string, error)
	// Unregistered are those of the resource providers that are not registered.
	Unregistered(ctx context.Context, providers []string) ([]string, error)
	// Missing are those of the actions that whoever asks may not do at a scope,
	// an ARM id: a live.Fault where Azure will not tell.
	Missing(ctx context.Context, scope string, actions []string) ([]string, error)
	// MachineTypes are those of the names that the location has.
	MachineTypes(ctx context.Context, names []string) (map[string]MachineType, error)
	// Quotas are the location's, of machines and of networks.
	Quotas(ctx context.Context) ([]Quota, error)
	// ResourceGroup tells whether a resource group says itself that it is the
	// cluster's: live.NotFound for none.
	ResourceGroup(ctx context.Context, name string) (ours bool, err error)
	// Subnet is a subnet, by its ARM id: live.NotFound where there is none.
	Subnet(ctx context.Context, id string) (Subnet, error)
	// Instance is a machine of the cluster's resource group: live.NotFound
	// where there is none.
	Instance(ctx context.Context, name string) (Instance, error)
	// ScaleSet is a scale set, by its ARM id: live.NotFound where there is none.
	ScaleSet(ctx context.Context, id string) (ScaleSet, error)
	// Console is what a machine, by its ARM id, wrote to its serial port.
	Console(ctx context.Context, id string) (string, error)
	// Resources are all that exist of the cluster.
	Resources(ctx context.Context) ([]Resource, error)
}

// MachineType is a size of machines in the location.
type MachineType struct {
	CPUs int
	// Arch is amd64 or arm64; empty where Azure does not say.
	Arch string
	// Family is the quota that its processors count for, in Azure's name of it.
	Family string
	// Zones offer it to the subscription; Anywhere is false where nothing does.
	Zones    []string
	Anywhere bool
}

// Quota is a limit of the location, by Azure's name of it.
type Quota struct {
	Name, Words  string
	Limit, Usage float64
}

// Subnet is a subnet of a virtual network.
type Subnet struct {
	CIDRs []string
	// Location is its network's.
	Location string
}

// Instance is one machine.
type Instance struct {
	// ID is its ARM id; Unique what no other machine ever gets.
	ID, Unique string
	// Name is the computer's own.
	Name, Zone, Type string
	// Power is Azure's word: running, starting, deallocated, …; empty while
	// there is none.
	Power string
	// Error is why it could not be made, where Azure says so.
	Error string
	// Created is when it was made; zero where the list does not say.
	Created time.Time
}

// ScaleSet is a scale set of workers.
type ScaleSet struct {
	// Size is how many machines it is to have.
	Size      int
	Instances []Instance
	// Error is the last one that it met while making machines.
	Error string
}

// Resource is one thing that exists of a cluster.
type Resource struct {
	// ID is its ARM id, Kind the type: Microsoft.Compute/disks.
	ID, Kind string
	// Type is a machine's size, and Count how many of them a scale set has.
	Type  string
	Count int
}
