package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// labelledBy is the annotation of a node with the keys of the labels that its
// pool has in the config: what is no longer there is taken off again.
const labelledBy = "kubernetes-anywhere.io/labels"

// LabelPool brings the labels of a pool's nodes to those given, and names the
// nodes that had others. A kubelet sets them when it registers and never
// again, so that a change of the config would reach new nodes only. Labels
// that the config never named are left alone.
func (c *Client) LabelPool(ctx context.Context, pool string, labels map[string]string) (changed []string, err error) {
	list, err := c.clientset.CoreV1().Nodes().List(ctx, metav1.ListOptions{LabelSelector: config.PoolLabel + "=" + pool})
	if err != nil {
		return nil, fmt.Errorf("listing the nodes of pool %q: %w", pool, err)
	}
	for i := range list.Items {
		node := &list.Items[i]
		others := relabelling(node, labels)
		keys := strings.Join(slices.Sorted(maps.Keys(labels)), ",")
		if len(others) == 0 && keys == node.Annotations[labelledBy] {
			continue
		}
		patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
			"labels": others, "annotations": map[string]string{labelledBy: keys},
		}})
		if err == nil {
			_, err = c.clientset.CoreV1().Nodes().Patch(ctx, node.Name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: FieldManager})
		}
		if err != nil {
			return changed, fmt.Errorf("labelling node %q as its pool %q says: %w", node.Name, pool, err)
		}
		if len(others) > 0 {
			changed = append(changed, node.Name)
		}
	}
	return changed, nil
}

// relabelling are the labels of a node to be set or, with nil, to be removed.
func relabelling(node *corev1.Node, labels map[string]string) map[string]any {
	others := map[string]any{}
	for key, value := range labels {
		if has, ok := node.Labels[key]; !ok || has != value {
			others[key] = value
		}
	}
	for key := range strings.SplitSeq(node.Annotations[labelledBy], ",") {
		_, wanted := labels[key]
		if _, has := node.Labels[key]; has && !wanted {
			others[key] = nil
		}
	}
	return others
}

// ListNodes lists the nodes as the API has them.
func (c *Client) ListNodes(ctx context.Context) ([]corev1.Node, error) {
	list, err := c.clientset.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("listing nodes: %w", err)
	}
	return list.Items, nil
}

// UnlabelNode takes one label off a node. A node that is not there has none.
func (c *Client) UnlabelNode(ctx context.Context, name, label string) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"labels": map[string]any{label: nil}}})
	if err == nil {
		_, err = c.clientset.CoreV1().Nodes().Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: FieldManager})
		err = gone(err)
	}
	if err != nil {
		return fmt.Errorf("taking label %q off node %q: %w", label, name, err)
	}
	return nil
}
