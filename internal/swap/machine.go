package swap

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
)

// API is what a switch asks of a cluster.
type API interface {
	ListNodes(ctx context.Context) ([]corev1.Node, error)
	// ListPods lists those of a node; an empty name is every node.
	ListPods(ctx context.Context, node string) ([]corev1.Pod, error)
	// Drain is one step of emptying a node; it says what is waited for.
	Drain(ctx context.Context, node string) (waiting string, err error)
	Cordon(ctx context.Context, node string, on bool) error
	LabelNode(ctx context.Context, name, label, value string) error
	UnlabelNode(ctx context.Context, name, label string) error
	DeletePod(ctx context.Context, namespace, name string) error
	// Apply makes objects the set of addons, and prunes all others.
	Apply(ctx context.Context, objs []*unstructured.Unstructured) error
	// Waits is the first object that is not ready, and why; empty for none.
	Waits(ctx context.Context, objs []*unstructured.Unstructured) (subject, reason string, err error)
	SaveState(ctx context.Context, data map[string]string) error
	DropState(ctx context.Context) error
	// StartProbe has a pod on a node answer on port 8080, with ProbeLabel.
	StartProbe(ctx context.Context, node string) error
	// Reach asks the pod from, in its name, for what the address answers.
	Reach(ctx context.Context, from corev1.Pod, address string) error
	// Transient tells an error that goes away by itself.
	Transient(err error) bool
}

// Hosts runs a command of the bootstrap image on the host of a node.
type Hosts interface {
	Bootstrap(ctx context.Context, node string, args ...string) (stdout []byte, err error)
}

// Machine carries a switch out. Every step can be run again.
type Machine struct {
	API   API
	Hosts Hosts
	// Had is the layer of the cluster before, New the other one: whichever it
	// goes to by State.
	Had, New Side
	// PodCIDR are the ranges of pods, separated by commas.
	PodCIDR    string
	State      State
	Transition Transition
	// Pace is how long to wait between two looks.
	Pace time.Duration
}

// toward and leaving are the sides in the direction of now.
func (m *Machine) toward() Side {
	if m.State.Back {
		return m.Had
	}
	return m.New
}

// ours are the DaemonSets of the layer that nodes are brought to.
func (m *Machine) ours() []Workload {
	if m.State.Back {
		return m.Transition.From
	}
	return m.Transition.To
}

// do does one thing, again where the API is away for a moment.
func (m *Machine) do(ctx context.Context, report phase.Reporter, one func(context.Context) error) error {
	return m.poll(ctx, report, func(ctx context.Context) (string, string, error) { return "", "", one(ctx) })
}

// poll is phase.Poll past moments in which the API is away.
func (m *Machine) poll(ctx context.Context, report phase.Reporter, try func(context.Context) (string, string, error)) error {
	return phase.Poll(ctx, m.Pace, report, func(ctx context.Context) (string, string, error) {
		subject, reason, err := try(ctx)
		if err != nil && m.API.Transient(err) {
			return "the API", err.Error(), nil
		}
		return subject, reason, err
	})
}

// save keeps the state in the cluster.
func (m *Machine) save(ctx context.Context, report phase.Reporter) error {
	data, err := m.State.Encode()
	if err != nil {
		return err
	}
	return m.do(ctx, report, func(ctx context.Context) error { return m.API.SaveState(ctx, data) })
}

// Begin records the switch and gives the cluster both layers, of which the new
// one has no node yet.
func (m *Machine) Begin(ctx context.Context, report phase.Reporter) error {
	if m.State.Stage != Moving {
		return nil
	}
	if err := m.save(ctx, report); err != nil {
		return err
	}
	if err := m.do(ctx, report, func(ctx context.Context) error { return m.API.Apply(ctx, m.Transition.Objects) }); err != nil {
		return err
	}
	report.Note("the cluster has both layers; nodes are on %s until they are switched", m.Had.Name)
	return nil
}

// Rest switches nodes that came since the plan was made.
func (m *Machine) Rest(ctx context.Context, report phase.Reporter) error {
	for {
		var nodes []corev1.Node
		err := m.do(ctx, report, func(ctx context.Context) (err error) { nodes, err = m.API.ListNodes(ctx); return err })
		if err != nil {
			return err
		}
		next := slices.IndexFunc(nodes, func(n corev1.Node) bool { return !m.State.IsDone(n.Name) })
		if next < 0 || m.State.Stage != Moving {
			return nil
		}
		if err := m.Move(ctx, report, nodes[next].Name); err != nil {
			return err
		}
	}
}

// Finish leaves the cluster with one layer, as if it had never had another.
func (m *Machine) Finish(ctx context.Context, report phase.Reporter) error {
	if m.State.Stage != Settled {
		m.State.Stage = Finishing
		if err := m.save(ctx, report); err != nil {
			return err
		}
		if err := m.retire(ctx, report); err != nil {
			return err
		}
		m.State.Stage = Settled
		if err := m.save(ctx, report); err != nil {
			return err
		}
	}
	final := m.toward().Objects
	if err := m.do(ctx, report, func(ctx context.Context) error { return m.API.Apply(ctx, final) }); err != nil {
		return err
	}
	if err := m.tidy(ctx, report); err != nil {
		return err
	}
	return m.poll(ctx, report, func(ctx context.Context) (string, string, error) { return m.API.Waits(ctx, final) })
}

// retire ends what bears another name for a while, so that it can have its own:
// what it has set up on the hosts stays.
func (m *Machine) retire(ctx context.Context, report phase.Reporter) error {
	if m.State.Back || m.Transition.Retired == nil {
		return nil
	}
	if err := m.do(ctx, report, func(ctx context.Context) error { return m.API.Apply(ctx, m.Transition.Retired) }); err != nil {
		return err
	}
	return m.poll(ctx, report, func(ctx context.Context) (string, string, error) {
		pods, err := m.API.ListPods(ctx, "")
		if err != nil {
			return "", "", err
		}
		for i := range pods {
			if ownedBy(&pods[i], m.Transition.Renamed) {
				return "pod " + nameOf(&pods[i]), "to end, so that it can have its own name", nil
			}
		}
		return "", "", nil
	})
}

// tidy takes labels off nodes, and our own pods away.
func (m *Machine) tidy(ctx context.Context, report phase.Reporter) error {
	return m.do(ctx, report, func(ctx context.Context) error {
		nodes, err := m.API.ListNodes(ctx)
		if err != nil {
			return err
		}
		for _, node := range nodes {
			if _, labelled := node.Labels[NodeLabel]; labelled {
				if err := m.API.UnlabelNode(ctx, node.Name, NodeLabel); err != nil {
					return err
				}
			}
		}
		return m.dropProbes(ctx, "")
	})
}

// dropProbes deletes our own pods, of one node or of all.
func (m *Machine) dropProbes(ctx context.Context, node string) error {
	pods, err := m.API.ListPods(ctx, node)
	if err != nil {
		return err
	}
	for i := range pods {
		if isProbe(&pods[i]) {
			if err := m.API.DeletePod(ctx, pods[i].Namespace, pods[i].Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// Forget ends the switch in the cluster's own books.
func (m *Machine) Forget(ctx context.Context, report phase.Reporter) error {
	return m.do(ctx, report, m.API.DropState)
}

func ownedBy(pod *corev1.Pod, any []Workload) bool {
	return slices.ContainsFunc(any, func(w Workload) bool { return w.owns(pod) })
}

// node reads one node; nil where there is none any more.
func (m *Machine) node(ctx context.Context, name string) (*corev1.Node, []corev1.Node, error) {
	nodes, err := m.API.ListNodes(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("looking for node %q: %w", name, err)
	}
	for i := range nodes {
		if nodes[i].Name == name {
			return &nodes[i], nodes, nil
		}
	}
	return nil, nodes, nil
}
