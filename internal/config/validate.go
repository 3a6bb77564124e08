package config

import (
	"fmt"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

const (
	// longestName leaves room for pool, number and the suffixes that clouds
	// add within the 63 characters of a DNS label.
	longestName     = 32
	longestPoolName = 20
	// mostNodes of all pools: as many as a /8 of pod addresses holds.
	mostNodes = 1 << 16
)

// findings collects problems.
type findings []FieldProblem

func (f *findings) add(path, fix, format string, args ...any) {
	*f = append(*f, FieldProblem{Path: path, Message: fmt.Sprintf(format, args...), Fix: fix})
}

// Validate tells everything that is wrong with a config that has its
// defaults, the target's block included. It looks at nothing but the config.
func (c *Cluster) Validate() []FieldProblem {
	f := &findings{}
	if c.APIVersion != APIVersion {
		f.add("apiVersion", fmt.Sprintf("write %q", APIVersion), "%q is not a version this program knows", c.APIVersion)
	}
	if c.Kind != Kind {
		f.add("kind", fmt.Sprintf("write %q", Kind), "%q is not a kind this program knows", c.Kind)
	}
	f.name("metadata.name", c.Metadata.Name, longestName)
	f.version("spec.kubernetesVersion", c.Spec.KubernetesVersion)
	f.controlPlane("spec.controlPlane.count", c.Spec.ControlPlane.Count)
	f.machine("spec.controlPlane.machine", c.Spec.ControlPlane.Machine)
	f.disk("spec.controlPlane.etcdDiskGB", c.Spec.ControlPlane.EtcdDiskGB)
	f.snapshots("spec.controlPlane.snapshots", c.Spec.ControlPlane.Snapshots)
	f.pools("spec.pools", c.Spec.Pools)
	f.network("spec.network", c)
	f.addons("spec.addons", c)
	f.logging("spec.logging", c)
	f.images("spec.images", c.Spec.Images)
	if block, ok := c.Spec.Block.(Block); ok {
		for _, problem := range block.Validate(c) {
			*f = append(*f, c.rooted(problem))
		}
	}
	return *f
}

// outside is what a block says of a field that is not its own: the path first.
var outside = regexp.MustCompile(`^((?:spec|metadata)(?:\.[A-Za-z]+|\[\d+\])+):? (.+)$`)

// rooted is a block's problem with its path from the document's root.
func (c *Cluster) rooted(p FieldProblem) FieldProblem {
	if strings.HasPrefix(p.Path, "spec.") || strings.HasPrefix(p.Path, "metadata.") {
		return p
	}
	if said := outside.FindStringSubmatch(p.Message); said != nil && p.Path == "" {
		p.Path, p.Message = said[1], said[2]
		return p
	}
	p.Path = join(join("spec", c.Spec.Target), p.Path)
	return p
}

// name checks a name that becomes part of host names.
func (f *findings) name(path, name string, longest int) {
	fix := fmt.Sprintf("write at most %d lower-case letters, digits and hyphens, with no hyphen at either end", longest)
	switch {
	case name == "":
		f.add(path, fix, "is empty")
	case len(name) > longest:
		f.add(path, fix, "%q has %d characters, %d are allowed", name, len(name), longest)
	case len(validation.IsDNS1123Label(name)) > 0:
		f.add(path, fix, "%q is not a DNS label", name)
	}
}

func (f *findings) controlPlane(path string, count int) {
	switch {
	case count < 1:
		f.add(path, "write 1, 3 or 5", "%d is too few: a cluster needs a control plane", count)
	case count%2 == 0 && count < 5:
		f.add(path, fmt.Sprintf("write %d, or %d for a smaller one", count+1, count-1),
			"%d is even, but etcd needs an odd number: %d members bear no more losses than %d", count, count, count-1)
	case count > 5:
		f.add(path, "write 5", "%d is too many: 1, 3 and 5 are possible, and every further etcd member slows down all writes", count)
	}
}

// registryForm is host[:port][/path] in lower case, as image references have
// it: no scheme, no tag, no slash at the end.
var registryForm = regexp.MustCompile(`^[a-z0-9]+([.-]+[a-z0-9]+)*(:[0-9]{1,5})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*$`)

func (f *findings) images(path string, images Images) {
	if registry := images.Registry; registry != "" && !registryForm.MatchString(registry) {
		fix := `write it as in image names, such as "registry.example.com:5000/mirror"`
		bare := registry
		if _, after, found := strings.Cut(registry, "://"); found {
			bare = after
		}
		if bare = strings.TrimRight(bare, "/"); registryForm.MatchString(bare) {
			fix = fmt.Sprintf("write %q", bare)
		}
		f.add(path+".registry", fix, "%q is not host[:port][/path]", registry)
	}
	switch bundle := images.Bundle; {
	case strings.Contains(bundle, "://"):
		f.add(path+".bundle", "download the archive and write the path of the file", "%q is a URL, not the path of a file", bundle)
	case strings.HasSuffix(bundle, "/"):
		f.add(path+".bundle", "write the path of the archive itself", "%q is a folder, not the path of a file", bundle)
	}
}
