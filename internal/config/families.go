package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Families is a block of a target that knows whether its hosts can have an
// address of each family. A block without it gives IPv4 addresses only.
type Families interface {
	// DualStack is whether hosts can have an IPv6 address beside their IPv4
	// one.
	DualStack() bool
}

// Ranges are the ranges of a field that holds one, or one of each family with
// a comma between them, in their order.
func Ranges(cidr string) []string { return strings.Split(cidr, ",") }

// First is a field's first range: that of the family that nodes, services and
// DNS are known by, which is IPv4.
func First(cidr string) string { return Ranges(cidr)[0] }

// Second is a field's IPv6 range, and empty where there is none.
func Second(cidr string) string {
	_, second, _ := strings.Cut(cidr, ",")
	return second
}

// Prefixes are the ranges of a field, read. The error says which cannot be.
func Prefixes(cidr string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, text := range Ranges(cidr) {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("reading the address range %q: %w", text, err)
		}
		all = append(all, prefix.Masked())
	}
	return all, nil
}

// DualStack tells whether pods, services and nodes have an address of each
// family.
func (n Network) DualStack() bool { return Second(n.PodCIDR) != "" }

// part is one range of a field, as it is written there.
type part struct {
	path string
	all  []string
	at   int
}

func parts(path, value string) []part {
	all := Ranges(value)
	out := make([]part, len(all))
	for i := range all {
		out[i] = part{path, all, i}
	}
	return out
}

func (p part) value() string { return p.all[p.at] }

// with is the field's whole value, with another range in the place of this one.
func (p part) with(another fmt.Stringer) string {
	if len(p.all) == 0 {
		return another.String()
	}
	all := slices.Clone(p.all)
	all[p.at] = another.String()
	return strings.Join(all, ",")
}

// field reads the ranges of one field. Those that are understood are returned
// even when something is wrong with them, so that their overlaps are told in
// the same run.
func (f *findings) field(path, value string) (ranges []namedRange) {
	if tight := strings.ReplaceAll(value, " ", ""); tight != value {
		f.add(path, fmt.Sprintf("write %q", tight), "%q has spaces in it", value)
		value = tight
	}
	all := parts(path, value)
	for _, one := range all {
		if prefix, ok := f.cidr(one); ok {
			ranges = append(ranges, namedRange{path, prefix, one})
		}
	}
	if len(ranges) == len(all) && !f.families(path, ranges) {
		return nil // of what must be written anew, nothing more is said
	}
	return ranges
}

// families are IPv4, or IPv4 and IPv6. IPv4 comes first, because control
// planes, etcd and the API are reached by it.
func (f *findings) families(path string, ranges []namedRange) bool {
	first, before := ranges[0].prefix, len(*f)
	switch {
	case len(ranges) > 2:
		f.add(path, fmt.Sprintf("write %q", first), "%d ranges are written, and there can be one of each family", len(ranges))
	case len(ranges) == 1 && first.Addr().Is6():
		f.add(path, fmt.Sprintf(`write an IPv4 range, such as "10.0.0.0/16", alone or as in "10.0.0.0/16,%s"`, first),
			"%s is IPv6, and a cluster cannot have that alone: hosts and the API are reached by IPv4", first)
	case len(ranges) == 1:
	case first.Addr().Is4() == ranges[1].prefix.Addr().Is4():
		f.add(path, fmt.Sprintf("write %q", first), "%s and %s are of the same family", first, ranges[1].prefix)
	case first.Addr().Is6():
		f.add(path, fmt.Sprintf("write %q", ranges[1].prefix.String()+","+first.String()),
			"%s is IPv6 and comes first: hosts and the API are reached by IPv4, so that goes first", first)
	}
	return len(*f) == before
}

// together checks that pods, services and nodes have the same families, and
// that the target can give them to its hosts.
func (f *findings) together(path string, c *Cluster) {
	n := c.Spec.Network
	fields := []struct{ name, value, example string }{
		{"podCIDR", n.PodCIDR, DefaultPodCIDR6}, {"serviceCIDR", n.ServiceCIDR, DefaultServiceCIDR6}, {"nodeCIDR", n.NodeCIDR, DefaultNodeCIDR6},
	}
	var with []string
	for _, field := range fields {
		if Second(field.value) != "" {
			with = append(with, field.name)
		}
	}
	if len(with) == 0 {
		return
	}
	if f.oneFamily(path, c) {
		return
	}
	for _, field := range fields {
		if Second(field.value) == "" {
			f.add(join(path, field.name), fmt.Sprintf("write %q, or one range in %s", field.value+","+field.example, strings.Join(with, " and ")),
				"has one range and %s two: pods, services and nodes have the same families", strings.Join(with, " and "))
		}
	}
}

// oneFamily refuses two families on a target that gives its hosts IPv4
// addresses only.
func (f *findings) oneFamily(path string, c *Cluster) bool {
	block, ok := c.Spec.Block.(Block)
	if !ok {
		return false // a bundle's config: its target has been asked
	}
	if families, ok := block.(Families); ok && families.DualStack() {
		return false
	}
	n := c.Spec.Network
	for _, field := range []struct{ name, value string }{{"podCIDR", n.PodCIDR}, {"serviceCIDR", n.ServiceCIDR}, {"nodeCIDR", n.NodeCIDR}} {
		if Second(field.value) != "" {
			f.add(join(path, field.name), fmt.Sprintf("write %q", First(field.value)),
				"%s is a second range, and hosts of target %s have IPv4 addresses only: two families are not built there yet", Second(field.value), c.Spec.Target)
		}
	}
	return true
}
