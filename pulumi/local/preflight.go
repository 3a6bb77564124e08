package local

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"runtime"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// Room that a cluster needs on Docker's disk. Four hosts and their balancer took
// 7.7 GB when all was up (test/node, measured by du); what they write from then
// on is what a start is given besides.
const (
	gigabyte     = 1 << 30
	diskPerHost  = 2 * gigabyte
	diskForStart = 3 * gigabyte
)

// flight is one run of the checks.
type flight struct {
	docker  Docker
	machine machine
	in      target.Inputs
	block   Block
	// ours are the cluster's containers that exist already, by name.
	ours map[string]container.Summary
}

// Preflight names everything that would make the program fail. Where Docker
// does not answer, nothing else can be known.
func (t *Target) Preflight(ctx context.Context, in target.Inputs) []diag.Problem {
	docker, err := t.connect()
	if err != nil {
		return []diag.Problem{{Message: err.Error(), Fix: "unset DOCKER_HOST, or set it to a daemon that answers"}}
	}
	info, err := docker.Info(ctx)
	if err != nil {
		return []diag.Problem{{
			Message: fmt.Sprintf("Docker does not answer at %s: %v", docker.DaemonHost(), err),
			Fix:     getDocker(runtime.GOOS),
		}}
	}
	if info.OSType != "linux" {
		return []diag.Problem{{
			Message: fmt.Sprintf("Docker runs %s containers; hosts are Linux containers", info.OSType),
			Fix:     "switch Docker to Linux containers",
		}}
	}
	f := flight{docker: docker, machine: t.machine, in: in, block: block(in.Cluster)}
	var problems []diag.Problem
	for _, check := range []func(context.Context) []diag.Problem{f.names, f.shape, f.networks, f.port, f.image, f.archive} {
		problems = append(problems, check(ctx)...)
	}
	return append(problems, f.disk(info.DockerRootDir)...)
}

// hostNames are the hosts that the program declares.
func hostNames(cluster *config.Cluster) []string {
	var names []string
	for n := range cluster.Spec.ControlPlane.Count {
		names = append(names, target.ControlPlaneName(cluster.Metadata.Name, n+1))
	}
	for _, pool := range cluster.Spec.Pools {
		for n := range pool.Count {
			names = append(names, target.WorkerName(cluster.Metadata.Name, pool.Name, n+1))
		}
	}
	return names
}

// names finds containers and volumes that have our names and are not ours.
func (f *flight) names(ctx context.Context) []diag.Problem {
	cluster := f.in.Cluster.Metadata.Name
	var problems []diag.Problem
	f.ours = map[string]container.Summary{}
	found, err := f.docker.ContainerList(ctx, container.ListOptions{All: true, Filters: ofCluster(cluster)})
	if err != nil {
		return []diag.Problem{unlooked("containers", err)}
	}
	for _, one := range found {
		for _, name := range one.Names {
			f.ours[name[1:]] = one // Docker writes names with a slash in front
		}
	}
	if name := balancerName(cluster); isBalanced(f.in.Cluster) {
		if _, ours := f.ours[name]; !ours {
			if _, err := f.docker.ContainerInspect(ctx, name); err == nil {
				problems = append(problems, taken("container", name, "docker rm -f "+name))
			}
		}
	}
	for _, name := range hostNames(f.in.Cluster) {
		if _, ours := f.ours[name]; !ours {
			if _, err := f.docker.ContainerInspect(ctx, name); err == nil {
				problems = append(problems, taken("container", name, "docker rm -f "+name))
			}
		}
		volume, err := f.docker.VolumeInspect(ctx, volumeName(name))
		if err == nil && volume.Labels[target.ClusterLabel] != cluster {
			problems = append(problems, taken("volume", volume.Name, "docker volume rm "+volume.Name))
		}
	}
	return problems
}

// networks finds a network of our name that is not ours, and whatever the node
// CIDR overlaps.
func (f *flight) networks(ctx context.Context) []diag.Problem {
	cluster := f.in.Cluster.Metadata.Name
	wanted, err := config.Prefixes(f.in.Cluster.Spec.Network.NodeCIDR)
	if err != nil {
		return nil // the config's own checks say so
	}
	all, err := f.docker.NetworkList(ctx, network.ListOptions{})
	if err != nil {
		return []diag.Problem{unlooked("networks", err)}
	}
	var problems []diag.Problem
	for _, one := range all {
		ours := one.Labels[target.ClusterLabel] == cluster
		if one.Name == cluster && !ours {
			problems = append(problems, taken("network", cluster, "docker network rm "+cluster))
		}
		for _, pool := range one.IPAM.Config {
			if prefix, err := netip.ParsePrefix(pool.Subnet); err == nil && !ours {
				problems = append(problems, overlaps(wanted, prefix, fmt.Sprintf("Docker's network %q (%s)", one.Name, prefix))...)
			}
		}
	}
	if !onThisMachine(f.docker) {
		return problems
	}
	for _, route := range f.machine.routes() {
		problems = append(problems, overlaps(wanted, route, fmt.Sprintf("the route of this machine to %s", route))...)
	}
	if len(wanted) > 1 && !f.machine.ipv6() {
		problems = append(problems, diag.Problem{
			Path:    "spec.network.nodeCIDR",
			Message: fmt.Sprintf("hosts are to have addresses of %s, and IPv6 is turned off in this machine's kernel", wanted[1]),
			Fix:     "'sysctl -w net.ipv6.conf.all.disable_ipv6=0', or write one IPv4 range each for pods, services and nodes",
		})
	}
	return problems
}

// overlaps are those of the node CIDR's ranges with what is there.
func overlaps(wanted []netip.Prefix, there netip.Prefix, what string) (problems []diag.Problem) {
	for _, one := range wanted {
		if one.Overlaps(there) {
			problems = append(problems, overlap(one, what))
		}
	}
	return problems
}

// port finds the API's port in other hands.
func (f *flight) port(context.Context) []diag.Problem {
	for _, one := range f.ours {
		// One that a run before this was killed over is being started by Docker
		// now: it takes its port before it is listed with it.
		role := one.Labels[target.RoleLabel]
		if one.State == container.StateCreated && (role == node.ControlPlane || role == roleBalancer) {
			return nil
		}
		for _, port := range one.Ports {
			if int(port.PublicPort) == f.block.APIPort {
				return nil
			}
		}
	}
	if !onThisMachine(f.docker) || f.machine.portFree(f.block.APIPort) {
		return nil
	}
	return []diag.Problem{{
		Path:    "spec.local.apiPort",
		Message: fmt.Sprintf("port %d of 127.0.0.1 is in use", f.block.APIPort),
		Fix:     fmt.Sprintf("write another port, such as %d; 'ss -ltnp sport = :%d' shows who has it", f.block.APIPort+1, f.block.APIPort),
	}}
}

func (f *flight) image(ctx context.Context) []diag.Problem {
	_, err := f.docker.ImageInspect(ctx, f.block.HostImage)
	if err == nil {
		return nil
	}
	if !errdefs.IsNotFound(err) {
		return []diag.Problem{unlooked("images", err)}
	}
	return []diag.Problem{{
		Path:    "spec.local.hostImage",
		Message: fmt.Sprintf("Docker has no image %q to make hosts of", f.block.HostImage),
		Fix:     "make host-image",
	}}
}

// archive finds that the image archive cannot be read.
func (f *flight) archive(context.Context) []diag.Problem {
	if f.in.ImageArchive == "" {
		return nil
	}
	file, err := os.Open(f.in.ImageArchive)
	if err == nil {
		info, statErr := file.Stat()
		_ = file.Close()
		if statErr == nil && info.Mode().IsRegular() {
			return nil
		}
		err = fmt.Errorf("%s is no file", f.in.ImageArchive)
	}
	return []diag.Problem{{
		Path:    "spec.images.bundle",
		Message: fmt.Sprintf("the archive of images cannot be read: %v", err),
		Fix:     "kubectl anywhere images bundle",
	}}
}

// disk finds too little room below Docker's root for the hosts to come.
func (f *flight) disk(root string) []diag.Problem {
	if !onThisMachine(f.docker) {
		return nil
	}
	missing := 0
	for _, name := range hostNames(f.in.Cluster) {
		if _, there := f.ours[name]; !there {
			missing++
		}
	}
	need := uint64(diskForStart + missing*diskPerHost)
	free, known := f.machine.freeBytes(root)
	if !known || missing == 0 || free >= need {
		return nil
	}
	return []diag.Problem{{
		Message: fmt.Sprintf("%s has %.1f GB of room; %d hosts need %.1f GB", root, float64(free)/gigabyte, missing, float64(need)/gigabyte),
		Fix:     "make room: docker system prune, or fewer nodes in the config",
	}}
}

func taken(kind, name, command string) diag.Problem {
	return diag.Problem{
		Path:    "metadata.name",
		Message: fmt.Sprintf("there is a %s %q that is not this cluster's", kind, name),
		Fix:     fmt.Sprintf("choose another name, or '%s'", command),
	}
}

func overlap(wanted netip.Prefix, with string) diag.Problem {
	return diag.Problem{
		Path:    "spec.network.nodeCIDR",
		Message: fmt.Sprintf("%s overlaps %s", wanted, with),
		Fix:     "write a range that nothing on this machine uses",
	}
}

func unlooked(what string, err error) diag.Problem {
	return diag.Problem{
		Message: fmt.Sprintf("listing Docker's %s: %v", what, err),
		Fix:     "look at Docker's own log: journalctl -u docker",
	}
}
