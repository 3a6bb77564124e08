package gcp

import (
	"context"
	"time"
)

// API is as much of Google Cloud as preflight, observe and leftovers ask: one
// project, one region, one cluster. Its errors are live.Faults where the cloud
// said why.
type API interface {
	// Who the credentials are of, for messages.
	Who() string
	// Services tells which of the APIs are not enabled.
	Services(ctx context.Context, names []string) (disabled []string, err error)
	// Missing are those of the permissions that whoever asks does not have on
	// the project.
	Missing(ctx context.Context, permissions []string) ([]string, error)
	// Region is the cluster's region with the quotas in it and those of the
	// whole project.
	Region(ctx context.Context) (Region, error)
	// Zones are the region's.
	Zones(ctx context.Context) ([]Zone, error)
	// MachineType is a type as a zone offers it: live.NotFound where it does not.
	MachineType(ctx context.Context, zone, name string) (MachineType, error)
	// Subnetworks are those of a network, in all regions.
	Subnetworks(ctx context.Context, network string) ([]Subnetwork, error)
	// Network tells whether a network of the project says itself that it is the
	// cluster's: live.NotFound where there is none of this name.
	Network(ctx context.Context, name string) (ours bool, err error)
	// Instance is one machine: live.NotFound where there is none.
	Instance(ctx context.Context, zone, name string) (Instance, error)
	// Group is a managed instance group of the region, by name or URL.
	Group(ctx context.Context, name string) (Group, error)
	// Console is the end of what an instance wrote to its serial port.
	Console(ctx context.Context, zone, name string) (string, error)
	// Resources are all that exist of the cluster.
	Resources(ctx context.Context) ([]Resource, error)
}

// Region is a region of the cloud.
type Region struct {
	Name   string
	Up     bool
	Quotas []Quota
}

// Quota is a limit by Google's name of it; Project tells that it holds for the
// whole project and not for the region.
type Quota struct {
	Metric       string
	Limit, Usage float64
	Project      bool
}

// Zone is a zone of the region.
type Zone struct {
	Name string
	Up   bool
}

// MachineType is a size of machines in a zone.
type MachineType struct {
	CPUs int
	// Arch is amd64 or arm64; empty where Google does not say.
	Arch string
	// Deprecated says how far it is on its way out: DEPRECATED is still
	// offered, OBSOLETE and DELETED are not.
	Deprecated string
}

// Subnetwork is a subnet of a network.
type Subnetwork struct {
	Name, Region, CIDR string
	// Ours tells that the cluster's program made it.
	Ours bool
}

// Instance is one machine.
type Instance struct {
	// ID is Google's number of it, which no other instance gets.
	ID         string
	Name, Zone string
	// Status is Google's word: PROVISIONING, RUNNING, TERMINATED, …
	Status string
	// Error is why the last attempt to make it failed.
	Error string
	// Created is when it was made; zero where the list does not say.
	Created time.Time
}

// Group is a managed instance group.
type Group struct {
	// Size is how many machines it is to have.
	Size      int
	Instances []Instance
	// Error is the last one that it met while making machines.
	Error string
}

// Resource is one thing that exists of a cluster.
type Resource struct {
	// Kind is gcloud's own words for it: "compute disks".
	Kind string
	Name string
	// Scope are the flags that say where: "--zone europe-west1-b".
	Scope string
	// Type is an instance's machine type, or a disk's type.
	Type string
	// GB is a disk's size.
	GB int
	// External tells a public address from a private one.
	External bool
}
