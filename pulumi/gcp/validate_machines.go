package gcp

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// Limits of Google Cloud.
const (
	// mostOfPool is how many machines a regional group can have unless Google
	// has raised that
	// (https://cloud.google.com/compute/docs/instance-groups/regional-migs).
	mostOfPool = 2000
	// keptAddresses of a subnet are Google's own: its first two and last two.
	keptAddresses = 4
	// smallestSubnet is the length of the prefix of the smallest.
	smallestSubnet = 29
)

// placed is a machine of the config and where it stands there.
type placed struct {
	config.Machine
	path string
}

// machinesOf lists the control plane's machine and those of the pools.
func machinesOf(cluster *config.Cluster) []placed {
	all := []placed{{cluster.Spec.ControlPlane.Machine, "spec.controlPlane.machine"}}
	for i, pool := range cluster.Spec.Pools {
		all = append(all, placed{pool.Machine, fmt.Sprintf("spec.pools[%d].machine", i)})
	}
	return all
}

// machines checks types and zones, and how many there are of each.
func (b *Block) machines(f *findings, cluster *config.Cluster) {
	for _, m := range machinesOf(cluster) {
		b.machine(f, m)
	}
	for i, pool := range cluster.Spec.Pools {
		if most := max(pool.Count, pool.Max); most > mostOfPool {
			f.add("", fmt.Sprintf("write at most %d there, and further pools for the rest", mostOfPool),
				"spec.pools[%d] may have %d nodes; an instance group of Google Cloud has at most %d", i, most, mostOfPool)
		}
	}
}

func (b *Block) machine(f *findings, m placed) {
	switch {
	case m.Type != "" && !typeForm.MatchString(m.Type):
		f.add("", fmt.Sprintf("write a name that 'gcloud compute machine-types list --zones %s-a' prints, such as %q", b.Region, defaultTypes()[target.AMD64]),
			"%s.type %q is not the name of a machine type", m.path, m.Type)
	case m.Type != "" && slices.Contains(config.Architectures(), m.Arch) && archOf(m.Type) != m.Arch:
		f.add("", fmt.Sprintf("write %s.arch %q, or a type such as %q", m.path, archOf(m.Type), defaultTypes()[m.Arch]),
			"%s.type %q is of %s machines, and %s.arch is %s", m.path, m.Type, archOf(m.Type), m.path, m.Arch)
	}
	if !regionForm.MatchString(b.Region) {
		return // said already
	}
	if len(m.Zones) == 0 && len(b.Zones) > 0 {
		f.add("", fmt.Sprintf("write a zone, such as %q, or remove %s.zones", b.Zones[0], m.path), "%s.zones is empty: there is no zone to put a machine into", m.path)
	}
	for i, zone := range m.Zones {
		// Those that came from the block are said there.
		if zone != "" && !zoneOf(b.Region, zone) && !slices.Contains(b.Zones, zone) {
			f.add("", fmt.Sprintf("write a zone of the region, such as %q", zonesOf(b.Region)[0]),
				"%s.zones[%d] is %q, no zone of spec.gcp.region %s", m.path, i, zone, b.Region)
		}
	}
}

// room checks that the subnet has addresses for all that will be in it: also
// for pools at their largest, and for the nodes that take turns with others
// when a pool is replaced. A range that cannot be read, or holds not even the
// nodes to begin with, is said by the config itself.
func (b *Block) room(f *findings, cluster *config.Cluster) {
	prefix, err := netip.ParsePrefix(cluster.Spec.Network.NodeCIDR)
	if err != nil || !prefix.Addr().Is4() {
		return
	}
	// The internal load balancer has one.
	need := keptAddresses + 1 + max(0, cluster.Spec.ControlPlane.Count)
	for _, pool := range cluster.Spec.Pools {
		need += min(max(pool.Count, pool.Max, 0), mostOfPool) + surge(pool)
	}
	if have := 1 << (32 - prefix.Bits()); prefix.Bits() <= smallestSubnet && need > have {
		bits := prefix.Bits()
		for bits > 0 && 1<<(32-bits) < need {
			bits--
		}
		f.add("", fmt.Sprintf("write a /%d or larger", bits),
			"spec.network.nodeCIDR %s has %d addresses, and the cluster may need %d: Google keeps %d, the API has one, and pools grow and are replaced",
			prefix, have, need, keptAddresses)
	}
}

// surge is how many nodes more than it has a pool may have while its nodes are
// replaced: none, or one a zone at the least.
func surge(pool config.Pool) int { return max(1, len(pool.Machine.Zones)) }
