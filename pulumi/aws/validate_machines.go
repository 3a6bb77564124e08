package aws

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// Forms of machine types: a family and a size, and of families: letters, the
// generation, and letters for what is special, g for Graviton among them.
var (
	typeForm   = regexp.MustCompile(`^[a-z][a-z0-9-]*\.[a-z0-9-]+$`)
	familyForm = regexp.MustCompile(`^([a-z]+)([0-9]+)([a-z]*)(-[a-z0-9]+)?$`)
)

// xen are the families from before Nitro. Their disks have no link with the
// volume's number, by which a control plane finds etcd's.
func xen() []string {
	return []string{
		"c1", "c3", "c4", "d2", "f1", "g2", "g3", "g3s", "h1", "hs1", "i2", "i3", "m1", "m2", "m3", "m4",
		"p2", "p3", "r3", "r4", "t1", "t2", "x1", "x1e",
	}
}

// architecture is what machines of a type have, as far as AWS's naming tells;
// empty where it does not.
func architecture(machineType string) string {
	family, _, _ := strings.Cut(machineType, ".")
	parts := familyForm.FindStringSubmatch(family)
	switch {
	case parts == nil:
		return ""
	case family == "a1", strings.Contains(parts[3], "g"):
		return target.ARM64
	}
	return target.AMD64
}

// machines checks types and zones of control planes and pools.
func (f *findings) machines(b *Block, cluster *config.Cluster) {
	cp := cluster.Spec.ControlPlane.Machine
	f.machine(b, "spec.controlPlane.machine", cp)
	if family, _, _ := strings.Cut(cp.Type, "."); slices.Contains(xen(), family) {
		f.add("", fmt.Sprintf("write spec.controlPlane.machine.type %q, or another of a newer family", defaultType(cp.Arch)),
			"spec.controlPlane.machine.type %q is of a family without NVMe disks, and etcd's disk could not be told from others", cp.Type)
	}
	for i, pool := range cluster.Spec.Pools {
		f.machine(b, fmt.Sprintf("spec.pools[%d].machine", i), pool.Machine)
	}
}

func (f *findings) machine(b *Block, path string, m config.Machine) {
	if !typeForm.MatchString(m.Type) {
		f.add("", fmt.Sprintf("write a family and a size, such as %s.type %q", path, defaultType(m.Arch)), "%s.type %q is not a machine type", path, m.Type)
	} else if has := architecture(m.Type); has != "" && has != m.Arch && slices.Contains(config.Architectures(), m.Arch) {
		f.add("", fmt.Sprintf("write %s.arch %q, or type %q", path, has, defaultType(m.Arch)), "%s.type %s is %s, and arch says %s", path, m.Type, has, m.Arch)
	}
	if len(m.Zones) == 0 && len(b.Zones) > 0 {
		f.add("", fmt.Sprintf("write one of %s, or remove %s.zones", strings.Join(b.Zones, ", "), path), "%s.zones is an empty list", path)
	}
	for _, zone := range m.Zones {
		if !slices.Contains(b.Zones, zone) {
			f.add("", fmt.Sprintf("add %q to spec.aws.zones, or remove it here", zone), "%s.zones has %q, which is not one of the cluster's zones%s", path, zone, config.Meant(zone, b.Zones))
		}
	}
}

// defaultTypes are those of machines where the config names none, by
// architecture: two processors and 8 GiB.
func defaultTypes() map[string]string {
	return map[string]string{target.AMD64: "m6i.large", target.ARM64: "m6g.large"}
}

func defaultType(arch string) string {
	if arch == target.ARM64 {
		return defaultTypes()[target.ARM64]
	}
	return defaultTypes()[target.AMD64]
}
