package kube

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/util/retry"
)

// Action is what applying did to an object, or would do.
type Action string

// The actions.
const (
	Created    Action = "created"
	Configured Action = "configured"
	Unchanged  Action = "unchanged"
	Pruned     Action = "pruned"
	Conflicted Action = "conflicted"
	// Released is of an object that is in the user's hands from now on.
	Released Action = "released"
)

// Options change how objects are applied.
type Options struct {
	// Force takes over fields that others own.
	Force bool
	// DryRun asks the server what would happen and changes nothing.
	DryRun bool
	// Release are objects that the set gives up: they stay in the cluster as
	// they are, without the mark that they are part of it.
	Release []Ref
}

func (o Options) dryRun() []string {
	if o.DryRun {
		return []string{metav1.DryRunAll}
	}
	return nil
}

// Change is what happened to one object. Before and After are nil where the
// object did not, or does not, exist.
type Change struct {
	Ref           Ref
	Action        Action
	Before, After *unstructured.Unstructured
	// Err says whose fields are in the way of a conflicted object.
	Err error
	// Takes are objects that are no part of the set and go with a pruned one:
	// what else is in a namespace, or of a kind whose definition goes.
	Takes []Ref
}

// ConflictError is returned for an object with fields that somebody else has
// set to another value and owns.
type ConflictError struct {
	Ref      Ref
	Managers []string
	err      error
}

// Error names the object, the owners and the way out.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("applying %s: fields are owned by %s: %v; give them up there, or take them over with --force-conflicts",
		e.Ref, strings.Join(e.Managers, ", "), e.err)
}

// Unwrap is the API server's own answer.
func (e *ConflictError) Unwrap() error { return e.err }

// Apply makes one object what it is to be, by server-side apply.
func (c *Client) Apply(ctx context.Context, obj *unstructured.Unstructured, opts Options) (Change, error) {
	change := Change{Ref: RefOf(obj)}
	resource, _, err := c.resource(ctx, obj.GroupVersionKind(), obj.GetNamespace())
	if err != nil {
		return change, fmt.Errorf("applying %s: %w", change.Ref, err)
	}
	if err := retry.OnError(raceBackoff, raced, func() error { return change.bring(ctx, resource, obj, opts) }); err != nil {
		return change, err
	}
	change.Action = compare(change.Before, change.After)
	return change, nil
}

// bring reads what there is and applies.
func (change *Change) bring(ctx context.Context, resource dynamic.ResourceInterface, obj *unstructured.Unstructured, opts Options) (err error) {
	change.Before, err = resource.Get(ctx, obj.GetName(), metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		change.Before, err = nil, nil
	}
	if err != nil {
		return fmt.Errorf("reading %s: %w", change.Ref, err)
	}
	change.After, err = patch(ctx, resource, obj, opts)
	return err
}

// raceBackoff is how long an object is tried again that somebody else makes at
// the same time: three seconds in all.
var raceBackoff = wait.Backoff{Steps: 5, Duration: 200 * time.Millisecond, Factor: 2}

// raced tells an error of two who make the same Service at the same time, as
// 'create' and the addon-manager do: each is given the address, the second
// finds it taken, by the very object that it makes.
func raced(err error) bool {
	return apierrors.IsInvalid(err) && strings.Contains(err.Error(), "is already allocated")
}

// patch applies, and forces only what nobody but this program owns.
func patch(ctx context.Context, resource dynamic.ResourceInterface, obj *unstructured.Unstructured, opts Options) (*unstructured.Unstructured, error) {
	ref := RefOf(obj)
	options := metav1.ApplyOptions{FieldManager: FieldManager, Force: opts.Force, DryRun: opts.dryRun()}
	after, err := resource.Apply(ctx, obj.GetName(), obj, options)
	if err == nil {
		return after, nil
	}
	managers := conflictingManagers(err)
	if len(managers) == 0 {
		return nil, fmt.Errorf("applying %s: %w", ref, err)
	}
	for _, manager := range managers {
		if manager != FieldManager {
			return nil, &ConflictError{Ref: ref, Managers: managers, err: err}
		}
	}
	options.Force = true
	if after, err = resource.Apply(ctx, obj.GetName(), obj, options); err != nil {
		return nil, fmt.Errorf("applying %s: %w", ref, err)
	}
	return after, nil
}

// conflictingManagers reads who owns the fields in the way from a conflict;
// none for any other error.
func conflictingManagers(err error) []string {
	status, ok := err.(apierrors.APIStatus)
	if !ok || !apierrors.IsConflict(err) || status.Status().Details == nil {
		return nil
	}
	quoted := regexp.MustCompile(`conflict with "([^"]+)"`)
	var managers []string
	seen := map[string]bool{}
	for _, cause := range status.Status().Details.Causes {
		if cause.Type != metav1.CauseTypeFieldManagerConflict {
			continue
		}
		for _, match := range quoted.FindAllStringSubmatch(cause.Message, -1) {
			if !seen[match[1]] {
				seen[match[1]] = true
				managers = append(managers, match[1])
			}
		}
	}
	return managers
}

// compare tells what applying did from the object before and after. What the
// server itself writes at each change does not count.
func compare(before, after *unstructured.Unstructured) Action {
	switch {
	case before == nil:
		return Created
	case before.GetResourceVersion() == after.GetResourceVersion() && equal(before, after):
		return Unchanged
	case equal(before, after):
		return Unchanged
	}
	return Configured
}

// Delete removes an object; one that is not there is fine.
func (c *Client) Delete(ctx context.Context, ref Ref) error {
	resource, _, err := c.resource(ctx, ref.gvk(), ref.Namespace)
	if err != nil {
		return fmt.Errorf("deleting %s: %w", ref, err)
	}
	background := metav1.DeletePropagationBackground
	err = resource.Delete(ctx, ref.Name, metav1.DeleteOptions{PropagationPolicy: &background})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("deleting %s: %w", ref, err)
	}
	return nil
}

// Get reads an object; found is false where there is none.
func (c *Client) Get(ctx context.Context, ref Ref) (obj *unstructured.Unstructured, found bool, err error) {
	resource, _, err := c.resource(ctx, ref.gvk(), ref.Namespace)
	if err != nil {
		return nil, false, fmt.Errorf("reading %s: %w", ref, err)
	}
	obj, err = resource.Get(ctx, ref.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("reading %s: %w", ref, err)
	}
	return obj, true, nil
}

// ApplyYAML applies every object of a YAML stream in its order.
func (c *Client) ApplyYAML(ctx context.Context, stream []byte) ([]Change, error) {
	objs, err := Parse(stream)
	if err != nil {
		return nil, err
	}
	var changes []Change
	for _, obj := range objs {
		change, err := c.Apply(ctx, obj, Options{})
		if err != nil {
			return changes, err
		}
		changes = append(changes, change)
	}
	return changes, nil
}
