package kube

import (
	"context"
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Pod is a pod as far as somebody waits for it.
type Pod struct {
	Namespace, Name, Node, IP string
	Ready                     bool
	// Reason says what the pod waits for when it is not ready.
	Reason string
}

// Pods lists the pods of a namespace, empty for all, that a label selector
// matches.
func (c *Client) Pods(ctx context.Context, namespace, selector string) ([]Pod, error) {
	list, err := c.clientset.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return nil, fmt.Errorf("listing pods %q of namespace %q: %w", selector, namespace, err)
	}
	pods := make([]Pod, 0, len(list.Items))
	for i := range list.Items {
		pods = append(pods, podOf(&list.Items[i]))
	}
	return pods, nil
}

func podOf(p *corev1.Pod) Pod {
	pod := Pod{Namespace: p.Namespace, Name: p.Name, Node: p.Spec.NodeName, IP: p.Status.PodIP}
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodReady {
			pod.Ready = c.Status == corev1.ConditionTrue
		}
	}
	if !pod.Ready {
		pod.Reason = podReason(p)
	}
	return pod
}

// DeleteYAML deletes every object of a YAML stream, the last first.
func (c *Client) DeleteYAML(ctx context.Context, stream []byte) error {
	objs, err := Parse(stream)
	if err != nil {
		return err
	}
	var problems []error
	for _, obj := range slices.Backward(objs) {
		problems = append(problems, c.Delete(ctx, RefOf(obj)))
	}
	return errors.Join(problems...)
}
