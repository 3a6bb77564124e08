package kube_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube/kubetest"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// TestServer is every test that needs a real API server; one is shared, for it
// takes seconds to start.
func TestServer(t *testing.T) {
	server := kubetest.Start(t)
	c, err := kube.New(server.Kubeconfig(kubetest.AdminToken))
	if err != nil {
		t.Fatal(err)
	}
	kubetest.Eventually(t, "the API server", func() error { return c.Healthz(t.Context()) })
	kubetest.Eventually(t, "namespace kube-system", func() error {
		return exists(t.Context(), c, kube.Ref{Version: "v1", Kind: "Namespace", Name: "kube-system"}, true)
	})
	// In this order: the later ones find the set as the earlier ones leave it.
	for _, test := range []struct {
		name string
		run  func(*testing.T, *kube.Client)
	}{
		{"Version", version},
		{"ApplySet_DryRunChangesNothing", dryRun},
		{"ApplySet_CreatesThenLeavesAlone", createTwice},
		{"ApplySet_PutsBackWhatWasDeletedOrChangedByUs", putsBack},
		{"ApplySet_ReportsConflictsAndForcesOnRequest", conflicts},
		{"ApplySet_PrunesOnlyWhatItApplied", prunes},
		{"ApplySet_AppliesCustomResourcesRightAfterTheirDefinition", customResources},
		{"ApplySet_GoesOnPastAnError", goesOn},
		{"CreateDesired_LeavesASetAlone", createDesired},
		{"Watch_TellsOfDeletions", watch},
		{"Lead_OneAtATime", lead},
		{"EnsureBootstrapToken", bootstrapToken},
		{"Ready_SaysWhy", ready},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, c) })
	}
}

func exists(ctx context.Context, c *kube.Client, ref kube.Ref, want bool) error {
	_, found, err := c.Get(ctx, ref)
	if err == nil && found != want {
		err = fmt.Errorf("%s: found is %t", ref, found)
	}
	return err
}

func parse(t *testing.T, text string) []*unstructured.Unstructured {
	t.Helper()
	objs, err := kube.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return objs
}

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

func version(t *testing.T, c *kube.Client) {
	if v, err := c.Version(t.Context()); err != nil || !strings.HasPrefix(v, "v1.") {
		t.Errorf("got %q, %v", v, err)
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
	apply(t, c, set(t, "a"), kube.Options{})
	apply(t, c, set(t, "a"), kube.Options{})
	desired, _, err := c.ReadDesired(t.Context())
	if err != nil || len(desired.Inventory) != 3 {
		t.Errorf("the inventory holds %v, %v", desired.Inventory, err)
	}
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

func watch(t *testing.T, c *kube.Client) {
	ctx, cancel := context.WithCancel(t.Context())
	events := make(chan string, 100)
	done := make(chan error, 1)
	go func() {
		done <- c.Watch(ctx, []kube.Ref{{Group: "apps", Version: "v1", Kind: "Deployment", Name: "web", Namespace: "settest"}}, func(e string) { events <- e })
	}()
	seen := map[string]bool{}
	for _, want := range []string{"Deployment settest/web was deleted", "ConfigMap settest/a was deleted"} {
		kubetest.Eventually(t, want, func() error {
			// Again and again: the watch may not have begun at the first.
			apply(t, c, set(t, "a"), kube.Options{})
			time.Sleep(time.Second)
			if err := errors.Join(c.Delete(t.Context(), cm("a")), c.Delete(t.Context(), kube.Ref{Group: "apps", Version: "v1", Kind: "Deployment", Namespace: "settest", Name: "web"})); err != nil {
				return err
			}
			time.Sleep(time.Second)
			for len(events) > 0 {
				seen[<-events] = true
			}
			if !seen[want] {
				return fmt.Errorf("told of %v", seen)
			}
			return nil
		})
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("the watch ended with %v", err)
	}
}

func lead(t *testing.T, c *kube.Client) {
	var mu sync.Mutex
	leading, most, terms := 0, 0, 0
	var all sync.WaitGroup
	for i := range 3 {
		all.Go(func() {
			err := c.Lead(t.Context(), kube.Lease{Namespace: "kube-system", Name: "test", Identity: fmt.Sprint("candidate-", i)}, func(context.Context) error {
				mu.Lock()
				leading, terms = leading+1, terms+1
				most = max(most, leading)
				mu.Unlock()
				time.Sleep(100 * time.Millisecond)
				mu.Lock()
				leading--
				mu.Unlock()
				return errors.New("enough")
			})
			if err == nil || !strings.Contains(err.Error(), "enough") {
				t.Errorf("candidate %d ended with %v", i, err)
			}
		})
	}
	all.Wait()
	if most != 1 || terms != 3 {
		t.Errorf("%d led at once, %d terms", most, terms)
	}
}

func bootstrapToken(t *testing.T, c *kube.Client) {
	for range 2 {
		if err := c.EnsureBootstrapToken(t.Context(), "abcdef.0123456789abcdef", time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	if err := exists(t.Context(), c, kube.Ref{Version: "v1", Kind: "Secret", Namespace: "kube-system", Name: "bootstrap-token-abcdef"}, true); err != nil {
		t.Error(err)
	}
	if err := c.EnsureBootstrapToken(t.Context(), "short", 0); err == nil {
		t.Error("a token of no use was taken")
	}
}

// No controller runs here, so nothing ever gets ready.
func ready(t *testing.T, c *kube.Client) {
	objs := append(set(t), parse(t, "{apiVersion: v1, kind: ConfigMap, metadata: {name: missing, namespace: settest}}")...)
	apply(t, c, set(t), kube.Options{})
	pending, err := c.Ready(t.Context(), objs)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range pending {
		got = append(got, p.String())
	}
	want := []string{"Deployment settest/web: waiting for the controller to see it", "ConfigMap settest/missing: does not exist yet"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
