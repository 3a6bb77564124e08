package node

import "fmt"

// containerdConfig is version 2 of the format, which containerd 1.7 reads and
// containerd 2 converts as it starts: one text for both.
const containerdConfig = `# Written by kubernetes-anywhere; changes are overwritten.
version = 2

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = %q
  # Without CAP_SYS_RESOURCE nobody may lower an OOM score; containers that
  # ask for it would not start.
  restrict_oom_score_adj = %t

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/opt/cni/bin"
  conf_dir = "/etc/cni/net.d"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = %t
`

const (
	// containerdDropIn has Flatcar's containerd read /etc/containerd: its own
	// unit names a file of the read-only system instead.
	containerdDropIn = "/etc/systemd/system/containerd.service.d/10-kubernetes-anywhere.conf"
	defaultConfig    = "[Service]\nExecStart=\nExecStart=/usr/bin/containerd --config " + ContainerdConfigPath + "\n"
	flatcar          = "flatcar"
)

// containerd adds its configuration; the kubelet must agree on who manages
// cgroups (see cgroupDriver).
func (p plan) containerd(t *tree) {
	if p.facts.OS == flatcar {
		t.file(containerdDropIn, public, defaultConfig)
	}
	t.file(ContainerdConfigPath, public, fmt.Sprintf(containerdConfig,
		p.images.Pause, !p.facts.HasSysResource, p.cgroupDriver() == "systemd"))
}

// cgroupDriver is systemd where there is one tree of cgroups for it to own.
func (p plan) cgroupDriver() string {
	if p.facts.CgroupVersion == 1 {
		return "cgroupfs"
	}
	return "systemd"
}
