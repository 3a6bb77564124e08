package kube

import (
	"context"
	"fmt"
	"sort"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// NodeInfo is a node with all that 'status' tells of one.
type NodeInfo struct {
	Node
	// Since is when it became ready or ceased to be; zero where it never said.
	Since time.Time
	// Cordoned is a node that takes no new pods because somebody said so.
	Cordoned bool
	// Troubles are the conditions beside readiness that do not hold as they
	// should: memory, disk or processes run short, the network is down.
	Troubles []Trouble
	// Created is when it registered.
	Created time.Time
	// Zone is the failure domain that its cloud says it is in; empty without.
	Zone string
	// OS, Kernel and Runtime are the kubelet's words: "Debian GNU/Linux 13
	// (trixie)", "6.12.48", "containerd://1.7.24".
	OS, Kernel, Runtime string
	// Arch is as Go has it: amd64.
	Arch string
	// ProviderID is the cloud's id of the machine, where the node has one.
	ProviderID string
}

// Trouble is one condition of a node that should not hold.
type Trouble struct {
	// Condition is its type, as MemoryPressure.
	Condition string
	// Message is the kubelet's.
	Message string
}

// NodeInfos lists the nodes by name.
func (c *Client) NodeInfos(ctx context.Context) ([]NodeInfo, error) {
	// "0" lets the API server answer from its cache.
	list, err := c.clientset.CoreV1().Nodes().List(ctx, metav1.ListOptions{ResourceVersion: "0"})
	if err != nil {
		return nil, fmt.Errorf("listing nodes: %w", err)
	}
	nodes := make([]NodeInfo, 0, len(list.Items))
	for i := range list.Items {
		nodes = append(nodes, infoOf(&list.Items[i]))
	}
	sort.Slice(nodes, func(i, j int) bool { return nodes[i].Name < nodes[j].Name })
	return nodes, nil
}

func infoOf(n *corev1.Node) NodeInfo {
	info := NodeInfo{
		Node: nodeOf(n), Cordoned: n.Spec.Unschedulable, Created: n.CreationTimestamp.Time,
		Zone: n.Labels[corev1.LabelTopologyZone], ProviderID: n.Spec.ProviderID,
		OS: n.Status.NodeInfo.OSImage, Kernel: n.Status.NodeInfo.KernelVersion,
		Runtime: n.Status.NodeInfo.ContainerRuntimeVersion, Arch: n.Status.NodeInfo.Architecture,
	}
	for _, c := range n.Status.Conditions {
		switch c.Type {
		case corev1.NodeReady:
			info.Since = c.LastTransitionTime.Time
		case corev1.NodeMemoryPressure, corev1.NodeDiskPressure, corev1.NodePIDPressure, corev1.NodeNetworkUnavailable:
			// Of a node that is silent they are all Unknown, which says nothing
			// that its readiness does not.
			if c.Status == corev1.ConditionTrue {
				info.Troubles = append(info.Troubles, Trouble{string(c.Type), c.Message})
			}
		}
	}
	return info
}
