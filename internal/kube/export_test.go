package kube

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// UpdateAs changes an object as somebody else would, under another name than
// ours.
func (c *Client) UpdateAs(ctx context.Context, manager string, ref Ref, change func(*unstructured.Unstructured)) error {
	resource, _, err := c.resource(ctx, ref.gvk(), ref.Namespace)
	if err != nil {
		return fmt.Errorf("changing %s: %w", ref, err)
	}
	obj, err := resource.Get(ctx, ref.Name, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("changing %s: %w", ref, err)
	}
	change(obj)
	if _, err := resource.Update(ctx, obj, metav1.UpdateOptions{FieldManager: manager}); err != nil {
		return fmt.Errorf("changing %s: %w", ref, err)
	}
	return nil
}
