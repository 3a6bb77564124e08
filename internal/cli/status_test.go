package cli

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/health"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

func TestJoinMachines_JoinsWhatTheTargetAndTheAPISay(t *testing.T) {
	r := health.Report{Nodes: []health.Node{{Name: "a", Registered: true, Address: "192.0.2.1"}, {Name: "b", Registered: true}}}
	joinMachines(&r, []target.Observation{
		{Host: target.Host{Name: "a", Address: "198.51.100.1", Zone: "z"}, Status: &node.Status{State: node.Done}},
		{Host: target.Host{Name: "c", Role: node.Worker, Pool: "workers", ProviderID: "id"}, Before: "booting"},
	})
	if len(r.Nodes) != 3 {
		t.Fatalf("got %+v", r.Nodes)
	}
	a, b, c := r.Nodes[0], r.Nodes[1], r.Nodes[2]
	if a.Address != "192.0.2.1" || a.Zone != "z" || a.Machine == nil || a.Machine.State != node.Done || a.Machine.Doing != "" {
		t.Errorf("a node with a machine: %+v", a)
	}
	if b.Machine != nil {
		t.Errorf("a node without one: %+v", b)
	}
	if c.Registered || c.Machine.Doing != "booting" || c.ProviderID != "id" || c.Pool != "workers" {
		t.Errorf("a machine that is no node: %+v", c)
	}
}

func TestAddonsOf_GathersObjectsByTheirFolder(t *testing.T) {
	object := func(kind, name, addon string) *unstructured.Unstructured {
		o := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": kind, "metadata": map[string]any{"name": name}}}
		if addon != "" {
			o.SetLabels(map[string]string{addonLabel: addon})
		}
		return o
	}
	objects := []*unstructured.Unstructured{
		object("DaemonSet", "f", "flannel"), object("ConfigMap", "c", "flannel"), object("ConfigMap", "endpoint", ""), object("Deployment", "d", "coredns"),
	}
	var states []kube.Readiness
	for _, o := range objects {
		states = append(states, kube.Readiness{Object: kube.RefOf(o)})
	}
	states[0].Ready, states[0].Wanted, states[0].Reason = 2, 3, "2 of 3 pods ready"
	states[3].Ready, states[3].Wanted = 2, 2
	got := addonsOf(objects, states)
	want := []health.Addon{
		{Name: withoutAddon, Objects: 1}, {Name: "coredns", Ready: 2, Wanted: 2, Objects: 1},
		{Name: "flannel", Ready: 2, Wanted: 3, Objects: 2, Reasons: []string{"DaemonSet f: 2 of 3 pods ready"}},
	}
	if !slices.EqualFunc(got, want, func(a, b health.Addon) bool {
		return a.Name == b.Name && a.Ready == b.Ready && a.Wanted == b.Wanted && a.Objects == b.Objects && slices.Equal(a.Reasons, b.Reasons)
	}) {
		t.Errorf("got %+v", got)
	}
}

func TestComponentsOf_SaysWhatOfAControlPlaneDoesNotServe(t *testing.T) {
	got := componentsOf([]kube.Pod{
		{Name: "etcd-a", Ready: true}, {Name: "kube-apiserver-a", Reason: "container waits"}, {Name: "kube-scheduler-a"}, {Name: "kube-controller-manager-b", Ready: true},
	}, "a")
	want := []health.Component{
		{Name: "etcd"}, {Name: "kube-apiserver", Reason: "container waits"},
		{Name: "kube-controller-manager", Reason: "does not run"}, {Name: "kube-scheduler", Reason: "is not ready"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestQuestions_ThatGetNoAnswerAreUnknown(t *testing.T) {
	r := health.Report{}
	q := &questions{report: &r}
	never := make(chan struct{})
	defer close(never)
	q.ask(t.Context(), "deaf", 20*time.Millisecond, func(context.Context) (put, error) { <-never; return nil, nil })
	q.ask(t.Context(), "broken", time.Minute, func(context.Context) (put, error) { return nil, errors.New("no") })
	q.ask(t.Context(), "well", time.Minute, func(context.Context) (put, error) {
		return func(r *health.Report) { r.Name = "answered" }, nil
	})
	q.all.Wait()
	slices.SortFunc(r.Unknown, func(a, b health.Unknown) int { return strings.Compare(a.What, b.What) })
	want := []health.Unknown{{What: "broken", Why: "no"}, {What: "deaf", Why: "no answer within 20ms"}}
	if !slices.Equal(r.Unknown, want) || r.Name != "answered" {
		t.Errorf("got %+v", r)
	}
}

func TestStatus_RefusesWhatDoesNotGoTogether(t *testing.T) {
	b := newBench(t)
	for _, test := range []struct{ args, says string }{
		{"--drift --watch", "leave --watch out"}, {"-o name", "--output name: want one of json, wide, yaml"},
	} {
		code, _, stderr := b.run(t, append([]string{"status"}, strings.Fields(test.args)...)...)
		if code != ExitUsage {
			t.Errorf("%s: exit %d", test.args, code)
		}
		has(t, stderr, test.says)
	}
	b.untouched(t)
}

func TestStatus_FitsEightyColumns(t *testing.T) {
	b := newBench(t)
	b.before = "its container is not running; 'kubectl anywhere create' or 'docker start a-control-plane-1' starts it"
	b.run(t, "provision", "-f", write(t, "c.json", three))
	_, stdout, _ := b.run(t, "status")
	for line := range strings.Lines(stdout) {
		if len([]rune(strings.TrimSuffix(line, "\n"))) > 80 {
			t.Errorf("more than 80 columns: %q", line)
		}
	}
	_, stdout, _ = b.run(t, "status", "-o", "wide")
	has(t, stdout, "PROVIDER-ID")
}

// A plain stream gets what has changed, and nothing more; an interrupt is the
// end and no failure.
func TestStatusWatch_PrintsWhatChangedUntilInterrupted(t *testing.T) {
	b := newBench(t)
	b.run(t, "provision", "-f", write(t, "c.json", nil))
	ctx, cancel := context.WithCancel(t.Context())
	looks := 0
	b.observed = func() {
		looks++
		switch looks {
		case 3:
			b.before = "loading images"
		case 4:
			cancel()
		}
	}
	code, stdout, _ := b.runIn(t, ctx, "status", "a", "--watch", "-o", "json")
	if code != 0 {
		t.Errorf("exit %d", code)
	}
	decoder := json.NewDecoder(strings.NewReader(stdout))
	var doing []string
	for decoder.More() {
		var r health.Report
		if err := decoder.Decode(&r); err != nil {
			t.Fatal(err)
		}
		doing = append(doing, r.Nodes[0].Machine.Doing)
	}
	if !slices.Equal(doing, []string{"booting", "loading images"}) {
		t.Errorf("after %d looks it printed %q", looks, doing)
	}
}

func TestStatusDrift_ExitsThreeAndNamesWhatWasChanged(t *testing.T) {
	b := newBench(t)
	b.run(t, "provision", "-f", write(t, "c.json", nil))
	file := write(t, "c.json", func(c *config.Cluster) { c.Spec.Network.NodeCIDR = "10.241.0.0/24" })
	code, stdout, _ := b.run(t, "status", "-f", file, "--drift")
	if code != ExitPending {
		t.Errorf("exit %d, want %d", code, ExitPending)
	}
	has(t, stdout, "DRIFT", "1 provision", "thing a-control-plane-1: shape wanted 10.241.0.0/24 is 10.240.0.0/24", "would destroy")
	_, stdout, _ = b.run(t, "status", "-f", file, "--drift", "-o", "json")
	var got health.Report
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatal(err)
	}
	if got.Drift == nil || len(got.Drift.Found) != 2 || got.Drift.Found[0].Phase != health.Provision {
		t.Errorf("got %+v", got.Drift)
	}
}
