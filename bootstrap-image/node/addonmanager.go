package node

import (
	"encoding/json"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// addonManagerPort is where the addon-manager tells its health and metrics, on
// the host alone.
const addonManagerPort = 10267

// addonManager keeps what runs in the cluster as the config says. It reaches
// the API server of its own host: the service address works only once
// kube-proxy runs, which it is about to install.
func (p plan) addonManager() staticPod {
	kubeconfig := kubeconfigPath("addon-manager")
	return staticPod{
		name: "kube-addon-manager", image: p.images.Bootstrap, cpu: "10m", memory: "50Mi",
		command: []string{
			"/usr/local/bin/bootstrap", "addon-manager",
			"--kubeconfig=" + kubeconfig,
			"--cluster=" + ClusterPath,
			fmt.Sprintf("--listen=127.0.0.1:%d", addonManagerPort),
		},
		mounts:   []mount{readFile(kubeconfig), readFile(ClusterPath), {path: "/tmp", scratch: true}},
		readOnce: []string{kubeconfig, ClusterPath},
		// It answers before it has reached the API: it waits for that itself.
		probes: probes{scheme: corev1.URISchemeHTTP, port: addonManagerPort, live: "/healthz", ready: "/healthz", startSecs: 60},
	}
}

// clusterFile is what the addon-manager reads (internal/manager.File): the
// config, the endpoint for addons that need the API before kube-proxy, the
// nodes that are control planes, where the cloud makes nodes by itself the
// public half of the token to keep, and what a network layer of the user's own
// says of itself.
func (p plan) clusterFile() (string, error) {
	file := struct {
		Cluster          config.Cluster `json:"cluster"`
		NodeEndpoint     string         `json:"nodeEndpoint"`
		ControlPlanes    []string       `json:"controlPlanes"`
		BootstrapTokenID string         `json:"bootstrapTokenID,omitempty"`
		Layer            *catalog.Layer `json:"layer,omitempty"`
	}{Cluster: p.bundle.Cluster, NodeEndpoint: p.bundle.Endpoint, Layer: p.bundle.Layer}
	for _, member := range p.bundle.ControlPlanes {
		file.ControlPlanes = append(file.ControlPlanes, member.Name)
	}
	if p.bundle.Cloud != "" {
		file.BootstrapTokenID, _, _ = strings.Cut(p.bundle.Credentials.BootstrapToken, ".")
	}
	out, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return "", fmt.Errorf("writing %q: %w", ClusterPath, err)
	}
	return string(out) + "\n", nil
}
