package kube_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube/kubetest"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// set is a namespace, a ConfigMap in it for each name, and a Deployment.
func set(t *testing.T, names ...string) []*unstructured.Unstructured {
	var text strings.Builder
	text.WriteString("{apiVersion: v1, kind: Namespace, metadata: {name: settest}}\n")
	for _, name := range names {
		fmt.Fprintf(&text, "---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: %s, namespace: settest}, data: {key: %s}}\n", name, name)
	}
	text.WriteString(`---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: settest}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web.invalid/web:1}]}
`)
	return parse(t, text.String())
}

func cm(name string) kube.Ref {
	return kube.Ref{Version: "v1", Kind: "ConfigMap", Namespace: "settest", Name: name}
}

// actions of the changes, by object.
func actions(changes []kube.Change) map[string]kube.Action {
	got := map[string]kube.Action{}
	for _, change := range changes {
		got[change.Ref.String()] = change.Action
	}
	return got
}

func apply(t *testing.T, c *kube.Client, objs []*unstructured.Unstructured, opts kube.Options) map[string]kube.Action {
	t.Helper()
	changes, err := c.ApplySet(t.Context(), objs, opts)
	if err != nil {
		t.Fatal(err)
	}
	return actions(changes)
}

func expect(t *testing.T, got, want map[string]kube.Action) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func dryRun(t *testing.T, c *kube.Client) {
	expect(t, apply(t, c, set(t, "a"), kube.Options{DryRun: true}), map[string]kube.Action{
		"Namespace settest": kube.Created, "ConfigMap settest/a": kube.Created, "Deployment settest/web": kube.Created,
	})
	if err := exists(t.Context(), c, kube.Ref{Version: "v1", Kind: "Namespace", Name: "settest"}, false); err != nil {
		t.Error(err)
	}
	if _, found, err := c.ReadDesired(t.Context()); found || err != nil {
		t.Errorf("the set was written: found %t, %v", found, err)
	}
}

func createTwice(t *testing.T, c *kube.Client) {
	expect(t, apply(t, c, set(t, "a", "b"), kube.Options{}), map[string]kube.Action{
		"Namespace settest": kube.Created, "ConfigMap settest/a": kube.Created, "ConfigMap settest/b": kube.Created, "Deployment settest/web": kube.Created,
	})
	expect(t, apply(t, c, set(t, "a", "b"), kube.Options{}), map[string]kube.Action{
		"Namespace settest": kube.Unchanged, "ConfigMap settest/a": kube.Unchanged, "ConfigMap settest/b": kube.Unchanged, "Deployment settest/web": kube.Unchanged,
	})
	desired, found, err := c.ReadDesired(t.Context())
	if err != nil || !found {
		t.Fatalf("reading the set: found %t, %v", found, err)
	}
	if diff := cmp.Diff(set(t, "a", "b"), desired.Objects); diff != "" {
		t.Errorf("the set is not read back as it was written:\n%s", diff)
	}
}

func putsBack(t *testing.T, c *kube.Client) {
	if err := c.Delete(t.Context(), cm("a")); err != nil {
		t.Fatal(err)
	}
	changes, err := c.Reconcile(t.Context(), kube.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := actions(changes)["ConfigMap settest/a"]; got != kube.Created {
		t.Errorf("ConfigMap a was %s", got)
	}
}

// A user's own field is left alone and reported; the command can take it over.
func conflicts(t *testing.T, c *kube.Client) {
	if err := c.UpdateAs(t.Context(), "somebody", cm("b"), func(obj *unstructured.Unstructured) {
		_ = unstructured.SetNestedField(obj.Object, "theirs", "data", "key")
	}); err != nil {
		t.Fatal(err)
	}
	changes, err := c.Reconcile(t.Context(), kube.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range changes {
		if change.Ref != cm("b") {
			continue
		}
		var conflict *kube.ConflictError
		if change.Action != kube.Conflicted || !errors.As(change.Err, &conflict) || !cmp.Equal(conflict.Managers, []string{"somebody"}) {
			t.Errorf("got %s, %v", change.Action, change.Err)
		}
	}
	if obj, _, err := c.Get(t.Context(), cm("b")); err != nil || fmt.Sprint(obj.Object["data"]) != "map[key:theirs]" {
		t.Errorf("the field was fought over: %v, %v", obj.Object["data"], err)
	}
	// What could not be applied may need what is to go.
	if got := apply(t, c, set(t, "b"), kube.Options{}); got["ConfigMap settest/a"] != "" {
		t.Errorf("ConfigMap a was %s beside a conflict", got["ConfigMap settest/a"])
	}
	if err := errors.Join(exists(t.Context(), c, cm("a"), true), c.WriteDesired(t.Context(), set(t, "a", "b"))); err != nil {
		t.Fatal(err)
	}
	if changes, err = c.Reconcile(t.Context(), kube.Options{DryRun: true, Force: true}); err != nil {
		t.Fatal(err)
	}
	for _, change := range changes {
		if change.Ref == cm("b") && !cmp.Equal(change.Fields(), []string{"data.key: theirs -> b"}) {
			t.Errorf("the dry run tells of %q", change.Fields())
		}
	}
	if got := apply(t, c, set(t, "a", "b"), kube.Options{Force: true}); got["ConfigMap settest/b"] != kube.Configured {
		t.Errorf("forcing did not: %v", got)
	}
}

func prunes(t *testing.T, c *kube.Client) {
	if _, err := c.ApplyYAML(t.Context(), []byte("{apiVersion: v1, kind: ConfigMap, metadata: {name: foreign, namespace: settest}}")); err != nil {
		t.Fatal(err)
	}
	next := set(t, "a", "c")
	want := map[string]kube.Action{
		"Namespace settest": kube.Unchanged, "ConfigMap settest/a": kube.Unchanged, "Deployment settest/web": kube.Unchanged,
		"ConfigMap settest/c": kube.Created, "ConfigMap settest/b": kube.Pruned,
	}
	expect(t, apply(t, c, next, kube.Options{DryRun: true}), want)
	if err := exists(t.Context(), c, cm("b"), true); err != nil {
		t.Errorf("the dry run pruned: %v", err)
	}
	expect(t, apply(t, c, next, kube.Options{}), want)
	for name, want := range map[string]bool{"a": true, "b": false, "c": true, "foreign": true} {
		if err := exists(t.Context(), c, cm(name), want); err != nil {
			t.Error(err)
		}
	}
	desired, _, err := c.ReadDesired(t.Context())
	if err != nil || len(desired.Inventory) != len(next) {
		t.Errorf("the inventory holds %v, %v", desired.Inventory, err)
	}
	// One that somebody took over, by taking off our label, is not pruned.
	if err := c.UpdateAs(t.Context(), "somebody", cm("c"), func(obj *unstructured.Unstructured) { obj.SetLabels(nil) }); err != nil {
		t.Fatal(err)
	}
	apply(t, c, set(t, "a"), kube.Options{})
	if err := exists(t.Context(), c, cm("c"), true); err != nil {
		t.Error(err)
	}
}

func customResources(t *testing.T, c *kube.Client) {
	objs := append(set(t, "a"), parse(t, `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.settest.invalid}
spec:
  group: settest.invalid
  scope: Cluster
  names: {plural: things, singular: thing, kind: Thing}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
---
{apiVersion: settest.invalid/v1, kind: Thing, metadata: {name: one}}
`)...)
	if got := apply(t, c, objs, kube.Options{}); got["Thing one"] != kube.Created {
		t.Errorf("got %v", got)
	}
	// And both go: the kind may vanish before its object is looked for.
	kubetest.Eventually(t, "the definition's end", func() error {
		apply(t, c, set(t, "a"), kube.Options{})
		desired, _, err := c.ReadDesired(t.Context())
		if err == nil && len(desired.Inventory) != 3 {
			err = fmt.Errorf("the inventory holds %v", desired.Inventory)
		}
		return err
	})
}

func goesOn(t *testing.T, c *kube.Client) {
	objs := append(parse(t, "{apiVersion: v1, kind: ConfigMap, metadata: {name: x, namespace: nowhere}}"), set(t, "a", "later")...)
	changes, err := c.ApplySet(t.Context(), objs, kube.Options{})
	if err == nil || !strings.Contains(err.Error(), "ConfigMap nowhere/x") {
		t.Errorf("got %v", err)
	}
	if got := actions(changes)["ConfigMap settest/later"]; got != kube.Created {
		t.Errorf("what came after the error was %q", got)
	}
	apply(t, c, set(t, "a"), kube.Options{})
}

func createDesired(t *testing.T, c *kube.Client) {
	if err := c.CreateDesired(t.Context(), set(t, "z")); err != nil {
		t.Fatal(err)
	}
	desired, _, err := c.ReadDesired(t.Context())
	if err != nil || !cmp.Equal(desired.Objects, set(t, "a")) {
		t.Errorf("the set was replaced (%v)", err)
	}
}
