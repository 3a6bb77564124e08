package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// TaintEffects are what a taint can do.
func TaintEffects() []string { return taintEffects() }

// taintEffects are what a taint can do.
func taintEffects() []string {
	return []string{"NoSchedule", "PreferNoSchedule", "NoExecute"}
}

func (f *findings) pools(path string, pools []Pool) {
	seen := map[string]int{}
	total := 0
	for i, pool := range pools {
		at := fmt.Sprintf("%s[%d]", path, i)
		f.name(at+".name", pool.Name, longestPoolName)
		first, twice := seen[pool.Name]
		switch {
		case pool.Name == "":
		case pool.Name == controlPlaneWord:
			f.add(at+".name", `write another name, such as "workers"`, "%q is the name of the control plane's hosts", pool.Name)
		case twice:
			f.add(at+".name", "write a name of its own for each pool", "%q is the name of %s[%d] too", pool.Name, path, first)
		default:
			seen[pool.Name] = i
		}
		switch {
		case pool.Count < 0:
			f.add(at+".count", "write 0 or more", "%d is less than no nodes", pool.Count)
		case pool.Count > mostNodes-total:
			f.add(at+".count", fmt.Sprintf("write at most %d in all pools together", mostNodes), "%d nodes are more than any cluster can have", pool.Count)
		default:
			total += pool.Count
		}
		f.bounds(at, pool)
		f.machine(at+".machine", pool.Machine)
		f.labels(at+".labels", pool.Labels)
		f.taints(at+".taints", pool.Taints)
	}
}

func (f *findings) labels(path string, labels map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		at := fmt.Sprintf("%s[%q]", path, key)
		if !f.labelKey(at, key) {
			continue
		}
		if reserved(key) {
			f.add(at, `write a prefix of your own, or "node.kubernetes.io/"`,
				"a kubelet may not set labels of kubernetes.io on its own node, save a few")
		}
		f.labelValue(at, labels[key])
	}
}

func (f *findings) labelKey(path, key string) bool {
	if wrong := validation.IsQualifiedName(key); len(wrong) > 0 {
		f.add(path, `write a name of at most 63 letters, digits, '-', '_' and '.', with a domain and a slash before it if you like: "example.com/disk"`,
			"%q is not a valid key", key)
		return false
	}
	return true
}

func (f *findings) labelValue(path, value string) {
	if wrong := validation.IsValidLabelValue(value); len(wrong) > 0 {
		f.add(path, "write at most 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or digit",
			"%q is not a valid value", value)
	}
}

// reserved tells whether the kubelet would refuse to start with a label: its
// --node-labels takes those of kubernetes.io and k8s.io from a short list
// only, and NodeRestriction guards the same names.
func reserved(key string) bool {
	domain, _, _ := strings.Cut(key, "/")
	if !strings.Contains(key, "/") || !(within(domain, "kubernetes.io") || within(domain, "k8s.io")) {
		return false
	}
	allowed := []string{
		"kubernetes.io/hostname", "kubernetes.io/os", "kubernetes.io/arch",
		"topology.kubernetes.io/zone", "topology.kubernetes.io/region",
	}
	return !within(domain, "node.kubernetes.io") && !within(domain, "kubelet.kubernetes.io") && !slices.Contains(allowed, key)
}

func within(domain, parent string) bool {
	return domain == parent || strings.HasSuffix(domain, "."+parent)
}

func (f *findings) taints(path string, taints []Taint) {
	seen := map[string]int{}
	for i, taint := range taints {
		at := fmt.Sprintf("%s[%d]", path, i)
		f.labelKey(at+".key", taint.Key)
		f.labelValue(at+".value", taint.Value)
		effects := taintEffects()
		if !slices.Contains(effects, taint.Effect) {
			f.add(at+".effect", "write one of "+strings.Join(effects, ", "),
				"%q is not an effect%s", taint.Effect, meant(taint.Effect, effects))
		}
		// A node holds one taint of a key and an effect.
		if first, twice := seen[taint.Key+":"+taint.Effect]; twice {
			f.add(at, "remove one of the two", "has the key and effect of %s[%d]", path, first)
		}
		seen[taint.Key+":"+taint.Effect] = i
	}
}
