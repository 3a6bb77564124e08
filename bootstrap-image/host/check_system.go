package host

import (
	"context"
	"encoding/binary"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

// clockSlack is how far clocks may be apart: certificates are dated back by as
// much.
const clockSlack = 5 * time.Minute

// checkClock refuses a clock that is off: what would be issued by it is not
// valid elsewhere, or has ended.
func (r *run) checkClock(ctx context.Context, problems *refusal) {
	const fix = "set it, or switch NTP on: 'timedatectl set-ntp true'"
	now := r.Now()
	ca, err := pki.ParseCertificate([]byte(r.bundle.Credentials.CA.Certificate))
	switch {
	case err != nil:
		problems.add("the bundle's authority cannot be read (%v): make the bundle again", err)
		return
	case now.Before(ca.NotBefore):
		problems.add("this host's clock is off: it says %s, and the cluster's authority begins only at %s: %s", stamp(now), stamp(ca.NotBefore), fix)
		return
	case now.After(ca.NotAfter):
		problems.add("the cluster's authority ended at %s, and this host's clock says %s: if the clock is off, %s; otherwise replace the authority (docs/rotation.md)", stamp(ca.NotAfter), stamp(now), fix)
		return
	}
	servers := r.clockServers()
	if len(servers) == 0 {
		return
	}
	asked := r.Now()
	there, server, err := r.machine().Time(ctx, servers, []byte(r.bundle.Credentials.CA.Certificate))
	if err != nil {
		return // no cluster to compare with yet
	}
	if off := asked.Sub(there).Abs(); off > clockSlack {
		problems.add("this host's clock is off by %s: it says %s, the API server at %s says %s: %s", off.Round(time.Second), stamp(asked), server, stamp(there), fix)
	}
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// clockServers are the API servers whose clock counts: those of others.
func (r *run) clockServers() []string {
	if !r.isControlPlane() && !r.bundle.Balanced {
		return []string{r.bundle.Endpoint}
	}
	var out []string
	for _, member := range r.bundle.ControlPlanes {
		if member.Address != r.self.Address {
			out = append(out, apiAt(member.Address))
		}
	}
	return out
}

// checkSystem refuses a host that lacks what a node is made with.
func (r *run) checkSystem(problems *refusal) {
	if r.facts.ContainerEngine == "" {
		problems.add("no container engine answers here: %s, or start it: 'systemctl start docker'", r.install("docker.io"))
	}
	switch version := r.facts.ContainerdVersion; {
	case version == "unknown":
		problems.add("there is no containerd, which runs the pods, also beside Podman: %s", r.install("containerd"))
	case olderContainerd(version):
		problems.add("containerd %s is too old for Kubernetes %s, which needs 1.6: %s", version, r.bundle.Cluster.Spec.KubernetesVersion, r.install("containerd"))
	}
	if arch := r.hostArch(); arch != "" && arch != r.facts.Arch {
		problems.add("this host is %s and this image is for %s: use an image that has %s", arch, r.facts.Arch, arch)
	}
	if missing := r.missingControllers(); len(missing) > 0 {
		problems.add("the kernel does not count %s for cgroups: add 'cgroup_enable=%s' to its command line and reboot", strings.Join(missing, ", "), missing[0])
	}
	r.checkKernel(problems)
	dropIns, _ := r.root.glob("/*/systemd/system/" + node.KubeletUnit + ".d/*.conf")
	more, _ := r.root.glob("/usr/lib/systemd/system/" + node.KubeletUnit + ".d/*.conf")
	for _, file := range append(dropIns, more...) {
		if content, err := r.root.read(file); err == nil && strings.Contains(string(content), "ExecStart=") {
			problems.add("%s would start another kubelet in place of ours: remove the package that it is of ('apt-get remove kubeadm kubelet'), or the file", file)
		}
	}
}

// install is what to type to have a package.
func (r *run) install(name string) string {
	switch r.facts.OS {
	case "debian", "ubuntu":
		return fmt.Sprintf("install it: 'apt-get update && apt-get install -y %s'", name)
	}
	return "install " + strings.TrimSuffix(name, ".io")
}

var majorMinor = regexp.MustCompile(`^v?(\d+)\.(\d+)\.`)

// olderContainerd tells versions before 1.6, which do not speak the CRI of
// today. A version of another form is taken for a new one.
func olderContainerd(version string) bool {
	match := majorMinor.FindStringSubmatch(version)
	if match == nil {
		return false
	}
	major, _ := strconv.Atoi(match[1])
	minor, _ := strconv.Atoi(match[2])
	return major < 1 || major == 1 && minor < 6
}

// hostArch is what the host's own programs are made for; empty where none of
// them is known. The kernel would answer an emulated program with the
// emulation's own name.
func (r *run) hostArch() string {
	for _, program := range []string{"/bin/sh", "/usr/bin/sh", "/usr/bin/bash", "/usr/lib/systemd/systemd"} {
		content, err := r.root.head(program, 20)
		if err != nil || len(content) < 20 || string(content[:4]) != "\x7fELF" {
			continue
		}
		// The numbers are of the ELF specification, e_machine.
		switch machine := binary.LittleEndian.Uint16(content[18:]); machine {
		case 62:
			return "amd64"
		case 183:
			return "arm64"
		case 40:
			return "arm"
		case 243:
			return "riscv64"
		default:
			return fmt.Sprintf("of ELF machine %d", machine)
		}
	}
	return ""
}

// missingControllers are those that a kubelet needs and the kernel has not.
func (r *run) missingControllers() []string {
	needed := []string{"cpu", "memory", "pids"}
	var missing []string
	if there, err := r.root.read("/sys/fs/cgroup/cgroup.controllers"); err == nil {
		for _, name := range needed {
			if !strings.Contains(" "+strings.Join(strings.Fields(string(there)), " ")+" ", " "+name+" ") {
				missing = append(missing, name)
			}
		}
		return missing
	}
	table, err := r.root.read("/proc/cgroups")
	if err != nil {
		return nil
	}
	for _, name := range needed {
		enabled := regexp.MustCompile(`(?m)^` + name + `\s+\d+\s+\d+\s+1$`)
		if !enabled.Match(table) {
			missing = append(missing, name)
		}
	}
	return missing
}

var nodeName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)

// checkName refuses what the API would: a node's name is a DNS name, and the
// value of a label too, which has 63 letters at most.
func (r *run) checkName(problems *refusal) {
	name := r.self.Name
	switch {
	case !nodeName.MatchString(name) || len(name) > 63:
		problems.add("the host's name %q cannot be a node's: letters, digits, '-' and '.', 63 at most: 'hostnamectl set-hostname NAME', or give another with --name", name)
	case name == "localhost" || strings.HasPrefix(name, "localhost."):
		problems.add("the host is called %q, as others may be: 'hostnamectl set-hostname NAME', or give another with --name", name)
	}
}
