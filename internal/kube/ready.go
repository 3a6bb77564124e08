package kube

import (
	"context"
	"fmt"
	"sort"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// Pending is an object that is not ready, and why.
type Pending struct {
	Object Ref
	Reason string
}

// String is one line: DaemonSet kube-system/kube-proxy: 2 of 3 pods ready; …
func (p Pending) String() string { return p.Object.String() + ": " + p.Reason }

// MayRunNowhere is an annotation of a DaemonSet: "true" where it is as it
// should be while no node is one for it.
const MayRunNowhere = "kubernetes-anywhere.io/may-run-nowhere"

// Ready lists which of the objects are not there or not ready. Of those that
// run pods it says what the first pod in trouble waits for.
func (c *Client) Ready(ctx context.Context, objs []*unstructured.Unstructured) ([]Pending, error) {
	var pending []Pending
	for _, obj := range objs {
		ref := RefOf(obj)
		live, found, err := c.Get(ctx, ref)
		if err != nil {
			return nil, err
		}
		reason := "does not exist yet"
		if found {
			if reason, err = c.unready(ctx, live); err != nil {
				return nil, fmt.Errorf("looking at %s: %w", ref, err)
			}
		}
		if reason != "" {
			pending = append(pending, Pending{ref, reason})
		}
	}
	return pending, nil
}

// unready is why an object is not ready; empty when it is.
func (c *Client) unready(ctx context.Context, live *unstructured.Unstructured) (string, error) {
	switch live.GetKind() {
	case "DaemonSet":
		set := &appsv1.DaemonSet{}
		if err := convert(live, set); err != nil {
			return "", err
		}
		return c.explain(ctx, daemonSet(set), set.Namespace, set.Spec.Selector)
	case "Deployment":
		deployment := &appsv1.Deployment{}
		if err := convert(live, deployment); err != nil {
			return "", err
		}
		return c.explain(ctx, deploymentReason(deployment), deployment.Namespace, deployment.Spec.Selector)
	case "StatefulSet":
		set := &appsv1.StatefulSet{}
		if err := convert(live, set); err != nil {
			return "", err
		}
		return c.explain(ctx, statefulSet(set), set.Namespace, set.Spec.Selector)
	case "CustomResourceDefinition":
		return condition(live, "Established"), nil
	case "APIService":
		return condition(live, "Available"), nil
	}
	return "", nil
}

func convert(live *unstructured.Unstructured, into any) error {
	return runtime.DefaultUnstructuredConverter.FromUnstructured(live.Object, into)
}

func daemonSet(s *appsv1.DaemonSet) string {
	want := s.Status.DesiredNumberScheduled
	switch {
	case s.Status.ObservedGeneration < s.Generation:
		return "waiting for the controller to see it"
	case want == 0 && s.Annotations[MayRunNowhere] == "true":
		return ""
	case want == 0:
		return "no node for it yet"
	case s.Status.UpdatedNumberScheduled < want:
		return fmt.Sprintf("%d of %d pods updated", s.Status.UpdatedNumberScheduled, want)
	case s.Status.NumberReady < want:
		return fmt.Sprintf("%d of %d pods ready", s.Status.NumberReady, want)
	}
	return ""
}

func deploymentReason(d *appsv1.Deployment) string {
	want := int32(1)
	if d.Spec.Replicas != nil {
		want = *d.Spec.Replicas
	}
	switch {
	case d.Status.ObservedGeneration < d.Generation:
		return "waiting for the controller to see it"
	case d.Status.UpdatedReplicas < want:
		return fmt.Sprintf("%d of %d pods updated", d.Status.UpdatedReplicas, want)
	case d.Status.ReadyReplicas < want:
		return fmt.Sprintf("%d of %d pods ready", d.Status.ReadyReplicas, want)
	case d.Status.AvailableReplicas < want:
		return fmt.Sprintf("%d of %d pods available", d.Status.AvailableReplicas, want)
	}
	return ""
}

func statefulSet(s *appsv1.StatefulSet) string {
	want := int32(1)
	if s.Spec.Replicas != nil {
		want = *s.Spec.Replicas
	}
	switch {
	case s.Status.ObservedGeneration < s.Generation:
		return "waiting for the controller to see it"
	case s.Status.UpdatedReplicas < want || s.Status.ReadyReplicas < want:
		return fmt.Sprintf("%d of %d pods ready", min(s.Status.UpdatedReplicas, s.Status.ReadyReplicas), want)
	}
	return ""
}

// condition is why a condition is not true.
func condition(live *unstructured.Unstructured, kind string) string {
	conditions, _, _ := unstructured.NestedSlice(live.Object, "status", "conditions")
	for _, entry := range conditions {
		c, ok := entry.(map[string]any)
		if !ok || c["type"] != kind {
			continue
		}
		if c["status"] == "True" {
			return ""
		}
		return fmt.Sprintf("not %s: %v", strings.ToLower(kind), c["message"])
	}
	return "not " + strings.ToLower(kind) + " yet"
}

// explain adds to a workload's reason that of its first pod in trouble.
func (c *Client) explain(ctx context.Context, reason, namespace string, selector *metav1.LabelSelector) (string, error) {
	if reason == "" {
		return "", nil
	}
	pods, err := c.clientset.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: metav1.FormatLabelSelector(selector)})
	if err != nil {
		return "", err
	}
	sort.Slice(pods.Items, func(i, j int) bool { return pods.Items[i].Name < pods.Items[j].Name })
	for i := range pods.Items {
		if why := podReason(&pods.Items[i]); why != "" {
			return reason + "; " + why, nil
		}
	}
	return reason, nil
}

// podReason is why a pod is not ready; empty when it is.
func podReason(pod *corev1.Pod) string {
	where := "pod " + pod.Name
	if pod.Spec.NodeName != "" {
		where += " on " + pod.Spec.NodeName
	}
	statuses := append(append([]corev1.ContainerStatus{}, pod.Status.InitContainerStatuses...), pod.Status.ContainerStatuses...)
	for _, status := range statuses {
		if why := containerReason(status); why != "" {
			return fmt.Sprintf("%s: container %s %s", where, status.Name, why)
		}
	}
	for _, c := range pod.Status.Conditions {
		if c.Status != corev1.ConditionTrue && c.Message != "" {
			return where + ": " + c.Message
		}
	}
	if pod.Status.Phase == corev1.PodPending {
		return where + ": pending, not yet seen by its kubelet"
	}
	return ""
}

// containerReason is what a container waits for or died of.
func containerReason(status corev1.ContainerStatus) string {
	if w := status.State.Waiting; w != nil && w.Reason != "PodInitializing" {
		why := "waits: " + w.Reason
		if w.Message != "" {
			why += ": " + w.Message
		}
		if t := status.LastTerminationState.Terminated; t != nil {
			why += fmt.Sprintf(" (exit code %d)", t.ExitCode)
			if said := strings.TrimSpace(t.Message); said != "" {
				why += " " + said
			}
		}
		return why
	}
	if t := status.State.Terminated; t != nil && t.ExitCode != 0 {
		return fmt.Sprintf("failed: %s (exit code %d) %s", t.Reason, t.ExitCode, t.Message)
	}
	if status.State.Running != nil && !status.Ready {
		return "runs and is not ready"
	}
	return ""
}
