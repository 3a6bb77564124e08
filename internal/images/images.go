// Package images knows every container image a cluster is made of, builds
// them from Go module source or copies them from registries, and writes them
// into one archive that hosts load.
package images

// Image is one container image of a cluster.
type Image struct {
	// Component is what it runs: etcd, kube-apiserver, coredns, …
	Component string
	// Reference is the name that manifests use, such as
	// registry.k8s.io/kube-apiserver:v1.37.1.
	Reference string
}

// Versions of what is not Kubernetes itself. The tag of each image and the
// nested module it is built from agree; a test checks it.
const (
	EtcdVersion    = "3.7.3"
	CoreDNSVersion = "1.15.0"
	FlannelVersion = "0.28.4"
	PauseVersion   = "3.10.2"

	MetricsServerVersion = "0.9.0"
)

// Set is the images of a cluster of one Kubernetes version.
type Set struct {
	APIServer, ControllerManager, Scheduler, Proxy, Etcd, CoreDNS, Flannel, Pause, MetricsServer string
	// Bootstrap is the image of phase 2, which holds the kubelet and the
	// addon-manager too.
	Bootstrap string
}

// For returns the references of a Kubernetes version ("v1.37.1") as manifests
// write them. A registry replaces the host part of each; empty keeps the
// upstream names.
func For(version, registry string) Set {
	at := func(host, path string) string { return reference(registry, host, path) }
	return Set{
		APIServer:         at("registry.k8s.io", "kube-apiserver:"+version),
		ControllerManager: at("registry.k8s.io", "kube-controller-manager:"+version),
		Scheduler:         at("registry.k8s.io", "kube-scheduler:"+version),
		Proxy:             at("registry.k8s.io", "kube-proxy:"+version),
		Etcd:              at("registry.k8s.io", "etcd:"+EtcdVersion+"-0"),
		CoreDNS:           at("registry.k8s.io", "coredns/coredns:v"+CoreDNSVersion),
		Flannel:           at("ghcr.io", "flannel-io/flannel:v"+FlannelVersion),
		Pause:             at("registry.k8s.io", "pause:"+PauseVersion),
		MetricsServer:     at("registry.k8s.io", "metrics-server/metrics-server:v"+MetricsServerVersion),
		Bootstrap:         at("ghcr.io", "kubernetes-anywhere/bootstrap:"+version),
	}
}

// OfHosts are the images that hosts run before there is any addon; only those
// of a control plane run all of them.
func (s Set) OfHosts() []string {
	return []string{s.Bootstrap, s.Pause, s.Etcd, s.APIServer, s.ControllerManager, s.Scheduler}
}

// reference is the name of an image in a registry, or on its own host where
// there is none.
func reference(registry, host, path string) string {
	if registry != "" {
		host = registry
	}
	return host + "/" + path
}
