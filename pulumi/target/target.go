// Package target is the contract that every place a cluster can live in
// fulfils: what a target is given, what it must hand on to the next phases,
// and the first-boot script that each of its hosts runs.
package target

import (
	"context"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
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
	// Observe tells how far phase 2 is on each host of out.Hosts, and on each
	// machine that the groups of out.Pools have now.
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
	// Layer is the declaration of a network layer of the user's own, which
	// cannot be looked up by its name; nil for one that is built in.
	Layer *catalog.Layer
	// OtherLayer is the layer that the cluster is leaving, or about to take,
	// while it has both; nil at all other times.
	OtherLayer *catalog.Layer
	// CloudController tells that the addons bring a cloud-controller-manager.
	CloudController bool
	// Rotation is the step that the cluster's authorities are to take now, one
	// of package credentials; empty leaves them as they are.
	Rotation string
}

// Outputs is what phase 1 hands on.
type Outputs struct {
	// Endpoint is the URL users reach the API by.
	Endpoint string
	// NodeEndpoint is host:port of the API as nodes reach it.
	NodeEndpoint string
	// Hosts are the machines that the program names one by one: the control
	// planes, and on targets without scaling groups the workers too.
	Hosts []Host
	// Pools are the scaling groups, whose machines come and go without the
	// program.
	Pools []Pool
	// CA is the cluster's authority, its key included: a secret.
	CA node.Authority
	// BootstrapToken lets hosts that have not registered do so: a secret.
	BootstrapToken string
	// Rotation is how far a replacement of the authorities is.
	Rotation Rotation
}

// Rotation is where the cluster's authorities are on the way to others, in the
// words of package credentials; both empty where they never were.
type Rotation struct {
	// Stage is what holds now, Last the step that led there.
	Stage string `json:"stage"`
	Last  string `json:"last"`
}

// Host is one machine of the cluster.
type Host struct {
	Name    string `json:"name"`
	Role    string `json:"role"`
	Pool    string `json:"pool,omitempty"`
	Address string `json:"address"`
	// Zone is the failure domain it is in; empty where there are none.
	Zone string `json:"zone,omitempty"`
	// ProviderID is the target's own id of it.
	ProviderID string `json:"providerID"`
}

// Pool is a scaling group of workers.
type Pool struct {
	// Name is the pool's in the config.
	Name string `json:"name"`
	// Group is the cloud's own id of the scaling group.
	Group string `json:"group"`
	// Count is how many nodes it was made with; Max is above zero where
	// something else scales it.
	Count int `json:"count"`
	Max   int `json:"max,omitempty"`
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
