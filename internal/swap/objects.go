package swap

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon"
)

// Transition is what a cluster with two layers runs.
type Transition struct {
	// Objects are those of both layers. The DaemonSets that only one of them
	// has keep to its nodes.
	Objects []*unstructured.Unstructured
	// Retired are Objects without what bears another name in them; nil where
	// nothing does. It is applied before the names are given back, as two of a
	// program on one host could not both listen.
	Retired []*unstructured.Unstructured
	// From and To are the DaemonSets that keep to nodes of the one layer and
	// of the other, Renamed those of To that are called otherwise for a while.
	From, To, Renamed []Workload
}

// Merge makes the transition between the layer that a cluster has and another.
func Merge(from, to Side) (Transition, error) {
	m := &merger{from: from, to: to, had: byIdentity(from.Objects), gets: byIdentity(to.Objects)}
	for _, obj := range from.Objects {
		if err := m.old(obj.DeepCopy()); err != nil {
			return m.Transition, err
		}
	}
	for _, obj := range to.Objects {
		if err := m.new(obj.DeepCopy()); err != nil {
			return m.Transition, err
		}
	}
	m.Objects = inOrder(m.Objects)
	if len(m.renamed) > 0 {
		m.Retired = slices.DeleteFunc(slices.Clone(m.Objects), func(obj *unstructured.Unstructured) bool { return m.renamed[identity(obj)] })
	}
	return m.Transition, nil
}

type merger struct {
	Transition
	from, to  Side
	had, gets map[string]*unstructured.Unstructured
	renamed   map[string]bool
}

// old takes over an object of the cluster as it is.
func (m *merger) old(obj *unstructured.Unstructured) error {
	same, kept := m.gets[identity(obj)]
	tied := obj.GetKind() == "DaemonSet" && (!kept || m.isLayers(obj, m.from))
	switch {
	case tied:
		if err := keepTo(obj, map[string]any{"key": NodeLabel, "operator": "DoesNotExist"}); err != nil {
			return err
		}
		// What runs is not started anew only because of that line.
		if err := unstructured.SetNestedMap(obj.Object, map[string]any{"type": "OnDelete"}, "spec", "updateStrategy"); err != nil {
			return fmt.Errorf("changing %s: %w", identity(obj), err)
		}
		m.From = append(m.From, workload(obj))
	case kept && strings.HasSuffix(obj.GetKind(), "Role"):
		if err := addRules(obj, same); err != nil {
			return err
		}
	case kept && m.isLayers(obj, m.from) && !runsPods(obj) && !equalContent(obj, same):
		return fmt.Errorf("switching from %s to %s: both have %s, with other content; let one of them call it otherwise", m.from.Name, m.to.Name, identity(obj))
	}
	m.Objects = append(m.Objects, obj)
	return nil
}

// new takes over an object of the layer that comes, unless the cluster has it.
func (m *merger) new(obj *unstructured.Unstructured) error {
	_, there := m.had[identity(obj)]
	if there && (!m.isLayers(obj, m.to) || !runsPods(obj)) {
		return nil // of an addon beside the layers: it changes in the end
	}
	if there {
		if err := rename(obj, m.to.Called()); err != nil {
			return err
		}
		if m.renamed == nil {
			m.renamed = map[string]bool{}
		}
		m.renamed[identity(obj)] = true
	}
	if obj.GetKind() == "DaemonSet" {
		if err := keepTo(obj, map[string]any{"key": NodeLabel, "operator": "In", "values": []any{m.to.Called()}}); err != nil {
			return err
		}
		m.To = append(m.To, workload(obj))
		if there {
			m.Renamed = append(m.Renamed, workload(obj))
		}
	}
	m.Objects = append(m.Objects, obj)
	return nil
}

func (m *merger) isLayers(obj *unstructured.Unstructured, side Side) bool {
	return obj.GetLabels()[addon.Label] == side.Called()
}

func workload(obj *unstructured.Unstructured) Workload {
	return Workload{Namespace: obj.GetNamespace(), Name: obj.GetName()}
}

func runsPods(obj *unstructured.Unstructured) bool {
	return slices.Contains([]string{"DaemonSet", "Deployment", "StatefulSet", "Job"}, obj.GetKind())
}

// identity is what makes two objects the same one: not their version.
func identity(obj *unstructured.Unstructured) string {
	name := obj.GetName()
	if obj.GetNamespace() != "" {
		name = obj.GetNamespace() + "/" + name
	}
	kind := obj.GetKind()
	if group := obj.GroupVersionKind().Group; group != "" && group != "apps" {
		kind += "." + group
	}
	return kind + " " + name
}

func byIdentity(objs []*unstructured.Unstructured) map[string]*unstructured.Unstructured {
	all := map[string]*unstructured.Unstructured{}
	for _, obj := range objs {
		all[identity(obj)] = obj
	}
	return all
}

// equalContent compares all but labels and annotations.
func equalContent(a, b *unstructured.Unstructured) bool {
	a, b = a.DeepCopy(), b.DeepCopy()
	for _, obj := range []*unstructured.Unstructured{a, b} {
		obj.SetLabels(nil)
		obj.SetAnnotations(nil)
	}
	// A Namespace is the same whatever its labels allow.
	return reflect.DeepEqual(a.Object, b.Object)
}

// keepTo has a DaemonSet keep to nodes by one more expression.
func keepTo(obj *unstructured.Unstructured, expression map[string]any) error {
	at := []string{"spec", "template", "spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"}
	terms, _, err := unstructured.NestedSlice(obj.Object, at...)
	if err != nil {
		return fmt.Errorf("changing %s: %w", identity(obj), err)
	}
	if len(terms) == 0 {
		terms = []any{map[string]any{}}
	}
	for i, entry := range terms {
		term, _ := entry.(map[string]any)
		if term == nil {
			term = map[string]any{}
		}
		expressions, _, _ := unstructured.NestedSlice(term, "matchExpressions")
		term["matchExpressions"] = append(expressions, expression)
		terms[i] = term
	}
	if err := unstructured.SetNestedSlice(obj.Object, terms, at...); err != nil {
		return fmt.Errorf("changing %s: %w", identity(obj), err)
	}
	return nil
}

// rename gives what runs pods another name, and its pods a label by which
// they are told from those of the one whose name it had.
func rename(obj *unstructured.Unstructured, suffix string) error {
	was := identity(obj)
	obj.SetName(obj.GetName() + "-" + suffix)
	for _, at := range [][]string{{"spec", "selector", "matchLabels"}, {"spec", "template", "metadata", "labels"}} {
		labels, _, err := unstructured.NestedStringMap(obj.Object, at...)
		if err != nil {
			return fmt.Errorf("renaming %s: %w", was, err)
		}
		labels = maps.Clone(labels)
		if labels == nil {
			labels = map[string]string{}
		}
		labels[NodeLabel] = suffix
		if err := unstructured.SetNestedStringMap(obj.Object, labels, at...); err != nil {
			return fmt.Errorf("renaming %s: %w", was, err)
		}
	}
	return nil
}

// addRules lets a role do what another of its name may do, too.
func addRules(role, other *unstructured.Unstructured) error {
	mine, _, err := unstructured.NestedSlice(role.Object, "rules")
	if err != nil {
		return fmt.Errorf("reading the rules of %s: %w", identity(role), err)
	}
	others, _, err := unstructured.NestedSlice(other.Object, "rules")
	if err != nil {
		return fmt.Errorf("reading the rules of %s: %w", identity(other), err)
	}
	for _, rule := range others {
		if !slices.ContainsFunc(mine, func(has any) bool { return reflect.DeepEqual(has, rule) }) {
			mine = append(mine, rule)
		}
	}
	if mine == nil {
		return nil // one that is gathered from others by their labels
	}
	return unstructured.SetNestedSlice(role.Object, mine, "rules")
}

// inOrder puts what others live in or run with before all that runs, and what
// makes the API server ask something that runs last, as each side has them.
func inOrder(objs []*unstructured.Unstructured) []*unstructured.Unstructured {
	turn := func(obj *unstructured.Unstructured) int {
		switch kind := obj.GetKind(); {
		case runsPods(obj):
			return 1
		case kind == "APIService", strings.HasSuffix(kind, "WebhookConfiguration"):
			return 2
		}
		return 0
	}
	objs = slices.Clone(objs)
	slices.SortStableFunc(objs, func(a, b *unstructured.Unstructured) int { return turn(a) - turn(b) })
	return objs
}
