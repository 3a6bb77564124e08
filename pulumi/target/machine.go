package target

import (
	"slices"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// Architectures of machines, in the words of Go and of container images.
const (
	AMD64 = "amd64"
	ARM64 = "arm64"
)

// Operating systems that hosts of every cloud can run.
const (
	Debian  = "debian-13"
	Ubuntu  = "ubuntu-24.04"
	Flatcar = "flatcar"
)

// OperatingSystems lists them.
func OperatingSystems() []string { return []string{Debian, Ubuntu, Flatcar} }

// Sizes of disks where the config names none, in units of 10⁹ bytes. Images of
// a control plane unpack to about 3; etcd advises at most 8 of data.
const (
	defaultDiskGB     = 50
	defaultEtcdDiskGB = 20
)

// DefaultMachines fills what the config leaves open of the machines of control
// plane and pools: types by architecture, sizes of disks, zones.
func DefaultMachines(cluster *config.Cluster, types map[string]string, zones []string) {
	spec := &cluster.Spec
	defaultMachine(&spec.ControlPlane.Machine, types, zones)
	if spec.ControlPlane.EtcdDiskGB == 0 {
		spec.ControlPlane.EtcdDiskGB = defaultEtcdDiskGB
	}
	for i := range spec.Pools {
		defaultMachine(&spec.Pools[i].Machine, types, zones)
	}
}

func defaultMachine(m *config.Machine, types map[string]string, zones []string) {
	if m.Arch == "" {
		m.Arch = AMD64
	}
	if m.Type == "" {
		m.Type = types[m.Arch]
	}
	if m.DiskGB == 0 {
		m.DiskGB = defaultDiskGB
	}
	if m.Zones == nil {
		m.Zones = slices.Clone(zones)
	}
}

// ControlPlaneZone is the zone of the nth control plane, counted from 1: they
// take turns.
func ControlPlaneZone(cluster *config.Cluster, n int) string {
	zones := cluster.Spec.ControlPlane.Machine.Zones
	if len(zones) == 0 {
		return ""
	}
	return zones[(n-1)%len(zones)]
}

// PoolMachines are the machines of the pools, or where there are no pools one
// such as a new pool would have: for the choices that a config has.
func PoolMachines(cluster *config.Cluster) []config.Machine {
	var machines []config.Machine
	for _, pool := range cluster.Spec.Pools {
		machines = append(machines, pool.Machine)
	}
	if len(machines) == 0 {
		return []config.Machine{{Arch: AMD64}}
	}
	return machines
}

// UsualMachines are, of the types that a target offers, those of the
// architectures of the given machines; arch is where the config says those.
// archOf is the architecture of a type.
func UsualMachines(arch string, types []string, archOf func(string) string, machines ...config.Machine) config.Choices {
	var values []string
	for _, m := range machines {
		for _, name := range types {
			if archOf(name) == m.Arch && !slices.Contains(values, name) {
				values = append(values, name)
			}
		}
	}
	return config.Choices{Values: values, Open: true, Of: arch}
}
