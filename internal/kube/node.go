package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Node is a node as far as a user waits for it.
type Node struct {
	Name  string `json:"name"`
	Ready bool   `json:"ready"`
	// Reason says why a node is not ready, in the kubelet's words.
	Reason string `json:"reason,omitempty"`
	// Version is the kubelet's.
	Version      string   `json:"version"`
	Addresses    []string `json:"addresses"`
	ControlPlane bool     `json:"controlPlane,omitempty"`
	// Pool is the pool it belongs to, by the label that phase 2 gives it.
	Pool string `json:"pool,omitempty"`
}

// ControlPlaneLabel is the label, and the key of the taint, of a node that
// runs the control plane.
const ControlPlaneLabel = "node-role.kubernetes.io/control-plane"

// Nodes lists the nodes by name.
func (c *Client) Nodes(ctx context.Context) ([]Node, error) {
	list, err := c.clientset.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("listing nodes: %w", err)
	}
	nodes := make([]Node, 0, len(list.Items))
	for i := range list.Items {
		nodes = append(nodes, nodeOf(&list.Items[i]))
	}
	sort.Slice(nodes, func(i, j int) bool { return nodes[i].Name < nodes[j].Name })
	return nodes, nil
}

func nodeOf(n *corev1.Node) Node {
	node := Node{Name: n.Name, Pool: n.Labels[config.PoolLabel], Version: n.Status.NodeInfo.KubeletVersion, Reason: "kubelet has not reported yet"}
	_, node.ControlPlane = n.Labels[ControlPlaneLabel]
	for _, address := range n.Status.Addresses {
		if address.Type != corev1.NodeHostName {
			node.Addresses = append(node.Addresses, address.Address)
		}
	}
	for _, c := range n.Status.Conditions {
		if c.Type != corev1.NodeReady {
			continue
		}
		node.Ready = c.Status == corev1.ConditionTrue
		node.Reason = unreadyReason(c)
	}
	if node.Ready {
		node.Reason = ""
	}
	return node
}

// unreadyReason is why a node is not ready. While the pod network comes up
// every kubelet says so in the words of three layers, which tell nothing more.
func unreadyReason(c corev1.NodeCondition) string {
	if strings.Contains(c.Message, "NetworkPluginNotReady") {
		return "the pod network is not up on it yet"
	}
	return c.Reason + ": " + c.Message
}

// GetNode reads one node as the API has it.
func (c *Client) GetNode(ctx context.Context, name string) (*corev1.Node, error) {
	node, err := c.clientset.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("reading node %q: %w", name, err)
	}
	return node, nil
}

// DeleteNode takes a node out of the cluster, and with it the pods that were
// bound to it. That it is gone already is no error.
func (c *Client) DeleteNode(ctx context.Context, name string) error {
	err := c.clientset.CoreV1().Nodes().Delete(ctx, name, metav1.DeleteOptions{})
	if err := gone(err); err != nil {
		return fmt.Errorf("deleting node %q: %w", name, err)
	}
	return nil
}

// UnlabelledNodes lists the nodes that lack a label.
func (c *Client) UnlabelledNodes(ctx context.Context, label string) ([]corev1.Node, error) {
	// "0" lets the API server answer from its cache.
	list, err := c.clientset.CoreV1().Nodes().List(ctx, metav1.ListOptions{LabelSelector: "!" + label, ResourceVersion: "0"})
	if err != nil {
		return nil, fmt.Errorf("listing nodes without label %q: %w", label, err)
	}
	return list.Items, nil
}

// LabelNode sets one label of a node.
func (c *Client) LabelNode(ctx context.Context, name, label, value string) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"labels": map[string]string{label: value}}})
	if err != nil {
		return fmt.Errorf("labelling node %q: %w", name, err)
	}
	_, err = c.clientset.CoreV1().Nodes().Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: FieldManager})
	if err != nil {
		return fmt.Errorf("labelling node %q: %w", name, err)
	}
	return nil
}
