package swap

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	corev1 "k8s.io/api/core/v1"
)

// machine is one run of 'network switch': it begins with what the cluster says.
func machine(t *testing.T, w *world, had, other Side, asked string) (*Machine, error) {
	t.Helper()
	merged, err := Merge(had, other)
	if err != nil {
		t.Fatal(err)
	}
	state := State{From: had.Name, To: other.Name, Stage: Moving, Nodes: map[string]string{}}
	if w.state != nil {
		if state, err = Decode(w.state); err != nil {
			t.Fatal(err)
		}
		if state, err = state.Ask(asked); err != nil {
			return nil, err
		}
	}
	return &Machine{API: w, Hosts: w, Had: had, New: other, State: state, Transition: merged, Pace: time.Microsecond}, nil
}

// carryOut does all of it, as the command does.
func carryOut(t *testing.T, m *Machine, report *silent) error {
	t.Helper()
	w := m.API.(*world)
	if err := m.Begin(t.Context(), report); err != nil {
		return err
	}
	var nodes []corev1.Node
	for _, n := range w.nodes {
		nodes = append(nodes, *n)
	}
	for _, node := range Order(nodes, false) {
		if err := m.Move(t.Context(), report, node.Name); err != nil {
			return err
		}
	}
	if err := m.Rest(t.Context(), report); err != nil {
		return err
	}
	if err := m.Finish(t.Context(), report); err != nil {
		return err
	}
	return m.Forget(t.Context(), report)
}

// isOn checks that a cluster is on a layer as if it had never had another.
func (w *world) isOn(t *testing.T, side Side) {
	t.Helper()
	w.control()
	if w.state != nil {
		t.Errorf("the state is still there: %v", w.state)
	}
	if diff := cmp.Diff(side.Objects, w.set); diff != "" {
		t.Errorf("the set is not that of %s:\n%s", side.Name, diff)
	}
	for _, n := range w.nodes {
		if label, there := n.Labels[NodeLabel]; there || n.Spec.Unschedulable {
			t.Errorf("node %s has label %q, unschedulable %t", n.Name, label, n.Spec.Unschedulable)
		}
		if w.on[n.Name] != side.Name {
			t.Errorf("host %s has what %q set up", n.Name, w.on[n.Name])
		}
	}
	for _, p := range w.pods {
		if isProbe(p) {
			t.Errorf("pod %s is left", p.Name)
		}
		if !p.Spec.HostNetwork && p.Status.PodIP != side.Name {
			t.Errorf("pod %s on %s has an address of %q", p.Name, p.Spec.NodeName, p.Status.PodIP)
		}
	}
}

// pairs are layers that share the name of their DaemonSet, and that do not.
func pairs() map[string][2]Side {
	return map[string][2]Side{
		"other names":   {layerSide("flannel", "kube-flannel"), layerSide("kube-router", "kube-router")},
		"the same name": {layerSide("flannel", "kube-flannel"), layerSide("flannel-host-gw", "kube-flannel")},
	}
}

func TestSwitch_BringsEveryNodeOverWorkersFirst(t *testing.T) {
	for name, pair := range pairs() {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, pair[0].Objects, "cp-1", "b", "a")
			report := &silent{}
			m, _ := machine(t, w, pair[0], pair[1], pair[1].Name)
			if err := carryOut(t, m, report); err != nil {
				t.Fatal(err)
			}
			w.isOn(t, pair[1])
			want := []string{
				"drain a", "clean a", "drain b", "clean b", "reach from b", "reach from a",
				"drain cp-1", "clean cp-1", "reach from cp-1", "reach from b",
			}
			if diff := cmp.Diff(want, w.said); diff != "" {
				t.Error(diff)
			}
			if notes := strings.Join(report.notes, "\n"); !strings.Contains(notes, "a: removed 2 interfaces, 1 chain") || !strings.Contains(notes, "node cp-1 is on "+pair[1].Name) {
				t.Errorf("said:\n%s", notes)
			}
		})
	}
}

func TestSwitch_GoesOnWhereverItWasStopped(t *testing.T) {
	for name, pair := range pairs() {
		t.Run(name, func(t *testing.T) {
			stops := 0
			for stopAt := 1; ; stopAt++ {
				w := newWorld(t, pair[0].Objects, "cp-1", "a", "b")
				w.stopAt = stopAt
				m, _ := machine(t, w, pair[0], pair[1], pair[1].Name)
				err := carryOut(t, m, &silent{})
				if err == nil {
					break
				}
				if !errors.Is(err, errStopped) {
					t.Fatalf("stopped at %d: %v", stopAt, err)
				}
				stops++
				again, err := machine(t, w, pair[0], pair[1], pair[1].Name)
				if err != nil {
					t.Fatal(err)
				}
				if w.state == nil && w.on["a"] == pair[1].Name {
					continue // it was over
				}
				if err := carryOut(t, again, &silent{}); err != nil {
					t.Fatalf("stopped at %d, then: %v", stopAt, err)
				}
				w.isOn(t, pair[1])
				if t.Failed() {
					t.Fatalf("this was with a stop at call %d", stopAt)
				}
			}
			if stops < 40 {
				t.Errorf("it was stopped at %d places only", stops)
			}
		})
	}
}

func TestSwitch_GoesBackWhereverItWasStopped(t *testing.T) {
	for name, pair := range pairs() {
		t.Run(name, func(t *testing.T) {
			turned, refused := 0, 0
			for stopAt := 1; ; stopAt++ {
				w := newWorld(t, pair[0].Objects, "cp-1", "a", "b")
				w.stopAt = stopAt
				m, _ := machine(t, w, pair[0], pair[1], pair[1].Name)
				if carryOut(t, m, &silent{}) == nil {
					break
				}
				if w.state == nil {
					continue // it was over
				}
				back, err := machine(t, w, pair[0], pair[1], pair[0].Name)
				if err != nil {
					refused++
					if !errors.Is(err, ErrOther) || w.state["stage"] == Moving {
						t.Errorf("stopped at %d, refused in stage %s: %v", stopAt, w.state["stage"], err)
					}
					continue
				}
				turned++
				if err := carryOut(t, back, &silent{}); err != nil {
					t.Fatalf("stopped at %d, then back: %v", stopAt, err)
				}
				w.isOn(t, pair[0])
				if t.Failed() {
					t.Fatalf("this was with a stop at call %d", stopAt)
				}
			}
			if turned < 30 || refused == 0 {
				t.Errorf("turned %d times, refused %d times", turned, refused)
			}
		})
	}
}

func TestSwitch_LeavesNodesThatSomebodyElseCordonedSo(t *testing.T) {
	pair := pairs()["other names"]
	w := newWorld(t, pair[0].Objects, "cp-1", "a", "b")
	w.node("a").Spec.Unschedulable = true
	m, _ := machine(t, w, pair[0], pair[1], pair[1].Name)
	if err := carryOut(t, m, &silent{}); err != nil {
		t.Fatal(err)
	}
	if !w.node("a").Spec.Unschedulable || w.node("b").Spec.Unschedulable {
		t.Errorf("a takes pods: %t, b: %t", !w.node("a").Spec.Unschedulable, !w.node("b").Spec.Unschedulable)
	}
}

func TestSwitch_RestartsPodsWhereTheyAreWhereNoOtherNodeTakesThem(t *testing.T) {
	pair := pairs()["other names"]
	w := newWorld(t, pair[0].Objects, "cp-1", "a")
	m, _ := machine(t, w, pair[0], pair[1], pair[1].Name)
	if err := carryOut(t, m, &silent{}); err != nil {
		t.Fatal(err)
	}
	w.isOn(t, pair[1])
	if slices.Contains(w.said, "drain a") || !slices.Contains(w.said, "drain cp-1") {
		t.Errorf("got %q", w.said)
	}
}

func TestAsk_GoesOnTurnsOrRefuses(t *testing.T) {
	under := State{From: "flannel", To: "/home/me/toy", Stage: Moving, Nodes: map[string]string{"a": "/home/me/toy", "b": Between}}
	for asked, back := range map[string]bool{"/home/me/toy": false, "toy": false, "flannel": true} {
		if got, err := under.Ask(asked); err != nil || got.Back != back {
			t.Errorf("%s: %v %v", asked, got.Back, err)
		}
	}
	if _, err := under.Ask("cilium"); !errors.Is(err, ErrOther) || !strings.Contains(err.Error(), "from flannel to /home/me/toy") {
		t.Errorf("got %v", err)
	}
	if got := under.String(); got != "from flannel to /home/me/toy: on /home/me/toy so far: 1 node" {
		t.Errorf("got %q", got)
	}
	under.Stage = Finishing
	if _, err := under.Ask("flannel"); !errors.Is(err, ErrOther) {
		t.Errorf("got %v", err)
	}
	data, err := under.Encode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Decode(data)
	if diff := cmp.Diff(under, again); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	if _, err := Decode(map[string]string{"from": "a"}); err == nil {
		t.Error("half a state was read")
	}
}
