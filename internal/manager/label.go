package manager

import (
	"context"
	"errors"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

const pollNodes = 5 * time.Second

// labelNodes labels control planes as such: kubelets may not do that
// themselves.
func (m *manager) labelNodes(ctx context.Context) {
	for {
		if err := m.labelControlPlanes(ctx); err != nil && ctx.Err() == nil {
			m.log.once("nodes", "%v", err)
		} else {
			m.log.forget("nodes")
		}
		if !sleep(ctx, pollNodes) {
			return
		}
	}
}

func (m *manager) labelControlPlanes(ctx context.Context) error {
	nodes, err := m.unlabelled(ctx)
	if err != nil {
		return err
	}
	var problems []error
	for _, name := range nodes {
		if err := m.cluster.LabelNode(ctx, name, kube.ControlPlaneLabel, ""); err != nil {
			problems = append(problems, err)
			continue
		}
		m.log.printf("nodes: labelled %s as a control plane", name)
	}
	return errors.Join(problems...)
}

// unlabelled are the names of control planes without their label. Where phase
// 2 has named them, only these are asked for, however many nodes there are.
func (m *manager) unlabelled(ctx context.Context) ([]string, error) {
	var names []string
	if len(m.file.ControlPlanes) == 0 {
		nodes, err := m.cluster.UnlabelledNodes(ctx, kube.ControlPlaneLabel)
		for i := range nodes {
			if tainted(&nodes[i]) {
				names = append(names, nodes[i].Name)
			}
		}
		return names, err
	}
	for _, name := range m.file.ControlPlanes {
		node, err := m.cluster.GetNode(ctx, name)
		switch {
		case apierrors.IsNotFound(err):
			// It has not registered yet.
		case err != nil:
			return names, err
		default:
			if _, ok := node.Labels[kube.ControlPlaneLabel]; !ok {
				names = append(names, name)
			}
		}
	}
	return names, nil
}

func tainted(node *corev1.Node) bool {
	for _, taint := range node.Spec.Taints {
		if taint.Key == kube.ControlPlaneLabel {
			return true
		}
	}
	return false
}
