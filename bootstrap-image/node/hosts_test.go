package node

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// Every image has one name for all architectures, so that nothing that a host
// is given may depend on its own.
func TestIgnition_IsTheSameOnEveryArchitecture(t *testing.T) {
	for _, role := range []string{ControlPlane, Worker} {
		b, f := newBundle(t, role), newFacts(role)
		amd64 := files(t, b, f)
		f.Arch = "arm64"
		if diff := cmp.Diff(amd64, files(t, b, f)); diff != "" {
			t.Errorf("%s: arm64 is given something else (-amd64 +arm64):\n%s", role, diff)
		}
	}
}

// systemd of cgroup v2 owns the one tree: containerd and the kubelet must both
// ask it. Of version 1 neither may, and the kubelet must be told to start.
func TestIgnition_ContainerdAndKubeletAgreeOnCgroups(t *testing.T) {
	for version, want := range map[int]struct {
		driver, systemdCgroup string
		failCgroupV1          any
	}{
		1: {"cgroupfs", "SystemdCgroup = false\n", false},
		2: {"systemd", "SystemdCgroup = true\n", nil},
	} {
		for _, role := range []string{ControlPlane, Worker} {
			b, f := newBundle(t, role), newFacts(role)
			f.CgroupVersion = version
			got := files(t, b, f)
			var kubelet map[string]any
			if err := yaml.Unmarshal([]byte(got[kubeletConfig]), &kubelet); err != nil {
				t.Fatal(err)
			}
			if kubelet["cgroupDriver"] != want.driver || kubelet["failCgroupV1"] != want.failCgroupV1 {
				t.Errorf("cgroup v%d, %s: the kubelet's driver is %v, failCgroupV1 %v", version, role, kubelet["cgroupDriver"], kubelet["failCgroupV1"])
			}
			if !strings.Contains(got[ContainerdConfigPath], want.systemdCgroup) {
				t.Errorf("cgroup v%d, %s: containerd has\n%s", version, role, got[ContainerdConfigPath])
			}
			// The container of the kubelet sees the host's tree in either version.
			for _, mount := range []string{"--cgroupns=host", "--volume /sys/fs/cgroup:/sys/fs/cgroup"} {
				if !strings.Contains(got[KubeletUnit], mount) {
					t.Errorf("cgroup v%d, %s: the kubelet has no %s", version, role, mount)
				}
			}
		}
	}
}

// What a distribution is called changes one file, on Flatcar, whose containerd
// reads its configuration below the read-only /usr.
func TestIgnition_DistributionsDifferByContainerdsDropIn(t *testing.T) {
	b, f := newBundle(t, Worker), newFacts(Worker)
	debian := files(t, b, f)
	for _, os := range []string{"ubuntu", flatcar} {
		f.OS = os
		got := files(t, b, f)
		dropIn, given := got[containerdDropIn]
		if given != (os == flatcar) || given && !strings.Contains(dropIn, "--config "+ContainerdConfigPath) {
			t.Errorf("%s: containerd's drop-in is %q", os, dropIn)
		}
		delete(got, containerdDropIn)
		if diff := cmp.Diff(debian, got); diff != "" {
			t.Errorf("%s differs (-debian +%s):\n%s", os, os, diff)
		}
		for path := range got {
			if strings.HasPrefix(path, "/usr/") {
				t.Errorf("%s: %s is where Flatcar has no room for it", os, path)
			}
		}
	}
}
