package swap

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
)

// Move brings one node from one layer to the other. What an earlier run has
// done of it is not done again, save the drain.
func (m *Machine) Move(ctx context.Context, report phase.Reporter, name string) error {
	var node *corev1.Node
	var all []corev1.Node
	err := m.do(ctx, report, func(ctx context.Context) (err error) { node, all, err = m.node(ctx, name); return err })
	if err != nil {
		return err
	}
	switch {
	case node == nil:
		report.Note("node %s is gone", name)
		delete(m.State.Nodes, name)
		// It may come back under its name, as a machine that is made anew.
		return m.save(ctx, report)
	case m.State.IsDone(name) || m.State.Stage != Moving:
		return nil
	}
	if node.Labels[NodeLabel] != m.State.label() || m.State.Nodes[name] != Between {
		if err := m.empty(ctx, report, *node, all); err != nil {
			return err
		}
		if err := m.change(ctx, report, name); err != nil {
			return err
		}
	}
	if err := m.arrive(ctx, report, name); err != nil {
		return err
	}
	probe, err := m.probe(ctx, report, name)
	if err != nil {
		return err
	}
	if err := m.restart(ctx, report, name, probe); err != nil {
		return err
	}
	if err := m.open(ctx, report, *node); err != nil {
		return err
	}
	m.State.Nodes[name] = m.toward().Name
	report.Note("node %s is on %s", name, m.toward().Name)
	return m.save(ctx, report)
}

// empty keeps pods off a node and, where they can run elsewhere, has them go.
func (m *Machine) empty(ctx context.Context, report phase.Reporter, node corev1.Node, all []corev1.Node) error {
	if node.Spec.Unschedulable && m.State.Nodes[node.Name] == "" && !slices.Contains(m.State.Cordoned, node.Name) {
		m.State.Cordoned = append(m.State.Cordoned, node.Name)
	}
	m.State.Nodes[node.Name] = Between
	if err := m.save(ctx, report); err != nil {
		return err
	}
	if err := m.do(ctx, report, func(ctx context.Context) error {
		if err := m.API.Cordon(ctx, node.Name, true); err != nil {
			return err
		}
		return m.dropProbes(ctx, node.Name)
	}); err != nil {
		return err
	}
	if !hasElsewhere(all, node.Name) {
		return nil
	}
	return m.poll(ctx, report, func(ctx context.Context) (string, string, error) {
		waiting, err := m.API.Drain(ctx, node.Name)
		if err != nil || waiting == "" {
			return "", "", err
		}
		return node.Name, waiting, nil
	})
}

// change takes one layer off a host and gives it to the other.
func (m *Machine) change(ctx context.Context, report phase.Reporter, name string) error {
	err := m.do(ctx, report, func(ctx context.Context) error { return m.API.LabelNode(ctx, name, NodeLabel, Between) })
	if err != nil {
		return err
	}
	layers := slices.Concat(m.Transition.From, m.Transition.To)
	err = m.poll(ctx, report, func(ctx context.Context) (string, string, error) {
		pods, err := m.API.ListPods(ctx, name)
		for i := range pods {
			if pod := &pods[i]; ownedBy(pod, layers) || isProbe(pod) {
				return name, "pod " + nameOf(pod) + " to end", nil
			}
		}
		return "", "", err
	})
	if err != nil {
		return err
	}
	report.Wait(name, "its host to be freed of "+m.State.Leaving())
	if err := m.clean(ctx, report, name); err != nil {
		return err
	}
	return m.do(ctx, report, func(ctx context.Context) error {
		if label := m.State.label(); label != "" {
			return m.API.LabelNode(ctx, name, NodeLabel, label)
		}
		return m.API.UnlabelNode(ctx, name, NodeLabel)
	})
}

// clean has the host freed of what layers leave, and readied for what comes.
func (m *Machine) clean(ctx context.Context, report phase.Reporter, name string) error {
	leftovers, err := json.Marshal(Leftovers(m.Had.Layer, m.New.Layer))
	if err != nil {
		return fmt.Errorf("encoding what is to be removed from host %q: %w", name, err)
	}
	said, err := m.Hosts.Bootstrap(ctx, name, "network", "clean", "--leftovers", string(leftovers), "--pods", m.PodCIDR)
	if err != nil {
		return err
	}
	var found struct {
		Removed []string `json:"removed"`
	}
	if err := json.Unmarshal(said, &found); err != nil {
		return fmt.Errorf("reading what was removed from host %q: %w", name, err)
	}
	report.Note("%s: removed %s", name, inWords(found.Removed))
	kernel := m.toward().Layer.Kernel
	if len(kernel.Modules)+len(kernel.Sysctls) == 0 {
		return nil
	}
	needs, err := json.Marshal(kernel)
	if err != nil {
		return fmt.Errorf("encoding what host %q is to have: %w", name, err)
	}
	_, err = m.Hosts.Bootstrap(ctx, name, "network", "prepare", "--kernel", string(needs))
	return err
}

// inWords counts what was removed by its kind: 2 interfaces, 1 route. Of what
// iptables had, the kind stands behind the program.
func inWords(removed []string) string {
	counts := map[string]int{}
	var kinds []string
	for _, one := range removed {
		words := strings.Fields(one)
		kind := words[0]
		if strings.HasSuffix(kind, "tables") {
			kind = words[1]
		}
		if counts[kind]++; counts[kind] == 1 {
			kinds = append(kinds, kind)
		}
	}
	var parts []string
	for _, kind := range kinds {
		parts = append(parts, plural(counts[kind], kind))
	}
	if len(parts) == 0 {
		return "nothing, it was clean"
	}
	return strings.Join(parts, ", ")
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// arrive waits until the layer runs on the node and the node is Ready.
func (m *Machine) arrive(ctx context.Context, report phase.Reporter, name string) error {
	if len(m.ours()) == 0 {
		return nil // whatever it is, it runs in no DaemonSet: the probe will tell
	}
	return m.poll(ctx, report, func(ctx context.Context) (string, string, error) {
		pods, err := m.API.ListPods(ctx, name)
		if err != nil {
			return "", "", err
		}
		here := 0
		for i := range pods {
			if !ownedBy(&pods[i], m.ours()) {
				continue
			}
			here++
			if ready, why := isReady(&pods[i]); !ready {
				return name, "pod " + nameOf(&pods[i]) + ": " + why, nil
			}
		}
		if here == 0 {
			return name, "a pod of " + m.toward().Name + " to come", nil
		}
		node, _, err := m.node(ctx, name)
		if err != nil || node == nil {
			return "", "", err
		}
		if ready, why := nodeReady(*node); !ready {
			return name, "not ready: " + why, nil
		}
		return "", "", nil
	})
}

// open lets pods onto the node again, unless somebody else had kept them off.
func (m *Machine) open(ctx context.Context, report phase.Reporter, node corev1.Node) error {
	if slices.Contains(m.State.Cordoned, node.Name) {
		return nil
	}
	return m.do(ctx, report, func(ctx context.Context) error { return m.API.Cordon(ctx, node.Name, false) })
}
