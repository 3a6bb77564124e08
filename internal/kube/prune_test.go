package kube_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube/kubetest"
)

// wholeAddon has one object of each kind that is awkward to take away.
const wholeAddon = `
{apiVersion: v1, kind: Namespace, metadata: {name: prunetest}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.prunetest.invalid}
spec:
  group: prunetest.invalid
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: server, namespace: prunetest}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: server, namespace: prunetest}
spec:
  selector: {matchLabels: {app: server}}
  template:
    metadata: {labels: {app: server}}
    spec: {containers: [{name: server, image: server.invalid/server:1}]}
---
{apiVersion: prunetest.invalid/v1, kind: Widget, metadata: {name: one, namespace: prunetest}}
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta1.metrics.prunetest.invalid}
spec:
  group: metrics.prunetest.invalid
  version: v1beta1
  groupPriorityMinimum: 100
  versionPriority: 100
  service: {name: server, namespace: prunetest}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: prunetest}
webhooks:
- name: all.prunetest.invalid
  admissionReviewVersions: [v1]
  sideEffects: None
  failurePolicy: Fail
  clientConfig: {service: {name: server, namespace: prunetest}}
  # Nothing answers there: were the webhook the last to go, nothing else could.
  rules: [{apiGroups: [apps, prunetest.invalid], apiVersions: ["*"], operations: [DELETE], resources: ["*"]}]
`

func leavesNothing(t *testing.T, server *kubetest.Server, c *kube.Client) {
	base := set(t, "a")
	addon := parse(t, wholeAddon)
	apply(t, c, slices.Concat(base, addon), kube.Options{})
	// What a user has put beside it goes along, and is told before.
	if _, err := c.ApplyYAML(t.Context(), []byte(`
{apiVersion: prunetest.invalid/v1, kind: Widget, metadata: {name: theirs, namespace: default}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: theirs, namespace: prunetest}}
`)); err != nil {
		t.Fatal(err)
	}
	changes, err := c.ApplySet(t.Context(), base, kube.Options{DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	var order, takes []string
	for _, change := range changes {
		if change.Action == kube.Pruned {
			order = append(order, change.Ref.Kind)
		}
		for _, ref := range change.Takes {
			takes = append(takes, change.Ref.Kind+" takes "+ref.String())
		}
	}
	if diff := cmp.Diff([]string{
		"ValidatingWebhookConfiguration", "APIService", "Widget", "Deployment", "ServiceAccount", definition, "Namespace",
	}, order); diff != "" {
		t.Errorf("they go in this order (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{definition + " takes Widget default/theirs", "Namespace takes ConfigMap prunetest/theirs"}, takes); diff != "" {
		t.Errorf("what goes along (-want +got):\n%s", diff)
	}
	apply(t, c, base, kube.Options{})
	// The controller that empties namespaces does not run here; this is its last step.
	server.Do(t, kubetest.AdminToken, "PUT", "/api/v1/namespaces/prunetest/finalize", "application/json",
		`{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "prunetest"}, "spec": {"finalizers": []}}`)
	kubetest.Eventually(t, "an empty cluster", func() error {
		if _, err := c.Reconcile(t.Context(), kube.Options{}); err != nil {
			return err
		}
		var problems []error
		for _, obj := range addon {
			if kube.RefOf(obj).Kind != "Widget" { // the kind is gone
				problems = append(problems, exists(t.Context(), c, kube.RefOf(obj), false))
			}
		}
		desired, _, err := c.ReadDesired(t.Context())
		if err == nil && len(desired.Inventory) != len(base) {
			err = fmt.Errorf("the inventory still holds %v", desired.Inventory)
		}
		return errors.Join(append(problems, err)...)
	})
}

const definition = "CustomResourceDefinition"

// setMark is the label of what is part of the set.
const setMark = "kubernetes-anywhere.io/set"

func releases(t *testing.T, c *kube.Client) {
	both := set(t, "a", "b")
	apply(t, c, both, kube.Options{})
	opts := kube.Options{Release: []kube.Ref{cm("b"), cm("never-there")}}
	want := map[string]kube.Action{
		"ConfigMap settest/b": kube.Released, "ConfigMap settest/a": kube.Unchanged,
		"Namespace settest": kube.Unchanged, "Deployment settest/web": kube.Unchanged,
	}
	opts.DryRun = true
	expect(t, apply(t, c, set(t, "a"), opts), want)
	opts.DryRun = false
	expect(t, apply(t, c, set(t, "a"), opts), want)
	delete(want, "ConfigMap settest/b")
	expect(t, apply(t, c, set(t, "a"), opts), want)
	theirs := func() *unstructured.Unstructured {
		obj, found, err := c.Get(t.Context(), cm("b"))
		if err != nil || !found {
			t.Fatalf("it is found: %t, %v", found, err)
		}
		return obj
	}
	if obj := theirs(); obj.GetLabels()[setMark] != "" {
		t.Errorf("it is still marked: %v", obj.GetLabels())
	}
	desired, _, err := c.ReadDesired(t.Context())
	if err != nil || slices.Contains(desired.Inventory, cm("b")) {
		t.Errorf("the inventory still holds it: %v, %v", desired.Inventory, err)
	}
	if err := c.UpdateAs(t.Context(), "somebody", cm("b"), func(obj *unstructured.Unstructured) {
		_ = unstructured.SetNestedField(obj.Object, "theirs", "data", "key")
	}); err != nil {
		t.Fatal(err)
	}
	apply(t, c, set(t, "a"), kube.Options{}) // by whoever does not know that it was released
	if obj := theirs(); fmt.Sprint(obj.Object["data"]) != "map[key:theirs]" {
		t.Errorf("it was touched: %v", obj.Object["data"])
	}
	// Managed again, what was changed meanwhile is a conflict and not undone.
	if got := apply(t, c, both, kube.Options{})["ConfigMap settest/b"]; got != kube.Conflicted {
		t.Errorf("taking it back, it was %q", got)
	}
	if got := apply(t, c, both, kube.Options{Force: true})["ConfigMap settest/b"]; got != kube.Configured {
		t.Errorf("taking it back by force, it was %q", got)
	}
	if obj := theirs(); obj.GetLabels()[setMark] == "" {
		t.Error("it is not marked again")
	}
	apply(t, c, set(t, "a"), kube.Options{})
}

// A field that somebody owns in one addon does not keep another from going.
func holdsBack(t *testing.T, c *kube.Client) {
	of := func(addon string, objs []*unstructured.Unstructured) []*unstructured.Unstructured {
		for _, obj := range objs {
			obj.SetLabels(map[string]string{kube.AddonLabel: addon})
		}
		return objs
	}
	first := func(names ...string) (objs []*unstructured.Unstructured) {
		for _, name := range names {
			objs = append(objs, of("first", parse(t, "{apiVersion: v1, kind: ConfigMap, metadata: {name: "+name+", namespace: settest}, data: {key: x}}"))...)
		}
		return objs
	}
	second := of("second", parse(t, "{apiVersion: v1, kind: ConfigMap, metadata: {name: second, namespace: settest}}"))
	apply(t, c, slices.Concat(set(t, "a"), first("kept", "old"), second), kube.Options{})
	if err := c.UpdateAs(t.Context(), "somebody", cm("kept"), func(obj *unstructured.Unstructured) {
		_ = unstructured.SetNestedField(obj.Object, "theirs", "data", "key")
	}); err != nil {
		t.Fatal(err)
	}
	got := apply(t, c, slices.Concat(set(t, "a"), first("kept")), kube.Options{})
	if got["ConfigMap settest/kept"] != kube.Conflicted || got["ConfigMap settest/old"] != "" || got["ConfigMap settest/second"] != kube.Pruned {
		t.Errorf("got %v", got)
	}
	got = apply(t, c, slices.Concat(set(t, "a"), first("kept")), kube.Options{Force: true})
	if got["ConfigMap settest/old"] != kube.Pruned {
		t.Errorf("without the conflict: %v", got)
	}
	apply(t, c, set(t, "a"), kube.Options{})
}

func dryRunOfNewKinds(t *testing.T, c *kube.Client) {
	objs := append(set(t, "a"), parse(t, wholeAddon)...)
	got := apply(t, c, objs, kube.Options{DryRun: true})
	if got["Widget prunetest/one"] != kube.Created || got["APIService v1beta1.metrics.prunetest.invalid"] != kube.Created {
		t.Errorf("got %v", got)
	}
	if err := exists(t.Context(), c, kube.Ref{Group: "apiextensions.k8s.io", Version: "v1", Kind: definition, Name: "widgets.prunetest.invalid"}, false); err != nil {
		t.Error(err)
	}
}
