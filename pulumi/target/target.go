// Package target is the contract that every place a cluster can live in
// fulfils: what a target is given, what it must hand on to the next phases,
// and the first-boot script that each of its hosts runs.
package target

import (
	"context"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// Target is one place hosts come from.
type Target interface {
	// Name is the target's name in the config (spec.target).
	Name() string
	// Block returns a new, empty block of the config for this target.
	Block() config.Block
	// Preflight names what would make the program fail, before the first
	// resource: each problem with the command that mends it.
	Preflight(ctx context.Context, in Inputs) []diag.Problem
	// Program declares the cluster's resources and exports Outputs.
	Program(in Inputs) pulumi.RunFunc
	// Providers serves the target's own resource providers by package name.
	// A target that uses Pulumi's published plugins only returns none.
	Providers() map[string]Provider
	// Observe tells how far phase 2 is on each host.
	Observe(ctx context.Context, cluster *config.Cluster, out Outputs) ([]Observation, error)
	// Leftovers lists what still exists of a cluster that was deleted.
	Leftovers(ctx context.Context, cluster *config.Cluster) ([]string, error)
}

// Provider makes a resource provider that is served in this process.
type Provider = func() (pulumirpc.ResourceProviderServer, error)

// Inputs is all that a program may depend on.
type Inputs struct {
	Cluster *config.Cluster
	// ImageArchive is the path, on this machine, of the archive of images
	// that hosts load; empty where they pull.
	ImageArchive string
	// BootstrapArchive is a smaller archive with the bootstrap image alone,
	// which a host loads first; empty where there is none.
	BootstrapArchive string
	// ImageDigest is the digest of that archive; it changes when images do.
	ImageDigest string
	// BootstrapImage is the reference that the first-boot script runs.
	BootstrapImage string
}

// Outputs is what phase 1 hands on.
type Outputs struct {
	// Endpoint is the URL users reach the API by.
	Endpoint string
	// NodeEndpoint is host:port of the API as nodes reach it.
	NodeEndpoint string
	Hosts        []Host
	// CA is the cluster's authority, its key included: a secret.
	CA node.Authority
	// BootstrapToken lets hosts that have not registered do so: a secret.
	BootstrapToken string
}

// Host is one machine of the cluster.
type Host struct {
	Name    string `json:"name"`
	Role    string `json:"role"`
	Pool    string `json:"pool,omitempty"`
	Address string `json:"address"`
	// ProviderID is the target's own id of it.
	ProviderID string `json:"providerID"`
}

// Observation is a look at phase 2 on one host.
type Observation struct {
	Host Host
	// Status is nil while the bootstrap has not yet said anything; Before
	// then says what the host does instead.
	Status *node.Status
	Before string
	// Log is the end of the first boot's log.
	Log []string
}
