package aws

import (
	"maps"
	"slices"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// defaultRegion has exactly three zones, and each of them offers the default
// machines.
const defaultRegion = "us-east-2"

// Block is what a config says about AWS.
type Block struct {
	// Region is where the cluster lives. Default: us-east-2.
	Region string `json:"region,omitempty" example:"eu-central-1"`
	// Zones are the availability zones that machines are spread over, by their
	// names. Default: three of the region, or those of existing.subnets.
	Zones []string `json:"zones,omitempty"`
	// OS is what hosts run: debian-13, ubuntu-24.04 or flatcar. Default:
	// debian-13.
	OS string `json:"os,omitempty" example:"debian-13"`
	// Image replaces the vendor's published image of that system: ami-… or
	// resolve:ssm:PARAMETER. It serves all machines, so they are of one
	// architecture. Default: none.
	Image string `json:"image,omitempty" example:"ami-0123456789abcdef0"`
	// NATPerZone makes a NAT gateway in each zone, so that losing one zone
	// cuts no other off the registries; each is paid for. Default: false.
	NATPerZone bool `json:"natPerZone,omitempty"`
	// Access is who may reach the cluster from outside.
	Access target.Access `json:"access,omitzero"`
	// Existing is a network that is there already. Default: one is made.
	Existing Existing `json:"existing,omitzero"`
}

// Existing is a network of the user's, which is used and not changed. Its
// private subnets must have a way out, and spec.network.nodeCIDR is the range
// that holds them.
type Existing struct {
	// Network is the id of the VPC. Default: one is made.
	Network string `json:"network,omitempty" example:"vpc-0123456789abcdef0"`
	// Subnets are the ids of the private subnets that hosts stand in, by zone.
	// Default: none.
	Subnets map[string]string `json:"subnets,omitempty"`
	// PublicSubnets are the ids of the subnets that the API's public load
	// balancer stands in, by zone; with a private endpoint none is needed.
	// Default: none.
	PublicSubnets map[string]string `json:"publicSubnets,omitempty"`
}

var (
	_ config.Block   = (*Block)(nil)
	_ config.Routing = (*Block)(nil)
)

// Routes is true: between any two hosts is a router of the cloud's.
func (b *Block) Routes() bool { return true }

// Default fills what the user left out, of the machines too.
func (b *Block) Default(cluster *config.Cluster) {
	if b.Region == "" {
		b.Region = defaultRegion
	}
	if b.OS == "" {
		b.OS = target.Debian
	}
	if b.Zones == nil {
		b.Zones = b.defaultZones()
	}
	b.Access.Default()
	target.DefaultMachines(cluster, defaultTypes(), b.Zones)
}

// defaultZones are those of the existing subnets, or three of the region.
func (b *Block) defaultZones() []string {
	if len(b.Existing.Subnets) > 0 {
		return slices.Sorted(maps.Keys(b.Existing.Subnets))
	}
	return regionZones(b.Region)
}

// block is the target's block of a config, defaults filled in.
func block(cluster *config.Cluster) Block {
	b := Block{}
	if given, ok := cluster.Spec.Block.(*Block); ok && given != nil {
		b = *given
	}
	b.Default(cluster)
	return b
}
