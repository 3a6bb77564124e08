package choice

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// States of an addon.
const (
	Ready      = "ready"
	NotReady   = "not ready"
	NotApplied = "not applied"
	Disabled   = "disabled"
	Unmanaged  = "unmanaged"
	// Unknown is of one whose cluster does not answer, or is not there yet.
	Unknown = "unknown"
)

// Other is the name of what belongs to no addon.
const Other = "(other)"

// Object is one object of an addon.
type Object struct {
	// Object names it as a person does: DaemonSet kube-system/kube-proxy.
	Object string `json:"object"`
	// State is one of those above; Reason is empty where it is ready.
	State  string `json:"state"`
	Reason string `json:"reason,omitempty"`
	// Ready and Wanted count pods; zero of what runs none.
	Ready  int `json:"ready,omitempty"`
	Wanted int `json:"wanted,omitempty"`
}

// Standing is how one addon of a cluster stands.
type Standing struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	// State is one of those above, and Reason the first of those why.
	State  string `json:"state"`
	Reason string `json:"reason,omitempty"`
	// Ready and Wanted count pods; zero where nothing of it runs.
	Ready   int      `json:"ready"`
	Wanted  int      `json:"wanted"`
	Objects []Object `json:"objects,omitempty"`
}

// Seen is what a cluster says of itself; none of it is known of one that does
// not answer.
type Seen struct {
	// Look tells how an object is that was applied: its ready and wanted pods,
	// and why it is not ready, which begins with "does not exist" where it is
	// not there.
	Look func(*unstructured.Unstructured) (ready, wanted int, reason string)
	// Applied are the objects of the cluster's own set.
	Applied []*unstructured.Unstructured
}

// Standings are all addons of a cluster by name: those that it is to have, the
// network layer among them, those in the user's hands, and those that are
// disabled though clusters of the target have them, or that are to go. A nil
// seen knows of no cluster.
func Standings(c *config.Cluster, set *addon.Set, seen *Seen) []Standing {
	groups := map[string]*Standing{}
	group := func(name string) *Standing {
		if groups[name] == nil {
			groups[name] = &Standing{Name: name, Version: versionOf(c, name, set)}
		}
		return groups[name]
	}
	for _, obj := range set.Objects {
		group(addonOf(obj)).add(objectOf(obj, seen))
	}
	for _, obj := range set.Unmanaged {
		group(addonOf(obj)).add(objectOf(obj, seen))
	}
	for _, s := range groups {
		said, _ := c.Addon(s.Name)
		s.judge(said.Unmanaged)
	}
	for _, name := range off(c) {
		if groups[name] == nil {
			group(name).State = Disabled
			group(name).Reason = replaced(c, name)
		}
	}
	if seen != nil {
		leftovers(groups, group, seen.Applied)
	}
	var all []Standing
	for _, s := range groups {
		all = append(all, *s)
	}
	slices.SortFunc(all, func(a, b Standing) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// addonOf is the name of the addon that an object belongs to.
func addonOf(obj *unstructured.Unstructured) string {
	if name := obj.GetLabels()[addon.Label]; name != "" {
		return name
	}
	return Other
}

func objectOf(obj *unstructured.Unstructured, seen *Seen) Object {
	name := obj.GetKind() + " " + obj.GetName()
	if namespace := obj.GetNamespace(); namespace != "" {
		name = obj.GetKind() + " " + namespace + "/" + obj.GetName()
	}
	if seen == nil {
		return Object{Object: name, State: Unknown}
	}
	o := Object{Object: name, State: Ready}
	o.Ready, o.Wanted, o.Reason = seen.Look(obj)
	switch {
	case strings.HasPrefix(o.Reason, "does not exist"):
		o.State = NotApplied
	case o.Reason != "":
		o.State = NotReady
	}
	return o
}

func (s *Standing) add(o Object) {
	s.Objects = append(s.Objects, o)
	s.Ready += o.Ready
	s.Wanted += o.Wanted
}

// judge draws the sum of an addon's objects. One of which nothing is there was
// never applied.
func (s *Standing) judge(unmanaged bool) {
	counts := map[string]int{}
	for _, o := range s.Objects {
		counts[o.State]++
		if s.Reason == "" && o.Reason != "" {
			s.Reason = o.Object + ": " + o.Reason
		}
	}
	all := len(s.Objects)
	switch {
	case unmanaged:
		s.State = Unmanaged
	case counts[Unknown] > 0:
		s.State = Unknown
	case counts[NotApplied] == all:
		s.State, s.Reason = NotApplied, "none of its objects is there"
	case counts[Ready] < all:
		s.State = NotReady
	default:
		s.State = Ready
	}
}

// off are the addons that the config turns off, and those that the network
// layer makes needless.
func off(c *config.Cluster) (names []string) {
	for _, name := range Names(c) {
		declared, err := catalog.AddonOf(name)
		said, listed := c.Addon(name)
		if err == nil && declared.ByDefault(c.Spec.Target) || listed && !said.On() {
			names = append(names, name)
		}
	}
	return names
}

// replaced says whose work an addon's is instead.
func replaced(c *config.Cluster, name string) string {
	if c.HasAddon(name) {
		return "network layer " + catalog.Called(c.Spec.Network.Layer) + " does its work"
	}
	return ""
}

// leftovers adds what the cluster still has of addons that are to go.
func leftovers(groups map[string]*Standing, group func(string) *Standing, applied []*unstructured.Unstructured) {
	left := map[string]int{}
	for _, obj := range applied {
		name := addonOf(obj)
		if s := groups[name]; s == nil || s.State == Disabled {
			left[name]++
		}
	}
	for name, n := range left {
		s := group(name)
		s.State = Disabled
		s.Reason = fmt.Sprintf("%d objects are still applied: 'kubectl anywhere addons apply' prunes them", n)
	}
}

// versionOf is what an addon declares, or the version of the one image that it
// runs.
func versionOf(c *config.Cluster, name string, set *addon.Set) string {
	if declared, err := catalog.AddonOf(name); err == nil && declared.Version != "" {
		return declared.Version
	}
	if name == catalog.Called(c.Spec.Network.Layer) {
		if layer, err := catalog.LayerOf(name); err == nil && layer.Version != "" {
			return layer.Version
		}
	}
	version := ""
	for _, obj := range slices.Concat(set.Objects, set.Unmanaged) {
		if addonOf(obj) != name {
			continue
		}
		containers, _, _ := unstructured.NestedSlice(obj.Object, "spec", "template", "spec", "containers")
		for _, container := range containers {
			fields, _ := container.(map[string]any)
			image, _ := fields["image"].(string)
			tag := tagOf(image)
			if tag == "" || version != "" && tag != version {
				return ""
			}
			version = tag
		}
	}
	return version
}

// tagOf is the tag of an image's reference; empty for one by digest alone.
func tagOf(image string) string {
	image, _, _ = strings.Cut(image, "@")
	if colon := strings.LastIndex(image, ":"); colon > strings.LastIndex(image, "/") {
		return image[colon+1:]
	}
	return ""
}
