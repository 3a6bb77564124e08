package kube

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
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
// prunes what the set held before and no longer does. A dry run only says
// what would happen. Conflicts are among the changes; any other error does
// not keep the rest from being applied.
func (c *Client) ApplySet(ctx context.Context, objs []*unstructured.Unstructured, opts Options) ([]Change, error) {
	if !opts.DryRun {
		if err := c.WriteDesired(ctx, objs); err != nil {
			return nil, err
		}
		return c.Reconcile(ctx, opts)
	}
	old, _, err := c.ReadDesired(ctx)
	if err != nil {
		return nil, err
	}
	if old == nil {
		old = &Desired{}
	}
	next := &Desired{Objects: objs, Inventory: union(refs(objs), old.Inventory)}
	changes, _, err := c.reconcile(ctx, next, opts)
	return changes, err
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
	changes, err = c.applyAll(ctx, desired.Objects, opts)
	conflicted := slices.ContainsFunc(changes, func(change Change) bool { return change.Action == Conflicted })
	if err != nil || conflicted {
		// What could not be brought up to date may still need what is to go,
		// such as the config under its old name.
		return changes, desired.Inventory, err
	}
	var problems []error
	kept = slices.Clone(desired.Inventory)
	unwanted := without(desired.Inventory, refs(desired.Objects))
	// Last in, first out: workloads go before the rights and namespaces they need.
	for _, ref := range slices.Backward(unwanted) {
		change, err := c.prune(ctx, ref, opts)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		kept = without(kept, []Ref{ref})
		if change != nil {
			changes = append(changes, *change)
		}
	}
	return changes, kept, errors.Join(problems...)
}

// applyAll applies objects in their order and goes on past errors.
func (c *Client) applyAll(ctx context.Context, objs []*unstructured.Unstructured, opts Options) (changes []Change, err error) {
	var problems []error
	for _, obj := range objs {
		change, err := c.Apply(ctx, labelled(obj), opts)
		var conflict *ConflictError
		switch {
		case errors.As(err, &conflict):
			change.Action, change.Err = Conflicted, err
			changes = append(changes, change)
		case err != nil && opts.DryRun && namespaceIsNew(obj, changes):
			// A dry run does not make the namespace that this would need.
			changes = append(changes, Change{Ref: RefOf(obj), Action: Created, After: obj})
		case err != nil:
			problems = append(problems, err)
		default:
			changes = append(changes, change)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return changes, errors.Join(problems...)
}

// prune deletes an object that the set no longer has, if it is still ours: an
// object without our label was taken over by somebody.
func (c *Client) prune(ctx context.Context, ref Ref, opts Options) (*Change, error) {
	live, found, err := c.Get(ctx, ref)
	if meta.IsNoMatchError(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("pruning %s: %w", ref, err)
	}
	if !found || live.GetLabels()[SetLabel] != setValue || live.GetDeletionTimestamp() != nil {
		return nil, nil
	}
	if !opts.DryRun {
		if err := c.Delete(ctx, ref); err != nil {
			return nil, err
		}
	}
	return &Change{Ref: ref, Action: Pruned, Before: live}, nil
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

// namespaceIsNew says whether an object's namespace is among those that a
// dry run would only create.
func namespaceIsNew(obj *unstructured.Unstructured, changes []Change) bool {
	for _, change := range changes {
		if change.Ref.Kind == "Namespace" && change.Action == Created && change.Ref.Name == obj.GetNamespace() {
			return true
		}
	}
	return false
}
