package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine/enginetest"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// fakeHealth writes down, at each question, what was done to the world before.
type fakeHealth struct {
	world *enginetest.World
	// ill are asked for some times until they are healthy.
	ill map[string]int
	err error
	// asked are the calls and questions, in order.
	asked []string
	seen  int
}

func (f *fakeHealth) look() {
	calls := f.world.Calls()
	for _, call := range calls[f.seen:] {
		if call.Op != enginetest.Read {
			f.asked = append(f.asked, call.Op+" "+call.Name)
		}
	}
	f.seen = len(calls)
}

func (f *fakeHealth) answers(context.Context, target.Outputs) error { return f.err }

func (f *fakeHealth) lacks(_ context.Context, _ target.Outputs, planes []target.Host) (wait, error) {
	f.look()
	var names []string
	for _, host := range planes {
		names = append(names, strings.TrimPrefix(host.Name, "a-control-plane-"))
		if f.ill[host.Name] > 0 {
			f.ill[host.Name]--
			return wait{host: host.Name, reason: "etcd: not ready"}, nil
		}
	}
	f.asked = append(f.asked, "healthy "+strings.Join(names, " "))
	return wait{}, nil
}

// three is the config of three control planes and a worker.
func three(c *config.Cluster) { c.Spec.ControlPlane.Count = 3 }

// threeUp are those, made.
func threeUp(t *testing.T) (*bench, *fakeHealth, string) {
	t.Helper()
	b := newBench(t)
	b.trusting = true
	file := write(t, "c.json", three)
	if code, _, _ := b.run(t, "provision", "-f", file); code != 0 {
		t.Fatalf("exit %d", code)
	}
	b.world.Forget()
	return b, &fakeHealth{world: b.world, ill: map[string]int{}}, file
}

// provision runs phase 1 with a given health of the cluster.
func (b *bench) provision(t *testing.T, ctx context.Context, file string, health planeHealth, rotation string) error {
	t.Helper()
	s, err := clusterFlags{File: file}.open(b.env, &cobra.Command{}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &creation{session: s, health: health}
	defer c.close()
	plan := c.provisioning(2 * time.Second)
	plan[0].Run = func(ctx context.Context, report phase.Reporter) error {
		err := c.preflight(ctx, report)
		c.in.Rotation = rotation
		return err
	}
	return phase.Run(ctx, plan, s.progress())
}

func TestProvision_ChangesControlPlanesOneAfterTheOtherAndWorkersLast(t *testing.T) {
	b, health, file := threeUp(t)
	b.value = "newer"
	health.ill["a-control-plane-1"] = 2
	if err := b.provision(t, t.Context(), file, health, ""); err != nil {
		t.Fatal(err)
	}
	health.look()
	want := []string{
		"healthy 2 3", "update a-control-plane-1",
		"healthy 1 3", "update a-control-plane-2",
		"healthy 1 2", "update a-control-plane-3",
		"healthy 1 2 3", "update a-workers-1",
	}
	if !slices.Equal(health.asked, want) {
		t.Errorf("it went %q", health.asked)
	}
	has(t, b.err.String(), "changing control plane a-control-plane-2, the 2nd of 3", "4 updated, 1 unchanged")
	// And again: nothing to do, so nobody is asked.
	health.asked = nil
	if err := b.provision(t, t.Context(), file, health, ""); err != nil || len(health.asked) > 0 {
		t.Errorf("%q, %v", health.asked, err)
	}
}

func TestProvision_RollsAuthoritiesTooAndTakesTheStepOnce(t *testing.T) {
	b, health, file := threeUp(t)
	for _, step := range []struct{ rotation, told string }{
		{"trust", " kubernetes-ca kubernetes-ca-2"},
		{"reissue", " kubernetes-ca-2 kubernetes-ca"},
		{"back", " kubernetes-ca kubernetes-ca-2"}, // and not two steps back
		{"reissue", " kubernetes-ca-2 kubernetes-ca"},
		{"drop", " kubernetes-ca-2"},
	} {
		health.asked = nil
		if err := b.provision(t, t.Context(), file, health, step.rotation); err != nil {
			t.Fatal(err)
		}
		health.look()
		if len(health.asked) != 8 || health.asked[1] != "update a-control-plane-1" || health.asked[7] != "update a-workers-1" {
			t.Errorf("%s went %q", step.rotation, health.asked)
		}
		for name, thing := range b.world.Things() {
			if thing.Value != step.told {
				t.Errorf("%s: %s has %q", step.rotation, name, thing.Value)
			}
		}
	}
}

func TestProvision_TouchesNoOtherControlPlaneWhileOneIsIll(t *testing.T) {
	b, health, file := threeUp(t)
	b.value = "newer"
	health.ill["a-control-plane-1"] = 1000
	err := b.provision(t, t.Context(), file, health, "")
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "still waiting for a-control-plane-1: etcd: not ready") {
		t.Errorf("%v", err)
	}
	health.look()
	if want := []string{"healthy 2 3", "update a-control-plane-1"}; !slices.Equal(health.asked, want) {
		t.Errorf("it went %q", health.asked)
	}
	// Mended, the next run goes on with the others only.
	health.asked, health.ill["a-control-plane-1"] = nil, 1
	if err := b.provision(t, t.Context(), file, health, ""); err != nil {
		t.Fatal(err)
	}
	health.look()
	want := []string{
		"healthy 1 3", "update a-control-plane-2", "healthy 1 2", "update a-control-plane-3",
		"healthy 1 2 3", "update a-workers-1",
	}
	if !slices.Equal(health.asked, want) {
		t.Errorf("the second run went %q", health.asked)
	}
}

func TestProvision_GoesOnWithARollThatWasInterrupted(t *testing.T) {
	b, health, file := threeUp(t)
	b.value = "newer"
	ctx, interrupt := context.WithCancel(t.Context())
	b.world.Fault(enginetest.Update, "a-control-plane-2", func(context.Context) error { interrupt(); return nil })
	if err := b.provision(t, ctx, file, health, ""); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	b.world.Fault(enginetest.Update, "a-control-plane-2", nil)
	health.look()
	if slices.Contains(health.asked, "update a-control-plane-3") {
		t.Errorf("it went on: %q", health.asked)
	}
	if err := b.provision(t, t.Context(), file, health, ""); err != nil {
		t.Fatal(err)
	}
	for name, thing := range b.world.Things() {
		if !strings.HasPrefix(thing.Value, "newer") {
			t.Errorf("%s still has %q", name, thing.Value)
		}
	}
}

func TestProvision_RefusesToGuessWhereTheAPIDoesNotAnswer(t *testing.T) {
	b, health, file := threeUp(t)
	b.value = "newer"
	health.err = errors.New("no route to host")
	b.done = map[string]bool{"a-control-plane-2": true}
	err := b.provision(t, t.Context(), file, health, "")
	if code := Report(&b.err, err); code != ExitUsage {
		t.Errorf("exit %d", code)
	}
	has(t, b.err.String(), "no route to host", "--all-at-once")
	if len(b.world.Calls()) > 4 { // the refresh
		t.Errorf("something was touched: %v", b.world.Calls())
	}
	code, _, _ := b.run(t, "provision", "-f", file, "--all-at-once")
	if code != 0 || b.world.Things()["a-control-plane-3"].Value != "newer kubernetes-ca" {
		t.Errorf("exit %d, %v", code, b.world.Things())
	}
}

func TestProvision_ChangesAllAtOnceWhatNeverServed(t *testing.T) {
	b, health, file := threeUp(t)
	b.value = "newer"
	health.err = errors.New("connection refused")
	if err := b.provision(t, t.Context(), file, health, ""); err != nil {
		t.Fatal(err)
	}
	health.look()
	if len(health.asked) != 4 || strings.Contains(fmt.Sprint(health.asked), "healthy") {
		t.Errorf("it went %q", health.asked)
	}
}

func TestRollOf_LeavesToTheWorkersWhatOnlyTheyAreMadeFrom(t *testing.T) {
	recorded := []engine.Resource{
		{URN: "net", Name: "net"},
		{URN: "secret", Name: "secret", DependsOn: []string{"net"}},
		{URN: "template", Name: "template", DependsOn: []string{"net", "bundle"}},
		{URN: "bundle", Name: "bundle"},
		{URN: "cp1", Name: "a-control-plane-1", ID: "i-1", DependsOn: []string{"secret"}},
		{URN: "cp2", Name: "a-control-plane-2", ID: "i-2", DependsOn: []string{"secret"}},
		{URN: "group", Name: "a-workers", ID: "asg", DependsOn: []string{"template"}},
		{URN: "attachment", Name: "attachment", DependsOn: []string{"cp1"}},
	}
	var pending []planned
	for _, r := range recorded {
		pending = append(pending, planned{Op: "update", Name: r.Name, URN: r.URN})
	}
	pending = append(pending, planned{Op: "replace", Name: "a-control-plane-2-etcd", URN: "disk2"}, planned{Op: "create", Name: "a-control-plane-3", URN: "cp3"})
	before := target.Outputs{
		Hosts: []target.Host{{Name: "a-control-plane-1", Role: "control-plane"}, {Name: "a-control-plane-2", Role: "control-plane"}},
		Pools: []target.Pool{{Name: "workers", Group: "asg"}},
	}
	got := rollOf(pending, before, recorded)
	if len(got.planes) != 2 || !slices.Equal(got.planes[1].urns, []string{"cp2", "disk2"}) {
		t.Errorf("control planes: %+v", got.planes)
	}
	if !slices.Equal(got.last, []string{"template", "bundle", "group"}) {
		t.Errorf("last: %q", got.last)
	}
	before.Hosts = before.Hosts[:1]
	if one := rollOf(pending, before, recorded); len(one.planes) != 1 || len(one.last) != 3 {
		t.Errorf("the workers do not wait for the only control plane: %+v", one)
	}
}

func TestPodsLack_NamesTheFirstStaticPodThatDoesNotServe(t *testing.T) {
	var pods []kube.Pod
	for _, component := range planePods() {
		pods = append(pods, kube.Pod{Name: component + "-cp", Ready: true})
	}
	planes := []target.Host{{Name: "cp"}}
	if got := podsLack(pods, planes); got.reason != "" {
		t.Errorf("all are ready, and %q is lacking", got.reason)
	}
	pods[0].Ready, pods[0].Reason = false, "starting"
	if got := podsLack(pods, planes); got.host != "cp" || got.reason != "etcd: starting" {
		t.Errorf("%+v", got)
	}
	if got := podsLack(pods[2:], planes); got.reason != "etcd to run" {
		t.Errorf("%+v", got)
	}
}
