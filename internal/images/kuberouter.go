package images

import v1 "github.com/google/go-containerregistry/pkg/v1"

// kubeRouter is a network layer that routes by BGP and enforces network
// policies.
func kubeRouter() optional {
	const module = "github.com/cloudnativelabs/kube-router/v2"
	return optional{
		component: component{
			name: "kube-router", dir: "kube-router", module: module,
			stamp:    each(module + "/pkg/version.Version"),
			programs: map[string]string{"kube-router": module + "/cmd/kube-router"},
		},
		// What upstream's Dockerfile installs and the base layer lacks.
		tools: tools{
			packages: []string{"bash", "iproute2", "ipvsadm"},
			programs: []string{"usr/bin/bash", "usr/bin/ip", "usr/sbin/ipvsadm", "usr/sbin/tc"},
			links:    map[string]string{"usr/sbin/ip": "../bin/ip"},
		},
		images: []optionalImage{{
			component: "kube-router",
			host:      "docker.io", path: "cloudnativelabs/kube-router:v" + KubeRouterVersion,
			config: v1.Config{Entrypoint: []string{"/usr/local/bin/kube-router"}, Env: []string{searchPath}, WorkingDir: "/root"},
			layers: []string{"base", toolsLayer("kube-router"), "kube-router"},
		}},
		trees: func(dir string, _ parts) map[string]func() (tree, error) {
			return map[string]func() (tree, error){
				"kube-router": func() (tree, error) { return at(binDir, dir, "kube-router"), nil },
			}
		},
	}
}
