package node

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
)

const controllerManagerPort = 10257

// flexVolumes is where the controller manager looks for drivers, and makes the
// folder where there is none.
const flexVolumes = "/usr/libexec/kubernetes/kubelet-plugins/volume/exec"

func (p plan) controllerManager() staticPod {
	network := p.bundle.Cluster.Spec.Network
	kubeconfig := kubeconfigPath("controller-manager")
	return staticPod{
		name: "kube-controller-manager", image: p.images.ControllerManager, cpu: "100m", memory: "150Mi",
		command: slices.Concat([]string{
			"kube-controller-manager",
			"--kubeconfig=" + kubeconfig,
			"--authentication-kubeconfig=" + kubeconfig,
			"--authorization-kubeconfig=" + kubeconfig,
			"--bind-address=127.0.0.1",
			"--client-ca-file=" + pkiPath("ca.crt"),
			"--requestheader-client-ca-file=" + pkiPath("front-proxy-ca.crt"),
			"--profiling=false",
			"--leader-elect=true",
			"--controllers=*,bootstrapsigner,tokencleaner",
			"--use-service-account-credentials=true",
			"--cluster-name=" + p.bundle.Cluster.Metadata.Name,
		}, p.podRanges(), []string{
			"--service-cluster-ip-range=" + network.ServiceCIDR,
			"--root-ca-file=" + pkiPath("ca.crt"),
			"--service-account-private-key-file=" + pkiPath("sa.key"),
			"--cluster-signing-cert-file=" + signingPath,
			"--cluster-signing-key-file=" + pkiPath("ca.key"),
		}),
		mounts: []mount{
			readFolder(pkiPath("")),
			readFile(kubeconfig),
			{path: flexVolumes, scratch: true},
		},
		readOnce: []string{kubeconfig, pkiPath("sa.key"), pkiPath("ca.crt")},
		probes:   probes{scheme: corev1.URISchemeHTTPS, port: controllerManagerPort, live: "/healthz", ready: "/healthz", startSecs: 300},
	}
}

// podRanges has every node given a range of the pods' own of each family,
// unless the network layer keeps addresses by itself.
func (p plan) podRanges() []string {
	network := p.bundle.Cluster.Spec.Network
	if p.layer.PodCIDR == catalog.PodCIDRFromLayer {
		return []string{"--allocate-node-cidrs=false"}
	}
	flags := []string{"--allocate-node-cidrs=true", "--cluster-cidr=" + network.PodCIDR}
	if network.DualStack() {
		// What internal/config counts nodes by.
		flags = append(flags, "--node-cidr-mask-size-ipv4=24", "--node-cidr-mask-size-ipv6=64")
	}
	return flags
}
