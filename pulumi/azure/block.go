package azure

import (
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// Where a cluster is and what it is made of, unless the config says otherwise.
// The machines have two processors and 8 GiB.
const (
	defaultLocation  = "westeurope"
	defaultAMD64Type = "Standard_D2s_v5"
	defaultARM64Type = "Standard_D2ps_v5"
)

// Block is what a config says about the Azure target.
type Block struct {
	// Subscription is the id of the subscription that pays for the cluster.
	Subscription string `json:"subscription" required:"true" example:"00000000-0000-0000-0000-000000000000"`
	// Location is the region, in the short form. Default: westeurope.
	Location string `json:"location,omitempty" example:"westeurope"`
	// Zones are the region's zones that machines are spread over; an empty list
	// is for regions that have none. Default: 1, 2 and 3.
	Zones []string `json:"zones,omitzero"`
	// OS is debian-13, ubuntu-24.04 or flatcar. Default: debian-13.
	OS string `json:"os,omitempty" example:"debian-13"`
	// Image replaces the vendor's published image of that system: publisher, offer,
	// SKU and version with colons between them, or the ARM id of an image or of
	// a gallery's image version. Default: none.
	Image string `json:"image,omitempty" example:"Debian:debian-13:13-gen2:latest"`
	// SSHPublicKey may log in to hosts as user anywhere, from access.sshCIDRs.
	// Default: a key whose private half nobody has.
	SSHPublicKey string `json:"sshPublicKey,omitempty"`
	// Access is who may reach the cluster from outside.
	Access target.Access `json:"access,omitzero"`
	// Existing is what the cluster uses and does not make.
	Existing Existing `json:"existing,omitzero"`
}

// Existing is what the cluster uses and does not make.
type Existing struct {
	// ResourceGroup is the name of a resource group that everything is made in.
	// Default: one of the cluster's own, kubernetes-anywhere-NAME.
	ResourceGroup string `json:"resourceGroup,omitempty"`
	// Subnet is the ARM id of a subnet whose range is spec.network.nodeCIDR and
	// which has a way out to the images' registry. Default: a network of the
	// cluster's own.
	Subnet string `json:"subnet,omitempty"`
}

var (
	_ config.Block   = (*Block)(nil)
	_ config.Routing = (*Block)(nil)
)

// Routes is true: between any two hosts is a router of the cloud's.
func (b *Block) Routes() bool { return true }

// Default fills what the user left out.
func (b *Block) Default(cluster *config.Cluster) {
	if b.Location == "" {
		b.Location = defaultLocation
	}
	if b.Zones == nil {
		b.Zones = []string{"1", "2", "3"}
	}
	if b.OS == "" {
		b.OS = target.Debian
	}
	b.Access.Default()
	target.DefaultMachines(cluster, map[string]string{
		target.AMD64: defaultAMD64Type, target.ARM64: defaultARM64Type,
	}, b.Zones)
}
