package kube

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
)

// Drain is one step of taking a node out of service: no pod is bound to it any
// more, and those that can run elsewhere are asked to go, as their disruption
// budgets allow. It says what is still waited for, or nothing when the node is
// empty; ask again until then. Pods of daemon sets and static pods stay. A node
// that is not there is empty.
func (c *Client) Drain(ctx context.Context, node string) (waiting string, err error) {
	patch := []byte(`{"spec": {"unschedulable": true}}`)
	_, err = c.clientset.CoreV1().Nodes().Patch(ctx, node, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: FieldManager})
	if apierrors.IsNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("keeping pods off node %q: %w", node, err)
	}
	list, err := c.clientset.CoreV1().Pods(metav1.NamespaceAll).List(ctx, metav1.ListOptions{
		FieldSelector: fields.OneTermEqualSelector("spec.nodeName", node).String(),
	})
	if err != nil {
		return "", fmt.Errorf("listing the pods of node %q: %w", node, err)
	}
	for i := range list.Items {
		pod := &list.Items[i]
		if stays(pod) {
			continue
		}
		reason, err := c.evict(ctx, pod)
		if err != nil {
			return "", err
		}
		if waiting == "" && reason != "" {
			waiting = fmt.Sprintf("pod %s/%s %s", pod.Namespace, pod.Name, reason)
		}
	}
	return waiting, nil
}

// evict asks a pod to go and says what it waits for.
func (c *Client) evict(ctx context.Context, pod *corev1.Pod) (string, error) {
	if pod.DeletionTimestamp != nil {
		return "to end", nil
	}
	// Not by EvictV1: where the API says when to come back, the client would ask
	// ten times by itself, and nobody would hear why.
	err := c.clientset.CoreV1().RESTClient().Post().Namespace(pod.Namespace).Resource("pods").Name(pod.Name).SubResource("eviction").
		Body(&policyv1.Eviction{
			TypeMeta:   metav1.TypeMeta{APIVersion: "policy/v1", Kind: "Eviction"},
			ObjectMeta: metav1.ObjectMeta{Namespace: pod.Namespace, Name: pod.Name},
		}).MaxRetries(0).Do(ctx).Error()
	switch {
	case apierrors.IsNotFound(err):
		return "", nil
	case apierrors.IsTooManyRequests(err):
		return "to go: its disruption budget does not allow it now", nil
	case err != nil:
		return "", fmt.Errorf("evicting pod %s/%s: %w", pod.Namespace, pod.Name, err)
	}
	return "to end", nil
}

// stays tells the pods that no drain moves: those of the node itself, and those
// that have ended.
func stays(pod *corev1.Pod) bool {
	if _, static := pod.Annotations[corev1.MirrorPodAnnotationKey]; static {
		return true
	}
	// One that is being deleted has ended only when it is gone.
	ended := pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
	if ended && pod.DeletionTimestamp == nil {
		return true
	}
	owner := metav1.GetControllerOf(pod)
	return owner != nil && owner.Kind == "DaemonSet"
}

// Cordon keeps pods off a node, or takes them there again. A node that is not
// there is left alone.
func (c *Client) Cordon(ctx context.Context, node string, on bool) error {
	patch := fmt.Appendf(nil, `{"spec": {"unschedulable": %t}}`, on)
	_, err := c.clientset.CoreV1().Nodes().Patch(ctx, node, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: FieldManager})
	if err := gone(err); err != nil {
		return fmt.Errorf("cordoning node %q (%t): %w", node, on, err)
	}
	return nil
}

// ListPods lists the pods of a node, empty for those of all nodes, as the API
// has them.
func (c *Client) ListPods(ctx context.Context, node string) ([]corev1.Pod, error) {
	options := metav1.ListOptions{}
	if node != "" {
		options.FieldSelector = fields.OneTermEqualSelector("spec.nodeName", node).String()
	}
	list, err := c.clientset.CoreV1().Pods(metav1.NamespaceAll).List(ctx, options)
	if err != nil {
		return nil, fmt.Errorf("listing the pods of node %q: %w", node, err)
	}
	return list.Items, nil
}

// DeletePod has a pod end, whatever budgets say: one whose network is gone
// serves nobody. That it is gone already is no error.
func (c *Client) DeletePod(ctx context.Context, namespace, name string) error {
	err := c.clientset.CoreV1().Pods(namespace).Delete(ctx, name, metav1.DeleteOptions{})
	if err := gone(err); err != nil {
		return fmt.Errorf("deleting pod %s/%s: %w", namespace, name, err)
	}
	return nil
}
