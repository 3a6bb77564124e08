package kube

import (
	"context"
	"errors"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// normal is an object with numbers as the API machinery expects them:
// encoding/json reads every number as a float64.
func normal(content map[string]any) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: integers(content).(map[string]any)}
}

func integers(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key := range v {
			v[key] = integers(v[key])
		}
	case []any:
		for i := range v {
			v[i] = integers(v[i])
		}
	case float64:
		if whole := int64(v); float64(whole) == v {
			return whole
		}
	}
	return value
}

// ApplySet makes objs the set of addons, applies them in their order and
// prunes what the set held before and no longer does, but for what is to be
// released. A dry run only says what would happen. Conflicts are among the
// changes; any other error, an ObjectError for each object, does not keep the
// rest from being applied.
func (c *Client) ApplySet(ctx context.Context, objs []*unstructured.Unstructured, opts Options) ([]Change, error) {
	if !opts.DryRun {
		// First of all: the addon-manager must not apply again, or prune, what
		// is about to be released.
		if err := c.writeDesired(ctx, objs, opts.Release); err != nil {
			return nil, err
		}
		released, problem := c.release(ctx, opts)
		changes, err := c.Reconcile(ctx, opts)
		return append(released, changes...), errors.Join(problem, err)
	}
	old, _, err := c.ReadDesired(ctx)
	if err != nil {
		return nil, err
	}
	if old == nil {
		old = &Desired{}
	}
	released, problem := c.release(ctx, opts)
	next := &Desired{Objects: objs, Inventory: union(refs(objs), without(old.Inventory, opts.Release))}
	changes, _, err := c.reconcile(ctx, next, opts)
	return append(released, changes...), errors.Join(problem, err)
}

// Reconcile applies the set that the cluster keeps. A cluster that keeps none
// is left alone.
func (c *Client) Reconcile(ctx context.Context, opts Options) ([]Change, error) {
	desired, found, err := c.ReadDesired(ctx)
	if err != nil || !found {
		return nil, err
	}
	changes, kept, err := c.reconcile(ctx, desired, opts)
	if opts.DryRun || slices.Equal(kept, desired.Inventory) {
		return changes, err
	}
	pruned := without(desired.Inventory, kept)
	forget := func(now *Desired) *Desired {
		// Whatever a newer set wants again stays in the inventory.
		gone := without(pruned, refs(now.Objects))
		now.Inventory = without(now.Inventory, gone)
		return now
	}
	return changes, errors.Join(err, c.updateSet(ctx, forget, false))
}

// reconcile applies and prunes; kept is the inventory that remains.
func (c *Client) reconcile(ctx context.Context, desired *Desired, opts Options) (changes []Change, kept []Ref, err error) {
	changes, failed := c.applyAll(ctx, desired.Objects, opts)
	problems := failed
	kept = slices.Clone(desired.Inventory)
	unwanted := without(desired.Inventory, refs(desired.Objects))
	held := heldBack(desired.Objects, changes, failed)
	for _, ref := range pruneOrder(unwanted, desired.Objects) {
		if ctx.Err() != nil {
			break
		}
		change, gone, err := c.prune(ctx, ref, held, desired.Inventory, opts)
		if err != nil {
			problems = append(problems, &ObjectError{ref, err})
			continue
		}
		if gone {
			kept = without(kept, []Ref{ref})
		}
		if change != nil {
			changes = append(changes, *change)
		}
	}
	return changes, kept, errors.Join(problems...)
}

// ObjectError is what kept one object of a set from being applied or pruned.
type ObjectError struct {
	Ref Ref
	err error
}

// Error is that of the object, which names it.
func (e *ObjectError) Error() string { return e.err.Error() }

// Unwrap is the cause.
func (e *ObjectError) Unwrap() error { return e.err }

// ObjectErrors are all of an error that is of single objects.
func ObjectErrors(err error) (all []*ObjectError) {
	var one *ObjectError
	if list, many := err.(interface{ Unwrap() []error }); many {
		for _, err := range list.Unwrap() {
			all = append(all, ObjectErrors(err)...)
		}
	} else if errors.As(err, &one) {
		all = append(all, one)
	}
	return all
}

// applyAll applies objects in their order and goes on past errors.
func (c *Client) applyAll(ctx context.Context, objs []*unstructured.Unstructured, opts Options) (changes []Change, problems []error) {
	for _, obj := range objs {
		if opts.DryRun && homeIsNew(obj, changes) {
			// A dry run does not make the namespace, or the kind, that this
			// would need.
			changes = append(changes, Change{Ref: RefOf(obj), Action: Created, After: obj})
			continue
		}
		change, err := c.Apply(ctx, labelled(obj), opts)
		var conflict *ConflictError
		switch {
		case errors.As(err, &conflict):
			change.Action, change.Err = Conflicted, err
			changes = append(changes, change)
		case err != nil:
			problems = append(problems, &ObjectError{RefOf(obj), err})
		default:
			changes = append(changes, change)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return changes, problems
}

// labelled is the object with the set's label, which pruning and watching go by.
func labelled(obj *unstructured.Unstructured) *unstructured.Unstructured {
	obj = obj.DeepCopy()
	labels := obj.GetLabels()
	if labels == nil {
		labels = map[string]string{}
	}
	labels[SetLabel] = setValue
	obj.SetLabels(labels)
	return obj
}

// homeIsNew says whether an object's namespace, or the definition of its kind,
// is among what a dry run would only create.
func homeIsNew(obj *unstructured.Unstructured, changes []Change) bool {
	for _, change := range changes {
		if change.Action != Created {
			continue
		}
		switch change.Ref.Kind {
		case "Namespace":
			if change.Ref.Name == obj.GetNamespace() {
				return true
			}
		case definition:
			if defines(change.After, obj.GroupVersionKind()) {
				return true
			}
		}
	}
	return false
}

// defines says whether a definition of custom resources is that of a kind.
func defines(crd *unstructured.Unstructured, gvk schema.GroupVersionKind) bool {
	if crd == nil {
		return false
	}
	group, _, _ := unstructured.NestedString(crd.Object, "spec", "group")
	kind, _, _ := unstructured.NestedString(crd.Object, "spec", "names", "kind")
	return group == gvk.Group && kind == gvk.Kind
}
