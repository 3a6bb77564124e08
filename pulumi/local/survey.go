package local

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/system"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/doctor"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

var _ target.Surveying = (*Target)(nil)

// What hosts take of the machine's memory, as measured on a small cluster: API
// server 300 MB, controller-manager and kubelet 150 each, scheduler 110, etcd
// and systemd the rest; of a worker the kubelet, Docker and containerd.
const (
	memoryPerPlane  = 1 << 30
	memoryPerWorker = gigabyte / 2
)

// Survey looks at Docker and at what all hosts share: its disk, processors,
// memory, and the kernel's limits.
func (t *Target) Survey(ctx context.Context, in target.Inputs) []target.Sight {
	docker, err := t.connect()
	if err != nil {
		return sights("docker", doctor.Fail(err.Error(), "unset DOCKER_HOST, or set it to a daemon that answers"))
	}
	info, err := docker.Info(ctx)
	if err != nil {
		return sights("docker", doctor.Fail(fmt.Sprintf("does not answer at %s: %v", docker.DaemonHost(), err),
			"systemctl start docker; where there is none: apt-get install -y docker.io, or 'make setup'"))
	}
	here := onThisMachine(docker)
	made, err := docker.ContainerList(ctx, container.ListOptions{All: true, Filters: ofCluster(in.Cluster.Metadata.Name)})
	exist := err == nil && len(made) > 0
	all := slices.Concat(
		sights("docker", t.engine(info)),
		sights("storage", storage(info)),
		sights("cgroups", cgroups(info)),
		sights("processors", processors(info)),
		sights("memory", memory(info, in, here, exist)),
	)
	if !here {
		const far = "Docker runs on another machine"
		return slices.Concat(all, sights("docker's disk", doctor.Skip(far)), sights("inotify", doctor.Skip(far)))
	}
	if free, known := t.machine.freeBytes(info.DockerRootDir); known {
		all = append(all, sights("docker's disk", doctor.Room(info.DockerRootDir, free))...)
	}
	return append(all, sights("inotify", inotify(readFile))...)
}

func sights(name string, results []doctor.Result) []target.Sight {
	var all []target.Sight
	for _, r := range results {
		all = append(all, target.Sight{Name: name, Result: r})
	}
	return all
}

// engine is Docker itself: its version, and whether hosts can be containers
// of it.
func (t *Target) engine(info system.Info) []doctor.Result {
	what := fmt.Sprintf("%s on %s", info.ServerVersion, info.OperatingSystem)
	if archs := map[string]string{"x86_64": "amd64", "aarch64": "arm64"}; info.Architecture != "" && archs[info.Architecture] != runtime.GOARCH {
		return doctor.Warn(fmt.Sprintf("%s is %s, and images are looked for and made for %s", what, info.Architecture, runtime.GOARCH), "run kubectl anywhere on a machine like Docker's")
	}
	if slices.ContainsFunc(info.SecurityOptions, func(option string) bool { return strings.Contains(option, "name=rootless") }) {
		return doctor.Warn(what+", without root: hosts are privileged containers, which that may refuse", "use a Docker that runs as root: docker context use default")
	}
	if missing := t.machine.missing(); len(missing) > 0 {
		what += "; no process here can have " + strings.Join(missing, ", ") + ", hosts are made without"
	}
	return doctor.Well(what)
}

// storage is what containers' layers are kept by.
func storage(info system.Info) []doctor.Result {
	switch info.Driver {
	case "vfs":
		return doctor.Warn("vfs: every host copies its whole image", "use overlay2: https://docs.docker.com/engine/storage/drivers/select-storage-driver/")
	case "":
		return doctor.CannotTell("Docker does not say")
	}
	return doctor.Well(info.Driver)
}

// cgroups tells the version. Kubelets of 1.35 and later refuse version 1 unless
// told otherwise, which phase 2 does.
func cgroups(info system.Info) []doctor.Result {
	what := fmt.Sprintf("version %s, driver %s", info.CgroupVersion, info.CgroupDriver)
	if info.CgroupVersion == "1" {
		return doctor.Warn(what+": works, and Kubernetes is giving it up", "boot with systemd.unified_cgroup_hierarchy=1")
	}
	return doctor.Well(what)
}

// processors are those of the whole machine. kubeadm asks for two of a control
// plane (https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/install-kubeadm/).
func processors(info system.Info) []doctor.Result {
	if info.NCPU < 2 {
		return doctor.Warn(fmt.Sprintf("%d: a control plane wants two", info.NCPU), "give Docker more, or expect everything to take long")
	}
	return doctor.Well(strconv.Itoa(info.NCPU))
}

// memory compares the machine's with what the hosts of the config take: what is
// free, unless they exist and have theirs already.
func memory(info system.Info, in target.Inputs, here, exist bool) []doctor.Result {
	planes, workers := in.Cluster.Spec.ControlPlane.Count, 0
	for _, pool := range in.Cluster.Spec.Pools {
		workers += pool.Count
	}
	need := int64(planes*memoryPerPlane + workers*memoryPerWorker)
	has, word := info.MemTotal, "in all"
	if free, known := available(readFile); known && here && !exist {
		has, word = free, "free"
	}
	what := fmt.Sprintf("%.1f GiB %s; %d control planes and %d workers take about %.1f", float64(has)/gigabyte, word, planes, workers, float64(need)/gigabyte)
	if planes == 1 {
		what = strings.Replace(what, "planes", "plane", 1)
	}
	if has < need {
		return doctor.Warn(what, "write fewer nodes, or give Docker more memory")
	}
	return doctor.Well(what)
}

// available is the memory that a new process could have, in bytes.
func available(read func(string) []byte) (int64, bool) {
	for line := range bytes.Lines(read("/proc/meminfo")) {
		fields := strings.Fields(string(line))
		if len(fields) >= 2 && fields[0] == "MemAvailable:" {
			kibibytes, err := strconv.ParseInt(fields[1], 10, 64)
			return kibibytes << 10, err == nil
		}
	}
	return 0, false
}

func inotify(read func(string) []byte) []doctor.Result {
	number := func(name string) (int, bool) {
		n, err := strconv.Atoi(strings.TrimSpace(string(read("/proc/sys/fs/inotify/" + name))))
		return n, err == nil
	}
	watches, known := number("max_user_watches")
	instances, also := number("max_user_instances")
	if !known || !also {
		return doctor.CannotTell("the kernel does not say")
	}
	return doctor.Inotify(watches, instances)
}
