package kube_test

import (
	"context"
	"encoding/base64"
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
		{"ApplySet_LeavesNothingOfWhatItPrunes", func(t *testing.T, c *kube.Client) { leavesNothing(t, server, c) }},
		{"ApplySet_ReleasesAndTakesBack", releases},
		{"ApplySet_HoldsBackOnlyTheAddonInConflict", holdsBack},
		{"ApplySet_DryRunKnowsKindsThatAreNew", dryRunOfNewKinds},
		{"CreateDesired_LeavesASetAlone", createDesired},
		{"Apply_BearsThatOthersMakeTheSameService", raceForAddress},
		{"Watch_TellsOfDeletions", watch},
		{"Lead_OneAtATime", lead},
		{"EnsureBootstrapToken", bootstrapToken},
		{"ExtendBootstrapToken_MovesTheEndOutwardOnly", extendToken},
		{"Ready_SaysWhy", ready},
		{"Readiness_CountsPodsAndSaysWhy", readiness},
		{"Health_TellsTheCertificateAndHowLongItTook", apiHealth},
		{"LabelPool_FollowsTheConfig", labelPool},
		{"NodeInfos_TellWhatStatusShows", func(t *testing.T, c *kube.Client) { nodeInfos(t, server, c) }},
		{"Drain_EmptiesANodeAsBudgetsAllow", func(t *testing.T, c *kube.Client) { drain(t, server, c) }},
		{"Release_GivesBackWhatIsOutside", func(t *testing.T, c *kube.Client) { release(t, server, c) }},
		{"Rotation_TellsPodsAndServersWhomToTrust", func(t *testing.T, c *kube.Client) { rotation(t, server, c) }},
		{"RunOnNode", func(t *testing.T, c *kube.Client) { runOnNode(t, server, c) }},
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

func version(t *testing.T, c *kube.Client) {
	if v, err := c.Version(t.Context()); err != nil || !strings.HasPrefix(v, "v1.") {
		t.Errorf("got %q, %v", v, err)
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

func extendToken(t *testing.T, c *kube.Client) {
	secret := kube.Ref{Version: "v1", Kind: "Secret", Namespace: "kube-system", Name: "bootstrap-token-abcdef"}
	ends := func() string {
		obj, _, err := c.Get(t.Context(), secret)
		if err != nil {
			t.Fatal(err)
		}
		text, _, _ := unstructured.NestedString(obj.Object, "data", "expiration")
		end, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return string(end)
	}
	if err := c.EnsureBootstrapToken(t.Context(), "abcdef.0123456789abcdef", time.Hour); err != nil {
		t.Fatal(err)
	}
	before := ends()
	late := time.Now().Add(24 * time.Hour)
	for _, step := range []struct {
		end  time.Time
		want string
	}{
		{time.Now(), before}, {late, late.UTC().Format(time.RFC3339)}, {time.Now().Add(time.Minute), late.UTC().Format(time.RFC3339)},
	} {
		if found, err := c.ExtendBootstrapToken(t.Context(), "abcdef", step.end); !found || err != nil {
			t.Fatalf("found %t, %v", found, err)
		}
		if got := ends(); got != step.want {
			t.Errorf("extended to %s it ends at %s, want %s", step.end, got, step.want)
		}
	}
	if err := c.EnsureBootstrapToken(t.Context(), "abcdef.0123456789abcdef", 0); err != nil {
		t.Fatal(err)
	}
	if found, err := c.ExtendBootstrapToken(t.Context(), "abcdef", late); !found || err != nil || ends() != "" {
		t.Errorf("a token that never ended ends at %s (%t, %v)", ends(), found, err)
	}
	if found, err := c.ExtendBootstrapToken(t.Context(), "000000", late); found || err != nil {
		t.Errorf("a token that is not there: %t, %v", found, err)
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
