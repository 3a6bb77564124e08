package host

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// Network says how a host is called and reached.
type Network interface {
	Hostname() (string, error)
	Addresses() ([]string, error)
}

// SystemNetwork is the network of the process, which is the host's.
type SystemNetwork struct{}

var _ Network = SystemNetwork{}

// Hostname is the kernel's.
func (SystemNetwork) Hostname() (string, error) { return os.Hostname() }

// Addresses are those of all interfaces.
func (SystemNetwork) Addresses() ([]string, error) {
	found, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, address := range found {
		if network, ok := address.(*net.IPNet); ok && network.IP.IsGlobalUnicast() {
			out = append(out, network.IP.String())
		}
	}
	return out, nil
}

// Metadata asks the cloud's metadata service (package metadata).
type Metadata interface {
	// Instance is the machine as the cloud describes it.
	Instance(ctx context.Context, cloud string) (node.Instance, error)
}

// capSysResource is the number of CAP_SYS_RESOURCE.
const capSysResource = 24

func (r *run) readFacts(ctx context.Context) error {
	hostname, err := r.Network.Hostname()
	if err != nil {
		return fmt.Errorf("reading the host's name: %w", err)
	}
	addresses, err := r.Network.Addresses()
	if err != nil {
		return fmt.Errorf("reading the host's addresses: %w", err)
	}
	if hostname, addresses, err = r.chosen(hostname, addresses); err != nil {
		return err
	}
	r.facts = node.Facts{
		Hostname: hostname, Addresses: addresses, Arch: cmp.Or(r.Arch, runtime.GOARCH), CPUs: runtime.NumCPU(),
		OS:                r.osID(),
		CgroupVersion:     1,
		ContainerEngine:   r.findEngine(ctx),
		ContainerdVersion: r.containerdVersion(ctx),
		ResolvConf:        "/etc/resolv.conf",
		Now:               r.Now(),
	}
	// Hybrid hosts have the file one folder deeper and count as version 1.
	if r.root.exists("/sys/fs/cgroup/cgroup.controllers") {
		r.facts.CgroupVersion = 2
	}
	if r.facts.HasSysResource, err = r.hasSysResource(); err != nil {
		return err
	}
	r.facts.Kernel, r.facts.WithoutNFTables = r.kernel()
	// Not Podman's /run/.containerenv: a container of a host that shares its
	// /run, as the kubelet's does, may leave that on a machine.
	for _, sign := range []string{"/run/systemd/container", "/.dockerenv"} {
		r.facts.IsContainer = r.facts.IsContainer || r.root.exists(sign)
	}
	// systemd-resolved's stub answers on the host's loopback only, where pods
	// cannot reach it; this file names the servers behind it.
	if real := "/run/systemd/resolve/resolv.conf"; r.root.exists(real) {
		r.facts.ResolvConf = real
	}
	r.report.say("  %q: %s/%s, cgroup v%d, %s, containerd %s",
		hostname, r.facts.OS, r.facts.Arch, r.facts.CgroupVersion, cmp.Or(r.facts.ContainerEngine, "no container engine"), r.facts.ContainerdVersion)
	return nil
}

// chosen puts what the user says in place of what was found. Addresses of the
// other family stay: a node may have one of each.
func (r *run) chosen(hostname string, addresses []string) (string, []string, error) {
	if r.Address != "" {
		if !slices.Contains(addresses, r.Address) {
			return "", nil, fmt.Errorf("taking the address %q: this host has %s; write one of these as --address", r.Address, strings.Join(addresses, ", "))
		}
		others := slices.DeleteFunc(slices.Clone(addresses), func(one string) bool { return isIPv6(one) == isIPv6(r.Address) })
		addresses = append([]string{r.Address}, others...)
	}
	return cmp.Or(r.Name, hostname), addresses, nil
}

func isIPv6(address string) bool { return strings.Contains(address, ":") }

// identify finds out which host of the bundle's cluster this is.
func (r *run) identify(ctx context.Context) error {
	if err := r.askCloud(ctx); err != nil {
		return err
	}
	var err error
	if r.self, err = node.Identify(r.bundle, r.facts); err != nil {
		return err
	}
	at := r.self.Address
	if r.self.Address6 != "" {
		at += " and " + r.self.Address6
	}
	r.report.say("  %s %q at %s", r.bundle.Role, r.self.Name, at)
	return nil
}

// askCloud finds out which machine this is; a service that does not answer yet
// does so in a moment.
func (r *run) askCloud(ctx context.Context) error {
	cloud := r.bundle.Cloud
	if cloud == "" {
		return nil
	}
	if r.Metadata == nil {
		return fmt.Errorf("finding out which machine of %s this is: this program cannot ask", cloud)
	}
	return r.until(ctx, wait{
		what: "the metadata service of " + cloud + " to say which machine this is", pause: 5 * r.Pause, reasons: true,
		ready: func(ctx context.Context) (err error) {
			r.facts.Instance, err = r.Metadata.Instance(ctx, cloud)
			return err
		},
		tail: func(context.Context) []string { return nil },
		next: "whether this is a machine of " + cloud,
	})
}

func (r *run) osID() string {
	release, err := r.root.read("/etc/os-release")
	if err != nil {
		release, _ = r.root.read("/usr/lib/os-release")
	}
	for line := range strings.Lines(string(release)) {
		if id, ok := strings.CutPrefix(strings.TrimSpace(line), "ID="); ok {
			return strings.Trim(id, `"'`)
		}
	}
	return "unknown"
}

// containerdVersion is the third word of "containerd REPOSITORY VERSION …".
func (r *run) containerdVersion(ctx context.Context) string {
	output, err := r.onHost(ctx, "containerd", "--version")
	if words := strings.Fields(string(output)); err == nil && len(words) > 2 {
		return words[2]
	}
	return "unknown"
}

// hasSysResource looks at the host's first process: what it may never have, no
// container of the host can be given.
func (r *run) hasSysResource() (bool, error) {
	status, err := r.root.read("/proc/1/status")
	if err != nil {
		return false, fmt.Errorf("reading the capabilities of the host: %w; run the image with --pid=host and -v /:/host", err)
	}
	for line := range strings.Lines(string(status)) {
		if set, ok := strings.CutPrefix(line, "CapBnd:"); ok {
			bits, err := strconv.ParseUint(strings.TrimSpace(set), 16, 64)
			if err != nil {
				return false, fmt.Errorf("reading the capabilities of the host: %w", err)
			}
			return bits&(1<<capSysResource) != 0, nil
		}
	}
	return false, fmt.Errorf("reading the capabilities of the host: /proc/1/status has no CapBnd")
}
