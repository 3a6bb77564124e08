package node

import corev1 "k8s.io/api/core/v1"

const schedulerPort = 10259

func (p plan) scheduler() staticPod {
	kubeconfig := kubeconfigPath("scheduler")
	return staticPod{
		name: "kube-scheduler", image: p.images.Scheduler, cpu: "50m", memory: "100Mi",
		command: []string{
			"kube-scheduler",
			"--kubeconfig=" + kubeconfig,
			"--authentication-kubeconfig=" + kubeconfig,
			"--authorization-kubeconfig=" + kubeconfig,
			"--bind-address=127.0.0.1",
			"--profiling=false",
			"--leader-elect=true",
		},
		mounts:   []mount{readFile(kubeconfig)},
		readOnce: []string{kubeconfig},
		probes:   probes{scheme: corev1.URISchemeHTTPS, port: schedulerPort, live: "/livez", ready: "/readyz", startSecs: 300},
	}
}
