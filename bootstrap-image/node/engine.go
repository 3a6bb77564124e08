package node

// The container engines that a host may run the bootstrap and the kubelet
// with. Pods need neither: they are containerd's.
const (
	Docker = "docker"
	Podman = "podman"
)

// engine is the path of the host's container engine. Docker is meant where the
// facts name none, as those of older versions did not.
func (p plan) engine() string {
	if p.facts.ContainerEngine == Podman {
		return "/usr/bin/podman"
	}
	return "/usr/bin/docker"
}

// engineUnit is the service that must run before the engine starts anything;
// empty for Podman, which has none.
func (p plan) engineUnit() string {
	if p.facts.ContainerEngine == Podman {
		return ""
	}
	return "docker.service"
}
