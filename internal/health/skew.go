package health

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/version"
)

// oldest is by how many minors a kubelet may be older than the API server; it
// may never be newer: https://kubernetes.io/releases/version-skew-policy/#kubelet
const oldest = 3

// Skew finds versions that do not go together, by Kubernetes' own policy, or
// are not what the config wants. kubelets are the nodes by the version of their
// kubelet, supports the minors that this program makes.
func Skew(api string, kubelets map[string][]string, wanted string, supports []string, cluster string) []Problem {
	var out []Problem
	preview := "kubectl anywhere preview " + cluster
	if api != "" {
		at, err := version.ParseGeneric(api)
		if err != nil {
			return []Problem{{Of: "versions", Is: fmt.Sprintf("the API server calls itself %q, which is no version", api)}}
		}
		if minor := fmt.Sprintf("%d.%d", at.Major(), at.Minor()); len(supports) > 0 && !slices.Contains(supports, minor) {
			out = append(out, Problem{Of: "versions", Is: fmt.Sprintf("the API server is %s; this program makes %s", api, strings.Join(supports, ", "))})
		}
		for _, v := range sorted(kubelets) {
			if why := skewed(at, v); why != "" {
				out = append(out, Problem{
					Of: "versions", Is: fmt.Sprintf("kubelet %s on %s is %s than the API server %s allows", v, few(kubelets[v]), why, api), Next: []string{preview},
				})
			}
		}
	}
	if other := others(api, kubelets, wanted); len(other) > 0 {
		out = append(out, Problem{
			Of: "versions", Is: fmt.Sprintf("the config wants %s; there is %s", wanted, strings.Join(other, ", ")), Next: []string{preview},
		})
	}
	return out
}

// skewed says how a kubelet's version is out of what the API server's allows.
func skewed(api *version.Version, kubelet string) string {
	v, err := version.ParseGeneric(kubelet)
	switch {
	case err != nil:
		return "another thing" // no kubelet calls itself so
	case v.Major() != api.Major():
		return "of another major version"
	case v.Minor() > api.Minor():
		return "newer"
	case v.Minor()+oldest < api.Minor():
		return "older"
	}
	return ""
}

// others are the versions that the config does not want.
func others(api string, kubelets map[string][]string, wanted string) []string {
	var out []string
	if api != "" && api != wanted {
		out = append(out, "API server "+api)
	}
	for _, v := range sorted(kubelets) {
		if v != wanted {
			out = append(out, fmt.Sprintf("kubelet %s on %s", v, few(kubelets[v])))
		}
	}
	return out
}

func sorted(kubelets map[string][]string) []string {
	var out []string
	for v := range kubelets {
		out = append(out, v)
	}
	slices.Sort(out)
	return out
}

// few names one or two nodes, and counts more.
func few(nodes []string) string {
	nodes = slices.Sorted(slices.Values(nodes))
	if len(nodes) > 2 {
		return fmt.Sprintf("%d nodes", len(nodes))
	}
	return strings.Join(nodes, " and ")
}
