package swap

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
)

func planOf(t *testing.T, s State) Plan {
	t.Helper()
	had, other := layerSide("flannel", "kube-flannel"), layerSide("kube-router", "kube-router")
	had.Layer.Ports = []catalog.Port{{From: 8472, Protocol: "udp", Why: "flannel: pod traffic between hosts, in VXLAN"}}
	had.Layer.Leftovers = catalog.Leftovers{Interfaces: []string{"flannel.1", "cni0"}, Files: []string{"/etc/cni/net.d/10-flannel.conflist"}, Routes: true}
	other.Enforces = true
	other.Layer.Ports = []catalog.Port{{From: 179, Protocol: "tcp", Why: "kube-router: BGP between hosts, by which they tell each other of the ranges of their pods"}}
	other.Layer.Kernel.Modules = []string{"ip_set"}
	w := newWorld(t, had.Objects, "cp-1", "b", "a")
	w.pods = append(w.pods, w.pod("default", "alone", "a", "", ""), w.pod("kube-system", "on-host", "b", "", ""))
	w.pods[len(w.pods)-1].Spec.HostNetwork = true
	var nodes []corev1.Node
	for _, n := range w.nodes {
		nodes = append(nodes, *n)
	}
	pods, _ := w.ListPods(t.Context(), "")
	if s.Back {
		had, other = other, had
	}
	p := MakePlan("demo", s, had, other, nodes, pods)
	p.Resources = []string{"update host demo-control-plane-1", "update host demo-workers-1", "update host demo-workers-2"}
	return p
}

// update writes the golden files anew.
var update = flag.Bool("update", false, "write the golden files anew")

func TestPrint_FitsIntoEightyColumns(t *testing.T) {
	under := State{From: "flannel", To: "kube-router", Stage: Moving, Back: true, Nodes: map[string]string{"a": Between}}
	for name, state := range map[string]State{"first": {From: "flannel", To: "kube-router", Stage: Moving}, "back": under} {
		var out strings.Builder
		if err := planOf(t, state).Print(&out); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if len([]rune(strings.TrimSuffix(line, "\n"))) > 80 {
				t.Errorf("more than 80 columns: %s", line)
			}
		}
		golden := "testdata/plan-" + name + ".txt"
		if *update {
			if err := os.WriteFile(golden, []byte(out.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), out.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", golden, diff)
		}
	}
}

func TestMakePlan_NamesWhatIsLost(t *testing.T) {
	p := planOf(t, State{From: "flannel", To: "kube-router", Stage: Moving})
	// The one on the host's network goes with the drain, too.
	if diff := cmp.Diff([]string{"default/alone", "kube-system/on-host"}, p.Lost); diff != "" {
		t.Error(diff)
	}
	if p.Policy != PolicyGained || len(p.Opened) != 1 || len(p.Closed) != 1 {
		t.Errorf("got %+v", p)
	}
}

func TestMakePlan_BeginsWhereTheAPIIsStillReached(t *testing.T) {
	bare, other := catalog.Layer{Name: "bare", HostsSeePods: true}, catalog.Layer{Name: "other"}
	node := func(name string, labels map[string]string) corev1.Node {
		return corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
	}
	plane := map[string]string{controlPlaneLabel: ""}
	nodes := []corev1.Node{node("cp-1", plane), node("worker", nil), node("cp-2", plane)}
	for _, test := range []struct {
		leaving, toward catalog.Layer
		want            string
		warns           bool
	}{
		{other, other, "worker cp-1 cp-2", false},
		{other, bare, "cp-1 cp-2 worker", true},
		{bare, other, "worker cp-1 cp-2", true},
		{bare, bare, "worker cp-1 cp-2", false},
	} {
		p := MakePlan("demo", State{From: "a", To: "b", Stage: Moving}, Side{Layer: test.leaving}, Side{Layer: test.toward}, nodes, nil)
		var names []string
		for _, n := range p.Nodes {
			names = append(names, n.Name)
		}
		if got := strings.Join(names, " "); got != test.want {
			t.Errorf("from %s to %s: %s, want %s", test.leaving.Name, test.toward.Name, got, test.want)
		}
		if warns := strings.Contains(strings.Join(p.Gap, "\n"), "Until all control planes are switched"); warns != test.warns {
			t.Errorf("from %s to %s it says %q", test.leaving.Name, test.toward.Name, p.Gap)
		}
	}
}

func TestMakePlan_AfterAStopMissesNothingOfItsOwn(t *testing.T) {
	pair := pairs()["other names"]
	w := newWorld(t, pair[0].Objects, "cp-1", "a", "b")
	left := w.pod("kube-system", "kubernetes-anywhere-host-x", "a", "", "")
	left.Labels, left.Spec.HostNetwork = map[string]string{hostLabel: "true"}, true
	w.pods = append(w.pods, left)
	stopped := w.node("a")
	stopped.Spec.Unschedulable = true
	stopped.Spec.Taints = []corev1.Taint{{Key: "node.kubernetes.io/unschedulable", Effect: corev1.TaintEffectNoSchedule}}
	var nodes []corev1.Node
	for _, n := range w.nodes {
		nodes = append(nodes, *n)
	}
	pods, _ := w.ListPods(t.Context(), "")
	state := State{From: pair[0].Name, To: pair[1].Name, Stage: Moving, Nodes: map[string]string{"a": Between}}
	p := MakePlan("demo", state, pair[0], pair[1], nodes, pods)
	if len(p.Lost) > 0 {
		t.Errorf("lost: %q", p.Lost)
	}
	for _, n := range p.Nodes {
		if !n.Drained {
			t.Errorf("%s is not drained, although another node will take its pods by then", n.Name)
		}
	}
	if !stopped.Spec.Unschedulable {
		t.Error("the plan has changed what it was given")
	}
	// Cordoned by somebody else it takes nobody.
	state.Cordoned = []string{"a"}
	if p := MakePlan("demo", state, pair[0], pair[1], nodes, pods); p.Nodes[1].Name != "b" || p.Nodes[1].Drained {
		t.Errorf("got %+v", p.Nodes)
	}
}
