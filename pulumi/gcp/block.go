package gcp

import (
	"slices"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// defaultRegion has every kind of machine, arm64 included.
const defaultRegion = "us-central1"

// Block is what a config says about Google Cloud.
type Block struct {
	// Project is the id (not the number) of the project that the cluster lives in.
	Project string `json:"project" required:"true" example:"my-project"`
	// Region is where the cluster lives. Default: us-central1.
	Region string `json:"region,omitempty" example:"europe-west4"`
	// Zones of the region that control planes and pools are spread over.
	// Default: three of them.
	Zones []string `json:"zones,omitempty"`
	// OS of every host: debian-13, ubuntu-24.04 or flatcar. Default: debian-13.
	OS string `json:"os,omitempty" example:"debian-13"`
	// Image replaces the image that the vendor of that system publishes: one
	// image, as projects/PROJECT/global/images/NAME. Default: none.
	Image string `json:"image,omitempty" example:"projects/my-project/global/images/hardened"`
	// Access is who may reach the cluster from outside.
	Access target.Access `json:"access,omitzero"`
	// Existing names a network to use instead of a new one.
	Existing Existing `json:"existing,omitzero"`
}

// Existing is a network, of the same project, that the cluster did not make
// and will not delete.
type Existing struct {
	// Network is the name of a VPC network. Default: a new one.
	Network string `json:"network,omitempty"`
	// Subnetwork is the name of its subnet in the region, whose primary range
	// holds spec.network.nodeCIDR and which has a way out (Cloud NAT). Default:
	// a new subnet of that range, with NAT.
	Subnetwork string `json:"subnetwork,omitempty"`
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
	if b.Zones == nil {
		b.Zones = zonesOf(b.Region)
	}
	if b.OS == "" {
		b.OS = target.Debian
	}
	b.Access.Default()
	target.DefaultMachines(cluster, defaultTypes(), unique(b.Zones))
}

// zonesOf are three zones of a region. Nearly all have a, b and c; two lost
// their first. Preflight asks whether they are there.
func zonesOf(region string) []string {
	letters := []string{"a", "b", "c"}
	if region == "us-east1" || region == "europe-west1" {
		letters = []string{"b", "c", "d"}
	}
	zones := make([]string, len(letters))
	for i, letter := range letters {
		zones[i] = region + "-" + letter
	}
	return zones
}

// unique leaves out what is in a list twice: it is said once, of the block.
func unique(list []string) []string {
	var out []string
	for _, item := range list {
		if !slices.Contains(out, item) {
			out = append(out, item)
		}
	}
	return out
}
