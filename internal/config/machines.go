package config

import (
	"fmt"
	"slices"
	"strings"
)

// Bounds of disks, in units of 10⁹ bytes: below the first the images of a node
// do not fit, above the second no cloud makes one.
const (
	smallestDiskGB = 20
	largestDiskGB  = 16384
)

// Architectures are those that nodes can have.
func Architectures() []string { return []string{"amd64", "arm64"} }

// machine checks what every cloud asks of a machine. What a type or a zone is
// called, each target knows.
func (f *findings) machine(path string, m Machine) {
	if m.Arch != "" && !slices.Contains(Architectures(), m.Arch) {
		f.add(path+".arch", `write "amd64" or "arm64"`, "%q is no architecture of nodes%s", m.Arch, meantArch(m.Arch))
	}
	f.disk(path+".diskGB", m.DiskGB)
	for i, zone := range m.Zones {
		at := fmt.Sprintf("%s.zones[%d]", path, i)
		switch {
		case zone == "":
			f.add(at, "write the name of a zone, or remove the item", "is empty")
		case slices.Index(m.Zones, zone) < i:
			f.add(at, "remove one of the two", "%q is in the list already", zone)
		}
	}
}

// meantArch is "; did you mean …?" for the names that others have for an
// architecture, or for a slip.
func meantArch(written string) string {
	switch strings.ToLower(written) {
	case "x86_64", "x86-64", "x64", "intel", "amd":
		return `; did you mean "amd64"?`
	case "aarch64", "arm", "armv8", "arm64v8", "graviton":
		return `; did you mean "arm64"?`
	}
	return meant(written, Architectures())
}

func (f *findings) disk(path string, size int) {
	if size != 0 && (size < smallestDiskGB || size > largestDiskGB) {
		f.add(path, fmt.Sprintf("write %d to %d", smallestDiskGB, largestDiskGB), "a disk of %d GB cannot be had or is of no use", size)
	}
}

// bounds checks between which numbers a pool is scaled.
func (f *findings) bounds(path string, pool Pool) {
	switch {
	case pool.Min < 0:
		f.add(path+".min", "write 0 or more", "%d is less than no nodes", pool.Min)
	case pool.Max < 0:
		f.add(path+".max", "write 0 for a pool of a fixed size", "%d is less than no nodes", pool.Max)
	case pool.Max == 0 && pool.Min > 0:
		f.add(path+".min", "write max as well, or remove min", "a pool without a max has a fixed size, its count")
	case pool.Max > mostNodes:
		f.add(path+".max", fmt.Sprintf("write at most %d", mostNodes), "%d nodes are more than any cluster can have", pool.Max)
	case pool.Max > 0 && (pool.Count < pool.Min || pool.Count > pool.Max):
		f.add(path+".count", fmt.Sprintf("write %d to %d", pool.Min, max(pool.Min, pool.Max)), "%d is not between min and max", pool.Count)
	}
}

// OfMachines lists the fields that speak of a cloud's machines and are set: a
// target without such machines has no use for any of them.
func (c *Cluster) OfMachines() []string {
	var set []string
	note := func(path string, is bool) {
		if is {
			set = append(set, path)
		}
	}
	noteMachine := func(path string, m Machine) {
		note(path+".type", m.Type != "")
		note(path+".arch", m.Arch != "")
		note(path+".diskGB", m.DiskGB != 0)
		note(path+".zones", len(m.Zones) > 0)
	}
	noteMachine("spec.controlPlane.machine", c.Spec.ControlPlane.Machine)
	note("spec.controlPlane.etcdDiskGB", c.Spec.ControlPlane.EtcdDiskGB != 0)
	for i, pool := range c.Spec.Pools {
		at := fmt.Sprintf("spec.pools[%d]", i)
		noteMachine(at+".machine", pool.Machine)
		note(at+".min", pool.Min != 0)
		note(at+".max", pool.Max != 0)
		note(at+".spot", pool.Spot)
	}
	return set
}
