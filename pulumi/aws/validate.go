package aws

import (
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// findings collects problems.
type findings []config.FieldProblem

func (f *findings) add(path, fix, format string, args ...any) {
	*f = append(*f, config.FieldProblem{Path: path, Message: fmt.Sprintf(format, args...), Fix: fix})
}

// mostPools is how many policies the workers' role can have, one a pool: all
// together may be 10,240 characters long, and each takes up to 310.
const mostPools = 30

// mostRanges is how many ranges a security group has room for beside its other
// rules: an account begins with 60 rules a group.
const mostRanges = 50

// What AWS's names and ids look like.
var (
	regionForm  = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+){1,2}-[0-9]{1,2}$`)
	imageForm   = regexp.MustCompile(`^(ami-[0-9a-f]{8,17}|resolve:ssm:[a-zA-Z0-9_.:/-]+)$`)
	networkForm = regexp.MustCompile(`^vpc-[0-9a-f]{8,17}$`)
	subnetForm  = regexp.MustCompile(`^subnet-[0-9a-f]{8,17}$`)
)

// Validate tells what is wrong, all at once. What only AWS knows, such as
// which types a zone has, preflight asks.
func (b *Block) Validate(cluster *config.Cluster) []config.FieldProblem {
	f := &findings{}
	b.where(f)
	b.system(f, cluster)
	b.using(f)
	*f = append(*f, b.Access.Validate("access")...)
	f.rules("access.apiCIDRs", b.Access.APICIDRs)
	f.rules("access.sshCIDRs", b.Access.SSHCIDRs)
	f.machines(b, cluster)
	f.room(b, cluster)
	if pools := len(cluster.Spec.Pools); pools > mostPools {
		f.add("", fmt.Sprintf("write at most %d pools", mostPools), "spec.pools has %d pools: the policies that let their nodes read their bundles would be longer than AWS takes", pools)
	}
	if bundle := cluster.Spec.Images.Bundle; bundle != "" {
		f.add("", "remove spec.images.bundle; name a registry that has the images in spec.images.registry, or leave it empty for the upstream ones",
			"spec.images.bundle is %q, an archive on this machine; hosts of this target pull their images from a registry", bundle)
	}
	return *f
}

// where checks what says where the cluster is.
func (b *Block) where(f *findings) {
	if !regionForm.MatchString(b.Region) {
		fix := "write a name that 'aws ec2 describe-regions --query Regions[].RegionName' prints"
		if whole := strings.TrimRight(strings.ToLower(b.Region), "abcdefghijklmnopqrstuvwxyz"); regionForm.MatchString(whole) {
			fix = fmt.Sprintf("write %q", whole)
		}
		f.add("region", fix, "%q is not the name of a region", b.Region)
		return
	}
	if len(b.Zones) == 0 {
		f.add("zones", fmt.Sprintf("write at least one, such as %q, or remove zones", b.Region+"a"), "there is no zone to put a machine into")
	}
	if len(b.Zones) > mostZones {
		f.add("zones", fmt.Sprintf("write at most %d", mostZones), "there are %d zones, more than a region has", len(b.Zones))
	}
	for i, zone := range b.Zones {
		at := fmt.Sprintf("zones[%d]", i)
		switch {
		case !zoneOf(b.Region, zone):
			f.add(at, fmt.Sprintf("write the region and a letter, such as %q", b.Region+"a"), "%q is no availability zone of %s", zone, b.Region)
		case slices.Index(b.Zones, zone) < i:
			f.add(at, "remove one of the two", "%q is in the list already", zone)
		}
	}
}

// zoneOf tells whether a zone is one of a region's: local zones, which have
// longer names, lack the load balancers and NAT gateways that a cluster needs.
func zoneOf(region, zone string) bool {
	letter, of := strings.CutPrefix(zone, region)
	return of && len(letter) == 1 && letter[0] >= 'a' && letter[0] <= 'z'
}

// system checks what hosts run.
func (b *Block) system(f *findings, cluster *config.Cluster) {
	if !slices.Contains(target.OperatingSystems(), b.OS) {
		f.add("os", "write one of "+strings.Join(target.OperatingSystems(), ", "),
			"there is no OS %q%s", b.OS, config.Meant(b.OS, target.OperatingSystems()))
	}
	switch {
	case b.Image == "" && b.OS == target.Flatcar:
		f.add("image", fmt.Sprintf("write the id that https://stable.release.flatcar-linux.net/amd64-usr/current/flatcar_production_ami_all.json lists for %s (arm64: arm64-usr)", b.Region),
			"Flatcar's vendor publishes no image under a name that stays the same: the id must be here")
	case b.Image == "":
	case !imageForm.MatchString(b.Image):
		f.add("image", `write an id such as "ami-0123456789abcdef0", or "resolve:ssm:" and the name of a parameter that holds one`, "%q is not an image", b.Image)
	default:
		b.oneArchitecture(f, cluster)
	}
}

// oneArchitecture checks that a given image can start all machines.
func (b *Block) oneArchitecture(f *findings, cluster *config.Cluster) {
	first := cluster.Spec.ControlPlane.Machine.Arch
	for i, pool := range cluster.Spec.Pools {
		if pool.Machine.Arch != first {
			f.add("image", fmt.Sprintf("remove image, or write spec.pools[%d].machine.arch %q", i, first),
				"one image cannot start both %s and %s machines", first, pool.Machine.Arch)
			return
		}
	}
}

// using checks the network that the cluster uses and does not make.
func (b *Block) using(f *findings) {
	e := b.Existing
	if e.Network == "" {
		if len(e.Subnets)+len(e.PublicSubnets) > 0 {
			f.add("existing.network", `write the id of the network they are in, such as "vpc-0123456789abcdef0"`, "there are subnets, and no network")
		}
		return
	}
	if !networkForm.MatchString(e.Network) {
		f.add("existing.network", "write an id that 'aws ec2 describe-vpcs --query Vpcs[].VpcId' prints", "%q is not the id of a network", e.Network)
	}
	if b.NATPerZone {
		f.add("natPerZone", "remove natPerZone: the way out of an existing network is yours", "no NAT gateway is made in an existing network")
	}
	b.subnetIDs(f, "existing.subnets", e.Subnets)
	b.subnetIDs(f, "existing.publicSubnets", e.PublicSubnets)
	for _, zone := range b.Zones {
		if e.Subnets[zone] == "" {
			f.add("existing.subnets", fmt.Sprintf("add %q and the id of a subnet in it, or take the zone out of zones", zone), "zone %s has no subnet to put a machine into", zone)
		}
	}
	public := slices.ContainsFunc(b.Zones, func(zone string) bool { return e.PublicSubnets[zone] != "" })
	if !public && !b.Access.PrivateEndpoint {
		f.add("existing.publicSubnets", "add a public subnet of one of the zones, or write access.privateEndpoint true", "the API's public load balancer has no subnet to stand in")
	}
}

// subnetIDs checks one map of zones to subnets.
func (b *Block) subnetIDs(f *findings, path string, of map[string]string) {
	for _, zone := range slices.Sorted(maps.Keys(of)) {
		at := fmt.Sprintf("%s[%q]", path, zone)
		if !zoneOf(b.Region, zone) {
			f.add(at, fmt.Sprintf("write the region and a letter, such as %q", b.Region+"a"), "%q is no availability zone of %s", zone, b.Region)
		}
		if !subnetForm.MatchString(of[zone]) {
			f.add(at, "write an id that 'aws ec2 describe-subnets --query Subnets[].SubnetId' prints", "%q is not the id of a subnet", of[zone])
		}
	}
}

// rules checks that a list of ranges fits into a security group.
func (f *findings) rules(path string, cidrs []string) {
	if len(cidrs) > mostRanges {
		f.add(path, fmt.Sprintf("write at most %d, larger ones if need be", mostRanges), "there are %d ranges, more than a security group has room for", len(cidrs))
	}
}

// room checks that spec.network.nodeCIDR can be a network and holds the nodes.
// What is wrong with it as a range, the config itself says.
func (f *findings) room(b *Block, cluster *config.Cluster) {
	const field = "spec.network.nodeCIDR"
	whole, err := netip.ParsePrefix(cluster.Spec.Network.NodeCIDR)
	zones := len(b.Zones)
	if err != nil || !whole.Addr().Is4() || zones == 0 || zones > mostZones || b.Existing.Network != "" {
		return
	}
	if whole.Bits() < largestNetwork || whole.Bits() > smallest(zones) {
		f.add("", fmt.Sprintf("write %s as a /%d to /%d", field, largestNetwork, smallest(zones)),
			"%s %s cannot be shared out among %d zones", field, whole, zones)
		return
	}
	fits := func(bits int) bool { return crowded(b, cluster, bits) == "" }
	zone := crowded(b, cluster, whole.Bits())
	if zone == "" {
		return
	}
	fix := "write fewer nodes"
	for bits := whole.Bits(); bits >= largestNetwork; bits-- {
		if fits(bits) {
			fix = fmt.Sprintf("write %s as a /%d or larger", field, bits)
			break
		}
	}
	f.add("", fix, "%s %s has addresses for %d hosts in each zone, and zone %s would have more", field, whole, capacity(whole.Bits(), zones), zone)
}

// capacity is how many hosts a private subnet has room for: AWS keeps five
// addresses, and the internal load balancer takes one.
func capacity(bits, zones int) int {
	return 1<<(32-bits-privateShare(zones)) - keptAddresses - 1
}

// crowded is the first zone with more hosts than a range of that length has
// addresses for, while each pool has one machine more than its most, as it has
// when it is being replaced.
func crowded(b *Block, cluster *config.Cluster, bits int) string {
	hosts := map[string]int{}
	for n := 1; n <= cluster.Spec.ControlPlane.Count; n++ {
		hosts[target.ControlPlaneZone(cluster, n)]++
	}
	for _, pool := range cluster.Spec.Pools {
		each := len(pool.Machine.Zones)
		for _, zone := range pool.Machine.Zones {
			hosts[zone] += (max(pool.Count, pool.Max) + 1 + each - 1) / each
		}
	}
	for _, zone := range b.Zones {
		if hosts[zone] > capacity(bits, len(b.Zones)) {
			return zone
		}
	}
	return ""
}
