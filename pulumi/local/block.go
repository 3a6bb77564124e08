package local

import (
	"fmt"
	"net/netip"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// Defaults of the block.
const (
	defaultAPIPort   = 6443
	defaultHostImage = "kubernetes-anywhere/host:13"
)

// Block is what a config says about the local target.
type Block struct {
	// APIPort is the port on 127.0.0.1 at which the API is reached. Default:
	// 6443.
	APIPort int `json:"apiPort,omitempty" example:"6443" minimum:"1" maximum:"65535"`
	// HostImage is the container image that hosts are made of. Default:
	// kubernetes-anywhere/host:13, made by 'make host-image'.
	HostImage string `json:"hostImage,omitempty" example:"kubernetes-anywhere/host:13"`
}

var (
	_ config.Block    = (*Block)(nil)
	_ config.Families = (*Block)(nil)
)

// DualStack is true: Docker's networks can have two ranges.
func (*Block) DualStack() bool { return true }

// Default fills what the user left out.
func (b *Block) Default(*config.Cluster) {
	if b.APIPort == 0 {
		b.APIPort = defaultAPIPort
	}
	if b.HostImage == "" {
		b.HostImage = defaultHostImage
	}
}

// Validate tells what is wrong.
func (b *Block) Validate(cluster *config.Cluster) []config.FieldProblem {
	var problems []config.FieldProblem
	if b.APIPort < 1 || b.APIPort > 65535 {
		problems = append(problems, config.FieldProblem{
			Path:    "apiPort",
			Message: fmt.Sprintf("%d is no port", b.APIPort),
			Fix:     fmt.Sprintf("write a port from 1 to 65535, such as %d", defaultAPIPort),
		})
	}
	for _, field := range cluster.OfMachines() {
		problems = append(problems, config.FieldProblem{
			Message: fmt.Sprintf("%s is set, and hosts of this target are containers on this machine, alike and of a fixed number", field),
			Fix:     "remove " + field,
		})
	}
	problems = append(problems, samePlaces(cluster)...)
	if problem := fitsNodes(cluster); problem != "" {
		problems = append(problems, config.FieldProblem{
			Path:    "spec.network.nodeCIDR",
			Message: problem,
			Fix:     "write a larger range, or fewer nodes",
		})
	}
	return problems
}

// samePlaces refuses an IPv6 range of nodes in which a host could not have the
// place that it has in the IPv4 one.
func samePlaces(cluster *config.Cluster) []config.FieldProblem {
	ranges, err := config.Prefixes(cluster.Spec.Network.NodeCIDR)
	if err != nil || len(ranges) != 2 || !ranges[0].Addr().Is4() || ranges[1].Addr().Is4() {
		return nil // the network's own checks say so
	}
	smallest := 128 - (32 - ranges[0].Bits())
	if ranges[1].Bits() <= smallest {
		return nil
	}
	return []config.FieldProblem{{
		Path:    "spec.network.nodeCIDR",
		Message: fmt.Sprintf("%s has fewer addresses than %s, and hosts of this target have the same place in both", ranges[1], ranges[0]),
		Fix:     fmt.Sprintf("write a /%d or larger, such as %q", smallest, config.First(cluster.Spec.Network.NodeCIDR)+","+config.DefaultNodeCIDR6),
	}}
}

// fitsNodes says why the hosts do not fit into the node CIDR, or nothing. A
// CIDR that cannot be read is the network's problem, not ours.
func fitsNodes(cluster *config.Cluster) string {
	prefix, err := netip.ParsePrefix(config.First(cluster.Spec.Network.NodeCIDR))
	if err != nil || !prefix.Addr().Is4() {
		return ""
	}
	workers := 0
	for _, pool := range cluster.Spec.Pools {
		workers += pool.Count
	}
	// The last address of the range is its broadcast.
	last := 1<<(32-prefix.Bits()) - 2
	if isBalanced(cluster) && last < ofBalancer {
		return fmt.Sprintf("the balancer before %d control planes does not fit into %s: it is at the %dth address", cluster.Spec.ControlPlane.Count, prefix, ofBalancer)
	}
	if room := last + 1 - firstWorker; workers > room {
		return fmt.Sprintf("%d workers do not fit into %s, which has room for %d", workers, prefix, max(room, 0))
	}
	return ""
}
