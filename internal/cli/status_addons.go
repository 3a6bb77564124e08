package cli

import (
	"context"
	"errors"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon/choice"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/health"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
)

// addonLabel is on every object of a folder of addons/, with the folder's name.
const addonLabel = addon.Label

// withoutAddon is where objects are that no folder of addons/ brought.
const withoutAddon = choice.Other

// addonNameOf is the addon that an object belongs to.
func addonNameOf(object *unstructured.Unstructured) string {
	if name := object.GetLabels()[addonLabel]; name != "" {
		return name
	}
	return withoutAddon
}

// askAddons looks at the set that the cluster itself records: what it is to
// have, whatever the config says by now.
func (l *lookout) askAddons(ctx context.Context) (put, error) {
	desired, found, err := l.api.ReadDesired(ctx)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, errors.New("the cluster records none; 'kubectl anywhere addons apply " + l.cluster.Metadata.Name + "' applies them")
	}
	states, err := l.api.Readiness(ctx, desired.Objects)
	return func(r *health.Report) { r.Addons = l.withUnmanaged(addonsOf(desired.Objects, states)) }, err
}

// withUnmanaged adds those in the user's hands, of which the cluster's set has
// nothing: that nobody looks after them is not to be overlooked.
func (l *lookout) withUnmanaged(all []health.Addon) []health.Addon {
	for _, name := range l.cluster.EnabledAddons() {
		if said, _ := l.cluster.Addon(name); said.Unmanaged {
			all = append(all, health.Addon{Name: name, Unmanaged: true})
		}
	}
	slices.SortStableFunc(all, func(a, b health.Addon) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// addonsOf gathers objects by the addon they belong to; states are theirs, in
// the same order.
func addonsOf(objects []*unstructured.Unstructured, states []kube.Readiness) []health.Addon {
	byName := map[string]*health.Addon{}
	for i, object := range objects {
		name := addonNameOf(object)
		a := byName[name]
		if a == nil {
			a = &health.Addon{Name: name}
			byName[name] = a
		}
		a.Objects++
		a.Ready += states[i].Ready
		a.Wanted += states[i].Wanted
		if reason := states[i].Reason; reason != "" {
			a.Reasons = append(a.Reasons, states[i].Object.String()+": "+reason)
		}
	}
	out := []health.Addon{}
	for _, a := range byName {
		out = append(out, *a)
	}
	slices.SortFunc(out, func(a, b health.Addon) int { return strings.Compare(a.Name, b.Name) })
	return out
}
