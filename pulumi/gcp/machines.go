package gcp

import (
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// Types of machines of two processors and 8 GiB, by architecture.
func defaultTypes() map[string]string {
	return map[string]string{target.AMD64: "e2-standard-2", target.ARM64: "t2a-standard-2"}
}

// armFamilies are the families of machine types that are arm64
// (https://cloud.google.com/compute/docs/instances/arm-on-compute); all others
// are amd64.
func armFamilies() []string { return []string{"t2a", "c4a", "n4a", "a4x"} }

// hyperdiskFamilies are those that take no other disks
// (https://cloud.google.com/compute/docs/disks/hyperdisks#machine-type-support).
func hyperdiskFamilies() []string {
	return []string{"c4", "c4a", "c4d", "n4", "n4a", "n4d", "m4", "x4", "h4d", "a4", "a4x"}
}

// family is what a machine type's name begins with: e2 of e2-standard-2.
func family(machineType string) string {
	before, _, _ := strings.Cut(machineType, "-")
	return before
}

// archOf is the architecture of a machine type.
func archOf(machineType string) string {
	if slices.Contains(armFamilies(), family(machineType)) {
		return target.ARM64
	}
	return target.AMD64
}

// bootDisk is the type of disk that a machine boots from.
func bootDisk(machineType string) string { return diskType(machineType, "pd-balanced") }

// etcdDisk is the type of disk for etcd, which waits for every write to be on
// it.
func etcdDisk(machineType string) string { return diskType(machineType, "pd-ssd") }

func diskType(machineType, persistent string) string {
	if slices.Contains(hyperdiskFamilies(), family(machineType)) {
		return "hyperdisk-balanced"
	}
	return persistent
}
