package node

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
