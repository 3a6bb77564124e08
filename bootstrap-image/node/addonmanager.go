package node

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

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
		},
		mounts:   []mount{readFile(kubeconfig), readFile(ClusterPath), {path: "/tmp", scratch: true}},
		readOnce: []string{kubeconfig, ClusterPath},
	}
}

// clusterFile is what the addon-manager reads (internal/manager.File): the
// config, the endpoint for addons that need the API before kube-proxy, the
// nodes that are control planes and, where the cloud makes nodes by itself, the
// public half of the token to keep.
func (p plan) clusterFile() (string, error) {
	file := struct {
		Cluster          config.Cluster `json:"cluster"`
		NodeEndpoint     string         `json:"nodeEndpoint"`
		ControlPlanes    []string       `json:"controlPlanes"`
		BootstrapTokenID string         `json:"bootstrapTokenID,omitempty"`
	}{Cluster: p.bundle.Cluster, NodeEndpoint: p.bundle.Endpoint}
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
