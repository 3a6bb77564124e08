package local

import (
	"os"
	"runtime"
	"slices"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

var _ target.Assuming = (*Target)(nil)

// AssumedFacts are those of the image that hosts are made of (hostimage), and
// of this machine, whose kernel they share. Where Docker runs elsewhere, in a
// virtual machine, this machine is taken for an ordinary one.
func (t *Target) AssumedFacts(*config.Cluster, string, string) (node.Facts, bool) {
	return node.Facts{
		OS: "debian", Arch: runtime.GOARCH, CPUs: runtime.NumCPU(),
		CgroupVersion:   cgroupVersion("/sys/fs/cgroup"),
		HasSysResource:  !slices.Contains(t.machine.missing(), "SYS_RESOURCE"),
		ContainerEngine: node.Docker, ContainerdVersion: "1.7.24~ds1", ResolvConf: "/etc/resolv.conf",
		IsContainer: true,
	}, true
}

// cgroupVersion is that of the hierarchy at a path, as hosts tell it: hybrid
// ones count as version 1. A system that has none is no Linux, and its Docker
// a Linux of today.
func cgroupVersion(folder string) int {
	if _, err := os.Stat(folder); err != nil {
		return 2
	}
	if _, err := os.Stat(folder + "/cgroup.controllers"); err != nil {
		return 1
	}
	return 2
}
