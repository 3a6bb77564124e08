package node

import (
	"fmt"
	"strings"
)

// Paths of what the operating system reads.
const (
	// SysctlPath holds the kernel settings.
	SysctlPath  = "/etc/sysctl.d/99-kubernetes.conf"
	modulesPath = "/etc/modules-load.d/kubernetes.conf"
	presetPath  = "/etc/systemd/system-preset/10-kubernetes-anywhere.preset"
)

// system adds what belongs to the operating system.
func (p plan) system(t *tree) {
	t.file(modulesPath, public, strings.Join(Modules(p.layer), "\n")+"\n")
	t.file(SysctlPath, public, p.sysctls())
}

// sysctls are those of the network, which belong to the host alone; the others
// are the whole machine's, and a host that is a container leaves them be.
func (p plan) sysctls() string {
	lines := []string{
		"# Pods' traffic is routed by the host and must pass its firewall.",
		"net.ipv4.ip_forward = 1",
		"net.bridge.bridge-nf-call-iptables = 1",
		"net.bridge.bridge-nf-call-ip6tables = 1",
	}
	if p.bundle.Cluster.Spec.Network.DualStack() {
		lines = append(lines, "net.ipv6.conf.all.forwarding = 1")
	}
	if !p.facts.IsContainer {
		lines = append(lines,
			"# Every connection through a Service is tracked.",
			fmt.Sprintf("net.netfilter.nf_conntrack_max = %d", connections(p.facts.CPUs)),
			"# Each pod watches files; the defaults are a desktop's.",
			"fs.inotify.max_user_instances = 8192",
			"fs.inotify.max_user_watches = 524288",
		)
	}
	lines = append(lines, p.layerSysctls()...)
	return strings.Join(lines, "\n") + "\n"
}

// connections is kube-proxy's own rule, which it would set by itself if it were
// not told to leave the kernel alone: conntrack.maxPerCore and min of its
// configuration's defaults.
func connections(cpus int) int { return max(131072, 32768*cpus) }

// preset says which units start at boot. It is a file of ours, not Ignition's
// 'enabled', which adds a line at every run.
func preset(t *tree, units ...string) {
	content := t.files[presetPath].content
	for _, unit := range units {
		content += "enable " + unit + "\n"
	}
	t.file(presetPath, public, content)
}
