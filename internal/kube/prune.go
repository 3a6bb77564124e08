package kube

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

const (
	definition = "CustomResourceDefinition"
	// AddonLabel is on every object of an addon, with the addon's name.
	AddonLabel = "kubernetes-anywhere.io/addon"
)

// pruneOrder is in which order objects go, of those that no object still
// wanted lives in. What makes the API server ask a workload goes before that
// workload: a webhook without its server refuses what it is asked about, and a
// namespace never ends while an APIService does not answer. Then go custom
// resources, while whoever may have to let go of them still runs, workloads,
// the rights and configs they need, and at last what others live in. Of one
// rank, what was applied last goes first.
func pruneOrder(unwanted []Ref, wanted []*unstructured.Unstructured) []Ref {
	ordered := slices.DeleteFunc(slices.Clone(unwanted), func(ref Ref) bool {
		return slices.ContainsFunc(wanted, func(obj *unstructured.Unstructured) bool { return ref.holds(RefOf(obj)) })
	})
	slices.Reverse(ordered)
	rank := func(ref Ref) int {
		switch ref.Kind {
		case "APIService", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicyBinding":
			return 0
		case "Deployment", "DaemonSet", "StatefulSet", "Job", "CronJob", "Pod", "ReplicaSet":
			return 2
		case definition:
			return 4
		case "Namespace":
			return 5
		}
		if slices.ContainsFunc(unwanted, func(other Ref) bool { return other.Kind == definition && other.holds(ref) }) {
			return 1
		}
		return 3
	}
	slices.SortStableFunc(ordered, func(a, b Ref) int { return cmp.Compare(rank(a), rank(b)) })
	return ordered
}

// holds tells whether an object lives in this namespace, or may be of the kind
// that this definition, whose name is PLURAL.GROUP, brings.
func (r Ref) holds(other Ref) bool {
	switch r.Kind {
	case "Namespace":
		return r.Group == "" && r.Name == other.Namespace
	case definition:
		return other.Group != "" && strings.HasSuffix(r.Name, "."+other.Group)
	}
	return false
}

// heldBack are the addons of which something could not be brought up to date:
// that may still need what is to go, such as the config under its old name.
func heldBack(objs []*unstructured.Unstructured, changes []Change, failed []error) map[string]bool {
	var late []Ref
	for _, change := range changes {
		if change.Action == Conflicted {
			late = append(late, change.Ref.identity())
		}
	}
	for _, one := range ObjectErrors(errors.Join(failed...)) {
		late = append(late, one.Ref.identity())
	}
	held := map[string]bool{}
	for _, obj := range objs {
		if slices.Contains(late, RefOf(obj).identity()) {
			held[obj.GetLabels()[AddonLabel]] = true
		}
	}
	return held
}

// prune deletes an object that the set no longer has, if it is still ours: an
// object without our label was taken over by somebody. Gone tells that nothing
// more is to be done about it: one that others have to let go of first is
// looked at again.
func (c *Client) prune(ctx context.Context, ref Ref, held map[string]bool, inventory []Ref, opts Options) (change *Change, gone bool, err error) {
	live, found, err := c.Get(ctx, ref)
	if meta.IsNoMatchError(err) {
		return nil, true, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("pruning %s: %w", ref, err)
	}
	switch {
	case !found || live.GetLabels()[SetLabel] != setValue:
		return nil, true, nil
	case live.GetDeletionTimestamp() != nil || held[live.GetLabels()[AddonLabel]]:
		return nil, false, nil
	}
	change = &Change{Ref: ref, Action: Pruned, Before: live}
	if change.Takes, err = c.takes(ctx, live, inventory); err != nil {
		return nil, false, fmt.Errorf("pruning %s: %w", ref, err)
	}
	if opts.DryRun {
		return change, true, nil
	}
	if err := c.Delete(ctx, ref); err != nil {
		return nil, false, err
	}
	return change, !lingers(live), nil
}

// lingers tells whether an object stays until somebody lets go of it.
func lingers(live *unstructured.Unstructured) bool {
	inSpec, _, _ := unstructured.NestedStringSlice(live.Object, "spec", "finalizers")
	return len(live.GetFinalizers()) > 0 || live.GetKind() == "Namespace" && len(inSpec) > 0
}

// release takes the set's mark off what the user looks after from now on.
func (c *Client) release(ctx context.Context, opts Options) (changes []Change, err error) {
	var problems []error
	for _, ref := range opts.Release {
		change, err := c.releaseOne(ctx, ref, opts)
		if err != nil && !meta.IsNoMatchError(err) {
			problems = append(problems, &ObjectError{ref, fmt.Errorf("releasing %s: %w", ref, err)})
		}
		if change != nil {
			changes = append(changes, *change)
		}
	}
	return changes, errors.Join(problems...)
}

func (c *Client) releaseOne(ctx context.Context, ref Ref, opts Options) (*Change, error) {
	live, found, err := c.Get(ctx, ref)
	if err != nil || !found || live.GetLabels()[SetLabel] != setValue {
		return nil, err
	}
	resource, _, err := c.resource(ctx, ref.gvk(), ref.Namespace)
	if err != nil {
		return nil, err
	}
	unmark := fmt.Appendf(nil, `{"metadata": {"labels": {%q: null}}}`, SetLabel)
	after, err := resource.Patch(ctx, ref.Name, types.MergePatchType, unmark, metav1.PatchOptions{FieldManager: FieldManager, DryRun: opts.dryRun()})
	if err != nil {
		return nil, err
	}
	return &Change{Ref: ref, Action: Released, Before: live, After: after}, nil
}
