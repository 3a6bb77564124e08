package aws

import (
	"context"
	"time"
)

// API is as much of AWS as preflight, observe and leftovers ask: one account,
// one region, one cluster. Its errors are live.Faults where AWS said why.
type API interface {
	// Who the credentials are of: the ARN that AWS itself gives.
	Who(ctx context.Context) (string, error)
	// Denied are those of the actions that whoever asks may not do to a
	// resource: a live.Fault where AWS will not tell.
	Denied(ctx context.Context, who string, actions []string, resource string) ([]string, error)
	// Zones are the region's availability zones, those switched off included.
	Zones(ctx context.Context) ([]Zone, error)
	// MachineTypes are those of the names that exist in the region, with the
	// zones that offer them.
	MachineTypes(ctx context.Context, names []string) (map[string]MachineType, error)
	// Usage is what the account has in the region of what is limited.
	Usage(ctx context.Context) (Usage, error)
	// Quota is a limit, by AWS's code of the service and of the quota.
	Quota(ctx context.Context, service, code string) (float64, error)
	// Network is a VPC's ranges of addresses.
	Network(ctx context.Context, id string) (cidrs []string, err error)
	// Subnets are those of the ids that exist.
	Subnets(ctx context.Context, ids []string) ([]Subnet, error)
	// Instances are those of the ids that exist.
	Instances(ctx context.Context, ids []string) ([]Instance, error)
	// Group is an auto scaling group: live.NotFound where there is none.
	Group(ctx context.Context, name string) (Group, error)
	// Console is the end of what an instance wrote to its console.
	Console(ctx context.Context, id string) (string, error)
	// Resources are all that exist of the cluster.
	Resources(ctx context.Context) ([]Resource, error)
}

// Zone is an availability zone.
type Zone struct {
	Name string
	// State is AWS's word: available, impaired, unavailable, …; Messages are
	// what it says about it.
	State    string
	Messages []string
	// OptedIn tells that the account may use it.
	OptedIn bool
}

// MachineType is a size of machines in the region.
type MachineType struct {
	CPUs int
	// Archs are amd64, arm64 or both.
	Archs []string
	Zones []string
}

// Usage is how much an account has in a region.
type Usage struct {
	// CPUs and SpotCPUs are processors of the standard families.
	CPUs, SpotCPUs int
	// Addresses are Elastic IPs, Networks VPCs.
	Addresses, Networks int
	// DiskGiB is the size of all general purpose (gp3) disks.
	DiskGiB int
}

// Subnet is a subnet of a VPC.
type Subnet struct {
	ID, Zone, CIDR, Network string
}

// Instance is one machine.
type Instance struct {
	ID, Type, Zone, Address string
	// State is AWS's word: pending, running, stopped, terminated, …
	State string
	// Reason is why it is in that state, where AWS says so.
	Reason string
	// Created is when it was made; zero where the list does not say.
	Created time.Time
}

// Group is an auto scaling group.
type Group struct {
	// Size is how many machines it is to have.
	Size      int
	Instances []Instance
	// Error is the last one that it met while making machines.
	Error string
}

// Resource is one thing that exists of a cluster.
type Resource struct {
	// Kind is AWS's own word: volume, natgateway, loadbalancer, …
	Kind string
	// ID is what the command line asks for.
	ID string
	// Type is an instance's machine type.
	Type string
	// GiB is a disk's size.
	GiB int
}
