package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

const (
	// rootConfigMap is where pods get the cluster's authorities from, in every
	// namespace.
	rootConfigMap, rootKey = "kube-root-ca.crt", "ca.crt"
	// restartManager owns what a restart sets: not what is applied, which would
	// be taken back by the next apply.
	restartManager = FieldManager + "-restart"
	// restartedFor is an annotation of pods that were started anew for a reason.
	restartedFor = "kubernetes-anywhere.io/restarted-for"
)

// PublishedAuthorities are the PEM documents that pods trust, by namespace;
// empty where a namespace has none yet.
func (c *Client) PublishedAuthorities(ctx context.Context) (map[string]string, error) {
	namespaces, err := c.clientset.CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("listing namespaces: %w", err)
	}
	maps, err := c.clientset.CoreV1().ConfigMaps("").List(ctx, metav1.ListOptions{FieldSelector: "metadata.name=" + rootConfigMap})
	if err != nil {
		return nil, fmt.Errorf("listing the ConfigMaps %q: %w", rootConfigMap, err)
	}
	out := map[string]string{}
	for _, namespace := range namespaces.Items {
		if namespace.DeletionTimestamp == nil {
			out[namespace.Name] = ""
		}
	}
	for _, published := range maps.Items {
		if _, lives := out[published.Namespace]; lives {
			out[published.Namespace] = published.Data[rootKey]
		}
	}
	return out, nil
}

// RestartFor starts the pods of workloads anew, as their own strategy of updates
// has it, where they were not started anew for the same reason before. Objects
// of other kinds, and those that are gone, are passed over. It says how many
// there were to restart.
func (c *Client) RestartFor(ctx context.Context, refs []Ref, reason string) (int, error) {
	patch, err := json.Marshal(map[string]any{"spec": map[string]any{"template": map[string]any{
		"metadata": map[string]any{"annotations": map[string]string{restartedFor: reason}},
	}}})
	if err != nil {
		return 0, fmt.Errorf("restarting workloads: %w", err)
	}
	restarted := 0
	var problems []error
	for _, ref := range refs {
		if ref.Group != "apps" || ref.Kind != "Deployment" && ref.Kind != "DaemonSet" && ref.Kind != "StatefulSet" {
			continue
		}
		resource, _, err := c.resource(ctx, ref.gvk(), ref.Namespace)
		if err != nil {
			problems = append(problems, fmt.Errorf("restarting %s: %w", ref, err))
			continue
		}
		before, err := resource.Get(ctx, ref.Name, metav1.GetOptions{})
		if err == nil {
			had, _, _ := unstructured.NestedString(before.Object, "spec", "template", "metadata", "annotations", restartedFor)
			if had == reason {
				continue
			}
			_, err = resource.Patch(ctx, ref.Name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: restartManager})
		}
		switch {
		case apierrors.IsNotFound(err):
		case err != nil:
			problems = append(problems, fmt.Errorf("restarting %s: %w", ref, err))
		default:
			restarted++
		}
	}
	return restarted, errors.Join(problems...)
}

// clientAuthorities is where API servers tell the servers behind them whose
// certificates to trust. They add what they know of, and never take away what
// another had added.
func clientAuthorities() Ref {
	return Ref{Version: "v1", Kind: "ConfigMap", Namespace: "kube-system", Name: "extension-apiserver-authentication"}
}

// ClientAuthorities is the PEM document of those who vouch for clients, as the
// API servers tell the servers behind them; empty where they tell nothing.
func (c *Client) ClientAuthorities(ctx context.Context) (string, error) {
	told, found, err := c.Get(ctx, clientAuthorities())
	if err != nil || !found {
		return "", err
	}
	document, _, err := unstructured.NestedString(told.Object, "data", "client-ca-file")
	return document, err
}

// ForgetClientAuthorities has the API servers write down anew which authorities
// vouch for clients and for themselves: the only way in which one that was
// dropped is forgotten. They do so at once.
func (c *Client) ForgetClientAuthorities(ctx context.Context) error {
	return c.Delete(ctx, clientAuthorities())
}
