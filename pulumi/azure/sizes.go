package azure

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// Azure's limits. Numbers of machines are those of one scale set in Uniform
// mode; the sizes of disks, in GB, that the published images need.
const (
	mostOfPool      = 1000
	mostOfOwnImage  = 600
	smallestBoot    = 30
	smallestSubnet  = 29
	largestSubnet   = 8
	platformAddress = "168.63.129.16"
	// keptAddresses of a subnet are Azure's: the first four and the last.
	keptAddresses = 5
	// fixedAddresses are the balancer's and those of the most control planes
	// that there can be: what is small may grow.
	fixedAddresses = 6
)

// nvmeOnly is the version of sizes since when disks come as NVMe devices, of
// which images make no link by number.
const nvmeOnly = 6

// sizeForm is the name of a size: family, processors, what it has, kind of
// accelerator, version.
var sizeForm = regexp.MustCompile(`^Standard_([A-Z]+)([0-9]+)(-[0-9]+)?([a-z]*)(_[A-Z][A-Za-z0-9]*)*(_v([0-9]+))?$`)

// size is what the name of a machine type tells of it.
type size struct {
	arm, premium bool
	version      int
}

func parseSize(name string) (size, bool) {
	parts := sizeForm.FindStringSubmatch(name)
	if parts == nil {
		return size{}, false
	}
	has := size{arm: strings.Contains(parts[4], "p"), premium: strings.Contains(parts[4], "s")}
	_, _ = fmt.Sscan(parts[7], &has.version)
	return has, true
}

// machines checks those of the control plane and of each pool.
func (f *findings) machines(b *Block, cluster *config.Cluster) {
	plane := cluster.Spec.ControlPlane.Machine
	at := "spec.controlPlane.machine"
	if has, ok := f.machine(at, plane, b); ok {
		f.etcdNeeds(at, plane.Type, has)
	}
	most, of := mostOfPool, "of a published image"
	if b.Image != "" && !offerForm.MatchString(b.Image) {
		most, of = mostOfOwnImage, "of an image of one's own"
	}
	for i, pool := range cluster.Spec.Pools {
		at := fmt.Sprintf("spec.pools[%d]", i)
		f.machine(at+".machine", pool.Machine, b)
		if n := max(pool.Count, pool.Max); n > most {
			f.add("", fmt.Sprintf("make %d pools of it", (n+most-1)/most),
				"%s has up to %d machines, and a scale set %s holds %d", at, n, of, most)
		}
	}
}

// machine checks what every machine must be.
func (f *findings) machine(at string, m config.Machine, b *Block) (size, bool) {
	if m.DiskGB < smallestBoot {
		f.add("", fmt.Sprintf("write %s.diskGB %d or more", at, smallestBoot),
			"%s.diskGB is %d, and the published images do not fit onto less than %d", at, m.DiskGB, smallestBoot)
	}
	for _, zone := range m.Zones {
		local := findings{}
		local.zones(at+".zones", []string{zone}, b.Zones)
		for _, problem := range local {
			f.add("", problem.Fix, "%s: %s", at+".zones", problem.Message)
		}
	}
	has, ok := parseSize(m.Type)
	if !ok {
		fix := fmt.Sprintf("write one that 'az vm list-sizes --location %s --query [].name --output tsv' prints, such as %q", b.Location, defaultAMD64Type)
		if _, found := parseSize("Standard_" + m.Type); found {
			fix = fmt.Sprintf("write %q", "Standard_"+m.Type)
		}
		f.add("", fix, "%s.type %q is not the name of a size of machines", at, m.Type)
		return has, false
	}
	if arch := map[bool]string{true: target.ARM64, false: target.AMD64}[has.arm]; m.Arch != arch {
		f.add("", fmt.Sprintf("write %s.arch %q, or another type", at, arch),
			"%s.type %q is %s, by the letters after its number, and arch says %s", at, m.Type, arch, m.Arch)
	}
	return has, true
}

// etcdNeeds checks what the disk of its own asks of a control plane's machine.
func (f *findings) etcdNeeds(at, kind string, has size) {
	if !has.premium {
		f.add("", fmt.Sprintf("write a type with an s after its number, such as %q", defaultAMD64Type),
			"%s.type %q takes no premium disks, and etcd's is one", at, kind)
	}
	if has.version >= nvmeOnly {
		f.add("", fmt.Sprintf("write a type of an earlier version, such as %q", defaultAMD64Type),
			"%s.type %q has its disks as NVMe devices, among which a host cannot tell etcd's by its number", at, kind)
	}
}

// network checks what Azure asks of the nodes' range. One that cannot be read
// is the config's own problem.
func (f *findings) network(cluster *config.Cluster) {
	prefix, err := netip.ParsePrefix(cluster.Spec.Network.NodeCIDR)
	if err != nil || !prefix.Addr().Is4() {
		return
	}
	const field = "spec.network.nodeCIDR"
	if prefix.Bits() > smallestSubnet || prefix.Bits() < largestSubnet {
		f.add("", fmt.Sprintf("write %s as a /%d to a /%d", field, largestSubnet, smallestSubnet),
			"%s %s is a /%d, and Azure's subnets are a /%d at the least and a /%d at the most", field, prefix, prefix.Bits(), smallestSubnet, largestSubnet)
		return
	}
	if prefix.Contains(netip.MustParseAddr(platformAddress)) {
		f.add("", "write a private range, such as 10.240.0.0/24", "%s %s holds %s, by which machines reach Azure itself", field, prefix, platformAddress)
	}
	need, room := addressesNeeded(cluster), 1<<(32-prefix.Bits())-keptAddresses
	if need > room {
		bits := prefix.Bits()
		for bits > largestSubnet && 1<<(32-bits)-keptAddresses < need {
			bits--
		}
		f.add("", fmt.Sprintf("write %s as a /%d, or fewer nodes", field, bits),
			"%s %s has %d addresses for machines, and %d are needed: for nodes, for those that come before the old ones go when a pool is rolled over, and for the API", field, prefix, room, need)
	}
}

// addressesNeeded are the fixed ones, and those of each pool at its largest
// while a batch of it is replaced.
func addressesNeeded(cluster *config.Cluster) int {
	need := fixedAddresses
	for _, pool := range cluster.Spec.Pools {
		n := max(pool.Count, pool.Max)
		need += n + (n*batchPercent+99)/100
	}
	return need
}
