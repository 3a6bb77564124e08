package addon

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// order sorts objects by need: first the kinds that others live in or run
// with, of all addons; then what runs, the network layer before all that needs
// pods, kube-proxy and DNS before what needs services, each addon after those
// it needs; last what makes the API server ask something that runs.
func order(objs []*unstructured.Unstructured, c *config.Cluster) {
	runs := []string{catalog.Called(c.Spec.Network.Layer), "kube-proxy", "coredns"}
	runs = append(runs, c.EnabledAddons()...)
	turn := func(obj *unstructured.Unstructured) int {
		if i := slices.Index(runs, obj.GetLabels()[Label]); i >= 0 {
			return i
		}
		return len(runs)
	}
	slices.SortStableFunc(objs, func(a, b *unstructured.Unstructured) int {
		return cmp.Or(stage(a)-stage(b), turn(a)-turn(b), rank(a)-rank(b))
	})
}

// The kinds that come before all that runs, and those after it, in their order.
func kindsBefore() []string {
	return []string{
		"Namespace", "CustomResourceDefinition", "PriorityClass", "StorageClass", "CSIDriver", "RuntimeClass", "ServiceAccount",
		"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "ConfigMap", "Secret", "Service",
	}
}

func kindsAfter() []string {
	return []string{"APIService", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"}
}

// stage is 0 for what runs and custom resources, below it for what comes
// before, above it for what comes after. What comes before goes kind by kind.
func stage(obj *unstructured.Unstructured) int {
	if i := slices.Index(kindsBefore(), obj.GetKind()); i >= 0 {
		return i - len(kindsBefore())
	}
	if slices.Contains(kindsAfter(), obj.GetKind()) {
		return 1
	}
	return 0
}

// rank orders the kinds of what runs in one addon.
func rank(obj *unstructured.Unstructured) int {
	kinds := []string{"DaemonSet", "StatefulSet", "Deployment"}
	if i := slices.Index(kinds, obj.GetKind()); i >= 0 {
		return i
	}
	return len(kinds)
}
