// Package swap takes a living cluster from one network layer to another, node
// by node, so that it can be stopped anywhere, go on, and turn back. Which node
// is how far is kept in the cluster: a label of the node says whose pods run on
// it, a ConfigMap what was begun. Nothing here talks to a cluster itself.
package swap

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
)

const (
	// NodeLabel is on every node that is no longer on the layer that the
	// cluster had: with the name of the other one, or with Between. While a
	// switch is under way the pods of each layer keep to the nodes that are its
	// own by this label.
	NodeLabel = "kubernetes-anywhere.io/network"
	// Between is that label's value on a node on which neither layer runs.
	Between = "changing"
	// ProbeLabel is on the pods that show that a node's network works; its
	// value is the node's name where that can be one, else empty.
	ProbeLabel = "kubernetes-anywhere.io/network-probe"
	// hostLabel is on the pods by which commands are run on hosts: a run that
	// was killed leaves one behind (kube.HostPodLabel).
	hostLabel = "kubernetes-anywhere.io/host-command"
)

// Side is one of the two layers of a switch, and the cluster with it.
type Side struct {
	// Name is what spec.network.layer says.
	Name  string
	Layer catalog.Layer
	// Enforces tells that NetworkPolicy objects take effect, be it by the
	// layer or by an addon beside it.
	Enforces bool
	// Objects are all addons of the cluster with this layer, in order.
	Objects []*unstructured.Unstructured
}

// Called is the name by which the layer's objects are labelled.
func (s Side) Called() string { return catalog.Called(s.Name) }

// Workload is a DaemonSet.
type Workload struct{ Namespace, Name string }

// owns tells whether a pod is one of the workload's.
func (w Workload) owns(pod *corev1.Pod) bool {
	owner := metav1.GetControllerOf(pod)
	return owner != nil && owner.Kind == "DaemonSet" && owner.Name == w.Name && pod.Namespace == w.Namespace
}

// onPodNetwork tells whether a pod has, or waits for, an address of the pod
// network. One that has ended has given it back.
func onPodNetwork(pod *corev1.Pod) bool {
	_, static := pod.Annotations[corev1.MirrorPodAnnotationKey]
	return !pod.Spec.HostNetwork && !static && !hasEnded(pod)
}

func hasEnded(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}

func isProbe(pod *corev1.Pod) bool { _, ours := pod.Labels[ProbeLabel]; return ours }

// isOwn tells pods of a switch itself, and those that one which was killed has
// left behind: nobody misses them.
func isOwn(pod *corev1.Pod) bool {
	_, ran := pod.Labels[hostLabel]
	return ran || isProbe(pod)
}

// isReady is whether a pod is, and in which words it is not.
func isReady(pod *corev1.Pod) (bool, string) {
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue {
			return true, ""
		}
	}
	for _, s := range append(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses...) {
		if w := s.State.Waiting; w != nil && w.Reason != "PodInitializing" {
			return false, fmt.Sprintf("%s: %s %s", s.Name, w.Reason, w.Message)
		}
	}
	return false, "not ready yet, it is " + string(pod.Status.Phase)
}

func nameOf(pod *corev1.Pod) string { return pod.Namespace + "/" + pod.Name }
