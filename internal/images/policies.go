package images

import v1 "github.com/google/go-containerregistry/pkg/v1"

// kubeNetworkPolicies enforces network policies where the network layer does
// not. It speaks to the kernel itself and calls no other program.
func kubeNetworkPolicies() optional {
	const module = "sigs.k8s.io/kube-network-policies"
	return optional{
		component: component{
			name: "kube-network-policies", dir: "kube-network-policies", module: module,
			stamp: each(), // it has no version of its own
			// Upstream's image calls the program so.
			programs: map[string]string{"netpol": module + "/cmd/kube-network-policies/standard"},
		},
		images: []optionalImage{{
			component: "kube-network-policies",
			host:      "registry.k8s.io", path: "networking/kube-network-policies:v" + KubeNetworkPoliciesVersion,
			config: v1.Config{Cmd: []string{"/bin/netpol"}, Env: []string{searchPath}, WorkingDir: "/"},
			layers: []string{"static", "kube-network-policies"},
		}},
		trees: func(dir string, _ parts) map[string]func() (tree, error) {
			return map[string]func() (tree, error){
				"kube-network-policies": func() (tree, error) { return at("bin", dir, "netpol"), nil },
			}
		},
	}
}
