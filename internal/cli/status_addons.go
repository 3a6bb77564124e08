package cli

import (
	"context"
	"errors"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/health"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
)

// addonLabel is on every object of a folder of addons/, with the folder's name.
const addonLabel = "kubernetes-anywhere.io/addon"

// withoutAddon is where objects are that no folder of addons/ brought.
const withoutAddon = "(other)"

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
	return func(r *health.Report) { r.Addons = addonsOf(desired.Objects, states) }, err
}

// addonsOf gathers objects by the addon they belong to; states are theirs, in
// the same order.
func addonsOf(objects []*unstructured.Unstructured, states []kube.Readiness) []health.Addon {
	byName := map[string]*health.Addon{}
	for i, object := range objects {
		name := object.GetLabels()[addonLabel]
		if name == "" {
			name = withoutAddon
		}
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
