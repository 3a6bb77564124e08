package swap

import (
	"context"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
)

// probe starts a pod on a node, which shows that the container runtime has
// taken the layer's configuration, and lets it and one on another node that is
// switched reach each other. The pod stays until the end, for those after it.
func (m *Machine) probe(ctx context.Context, report phase.Reporter, name string) (*corev1.Pod, error) {
	if err := m.do(ctx, report, func(ctx context.Context) error { return m.API.StartProbe(ctx, name) }); err != nil {
		return nil, err
	}
	var mine *corev1.Pod
	err := m.poll(ctx, report, func(ctx context.Context) (string, string, error) {
		pods, err := m.API.ListPods(ctx, "")
		if err != nil {
			return "", "", err
		}
		var peer *corev1.Pod
		mine = nil
		for i := range pods {
			pod := &pods[i]
			switch {
			case !isProbe(pod):
			case pod.Spec.NodeName == name:
				mine = pod
			case pod.Status.PodIP != "" && m.State.Nodes[pod.Spec.NodeName] == m.toward().Name:
				peer = pod
			}
		}
		if mine == nil {
			// Somebody has deleted it.
			return name, "a pod that asks the others to come", m.API.StartProbe(ctx, name)
		}
		if ready, why := isReady(mine); !ready || mine.Status.PodIP == "" {
			return name, "pod " + nameOf(mine) + " to run on the new network: " + why, nil
		}
		return m.meet(ctx, mine, peer)
	})
	return mine, err
}

// meet has two pods ask each other.
func (m *Machine) meet(ctx context.Context, mine, peer *corev1.Pod) (subject, reason string, err error) {
	if peer == nil {
		return "", "", nil
	}
	for _, pair := range [][2]*corev1.Pod{{mine, peer}, {peer, mine}} {
		if err := m.API.Reach(ctx, *pair[0], pair[1].Status.PodIP); err != nil {
			if ctx.Err() != nil {
				return "", "", ctx.Err()
			}
			return pair[0].Spec.NodeName, "its pods to reach those on " + pair[1].Spec.NodeName + ": " + err.Error(), nil
		}
	}
	return "", "", nil
}

// restart deletes the pods on a node that got their address from the layer that
// is gone: all that are older than the probe.
func (m *Machine) restart(ctx context.Context, report phase.Reporter, name string, probe *corev1.Pod) error {
	restarted := map[string]bool{}
	err := m.poll(ctx, report, func(ctx context.Context) (subject, reason string, err error) {
		pods, err := m.API.ListPods(ctx, name)
		if err != nil {
			return "", "", err
		}
		for i := range pods {
			pod := &pods[i]
			if isProbe(pod) || !onPodNetwork(pod) || pod.CreationTimestamp.After(probe.CreationTimestamp.Time) {
				continue
			}
			subject, reason = name, "pod "+nameOf(pod)+" to end, which is on the network that is gone"
			if pod.DeletionTimestamp == nil {
				restarted[nameOf(pod)] = true
				if err := m.API.DeletePod(ctx, pod.Namespace, pod.Name); err != nil {
					return "", "", err
				}
			}
		}
		return subject, reason, nil
	})
	if err == nil && len(restarted) > 0 {
		report.Note("%s: restarted %s", name, plural(len(restarted), "pod"))
	}
	return err
}
