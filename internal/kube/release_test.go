package kube_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube/kubetest"
)

const json = "application/json"

// release plays a cluster with a load balancer, a volume of a stateful set, one
// that is to be retained and one on a host. No controller runs here: the test
// does what controllers do.
func release(t *testing.T, server *kubetest.Server, c *kube.Client) {
	post := func(path, body string) { server.Do(t, kubetest.AdminToken, "POST", path, json, body) }
	post("/api/v1/namespaces/default/services", `{"metadata": {"name": "web", "finalizers": ["service.kubernetes.io/load-balancer-cleanup"]},
		"spec": {"type": "LoadBalancer", "ports": [{"port": 80}]}}`)
	post("/api/v1/namespaces/default/services", `{"metadata": {"name": "inside"}, "spec": {"ports": [{"port": 80}]}}`)
	for name, source := range map[string]string{
		"goes":  `"persistentVolumeReclaimPolicy": "Delete", "csi": {"driver": "disk.example.com", "volumeHandle": "d-1"}`,
		"stays": `"persistentVolumeReclaimPolicy": "Retain", "csi": {"driver": "disk.example.com", "volumeHandle": "d-2"}`,
		"local": `"persistentVolumeReclaimPolicy": "Delete", "hostPath": {"path": "/data"}`,
	} {
		post("/api/v1/persistentvolumes", `{"metadata": {"name": "`+name+`"}, "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"],
			"claimRef": {"namespace": "default", "name": "data-`+name+`"}, `+source+`}}`)
		post("/api/v1/namespaces/default/persistentvolumeclaims", `{"metadata": {"name": "data-`+name+`"}, "spec": {"volumeName": "`+name+`",
			"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}`)
		post("/api/v1/namespaces/default/pods", `{"metadata": {"name": "uses-`+name+`"}, "spec": {"automountServiceAccountToken": false,
			"containers": [{"name": "c", "image": "i"}], "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data-`+name+`"}}]}}`)
	}
	post("/apis/apps/v1/namespaces/default/statefulsets", `{"metadata": {"name": "db"}, "spec": {"serviceName": "db", "selector": {"matchLabels": {"a": "b"}},
		"template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}},
		"volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}]}}`)

	for range 2 { // asked again, it changes nothing
		held, err := c.Release(t.Context())
		if want := []kube.Holding{{"service default/web", "load balancer"}, {"persistentvolume goes", "volume"}}; err != nil || !slices.Equal(held, want) {
			t.Fatalf("held: %v, error %v; want %v", held, err, want)
		}
	}
	for ref, there := range map[kube.Ref]bool{
		{Version: "v1", Kind: "Service", Namespace: "default", Name: "inside"}:                   true,
		{Version: "v1", Kind: "Pod", Namespace: "default", Name: "uses-goes"}:                    false,
		{Version: "v1", Kind: "Pod", Namespace: "default", Name: "uses-stays"}:                   true,
		{Version: "v1", Kind: "Pod", Namespace: "default", Name: "uses-local"}:                   true,
		{Group: "apps", Version: "v1", Kind: "StatefulSet", Namespace: "default", Name: "db"}:    false,
		{Version: "v1", Kind: "PersistentVolumeClaim", Namespace: "default", Name: "data-stays"}: true,
	} {
		if err := exists(t.Context(), c, ref, there); err != nil {
			t.Error(err)
		}
	}
	deleting(t, c, "PersistentVolumeClaim", "data-goes")
	patch := func(path string) {
		server.Do(t, kubetest.AdminToken, "PATCH", path, "application/merge-patch+json", `{"metadata": {"finalizers": null}}`)
	}
	patch("/api/v1/namespaces/default/services/web")
	patch("/api/v1/namespaces/default/persistentvolumeclaims/data-goes")
	patch("/api/v1/persistentvolumes/goes")
	server.Do(t, kubetest.AdminToken, "DELETE", "/api/v1/persistentvolumes/goes", json, "{}")
	if held, err := c.Release(t.Context()); err != nil || len(held) > 0 {
		t.Errorf("in the end held: %v, error %v", held, err)
	}
}

// deleting checks that an object is on its way out, held by a finalizer.
func deleting(t *testing.T, c *kube.Client, kind, name string) {
	t.Helper()
	object, found, err := c.Get(t.Context(), kube.Ref{Version: "v1", Kind: kind, Namespace: "default", Name: name})
	if err == nil && (!found || object.GetDeletionTimestamp() == nil) {
		err = errors.New("is not being deleted")
	}
	if err != nil {
		t.Errorf("%s %s: %v", strings.ToLower(kind), name, err)
	}
}
