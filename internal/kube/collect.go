package kube

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

// mostListed bounds one list: a cluster of thousands of nodes is sampled.
const mostListed = 2000

// ListYAML is every object of a kind, of one namespace or, where that is empty,
// of all, as YAML that kubectl reads. Of Secrets it has names and types only:
// their data is not asked for.
func (c *Client) ListYAML(ctx context.Context, kind schema.GroupVersionKind, namespace string) ([]byte, error) {
	mapping, err := c.mapping(ctx, kind)
	if err != nil {
		return nil, err
	}
	options := metav1.ListOptions{Limit: mostListed}
	if kind.Group == "" && kind.Kind == "Secret" {
		// Metadata alone: the API server does not send the data.
		list, err := c.metadata.Resource(mapping.Resource).Namespace(namespace).List(ctx, options)
		if err != nil {
			return nil, fmt.Errorf("listing %s: %w", mapping.Resource.Resource, err)
		}
		for i := range list.Items {
			strip(&list.Items[i])
		}
		return yaml.Marshal(list)
	}
	list, err := c.dynamic.Resource(mapping.Resource).Namespace(namespace).List(ctx, options)
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", mapping.Resource.Resource, err)
	}
	for i := range list.Items {
		strip(&list.Items[i])
	}
	return yaml.Marshal(list.UnstructuredContent())
}

// strip takes away what tells nothing and may repeat a whole object: who owns
// which field, and what kubectl applied last.
func strip(object metav1.Object) {
	object.SetManagedFields(nil)
	annotations := object.GetAnnotations()
	if _, found := annotations[corev1.LastAppliedConfigAnnotation]; found {
		delete(annotations, corev1.LastAppliedConfigAnnotation)
		object.SetAnnotations(annotations)
	}
}

// Container is one container of a pod.
type Container struct {
	Namespace, Pod, Node, Name string
	// Restarts above zero mean that there is a log of the one before.
	Restarts int
}

// Containers lists the containers of a namespace's pods, those that run before
// the others included.
func (c *Client) Containers(ctx context.Context, namespace string) ([]Container, error) {
	list, err := c.clientset.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{Limit: mostListed})
	if err != nil {
		return nil, fmt.Errorf("listing pods of namespace %q: %w", namespace, err)
	}
	var all []Container
	for _, pod := range list.Items {
		for _, statuses := range [][]corev1.ContainerStatus{pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses} {
			for _, status := range statuses {
				all = append(all, Container{pod.Namespace, pod.Name, pod.Spec.NodeName, status.Name, int(status.RestartCount)})
			}
		}
	}
	return all, nil
}
