package kube_test

import (
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube/kubetest"
)

// drain empties a node of a pod that may go, one that its budget holds back,
// one of a daemon set and one that has ended.
func drain(t *testing.T, server *kubetest.Server, c *kube.Client) {
	post := func(path, body string) { server.Do(t, kubetest.AdminToken, "POST", path, "application/json", body) }
	pods := "/api/v1/namespaces/default/pods"
	pod := func(name, more string) {
		post(pods, `{"metadata": {"name": "`+name+`", "labels": {"app": "`+name+`"}`+more+`}, "spec": {"nodeName": "worker", "terminationGracePeriodSeconds": 0,
			"automountServiceAccountToken": false, "containers": [{"name": "c", "image": "i"}]}}`)
	}
	status := func(name, phase string) {
		server.Do(t, kubetest.AdminToken, "PATCH", pods+"/"+name+"/status", "application/merge-patch+json",
			`{"status": {"phase": "`+phase+`", "conditions": [{"type": "Ready", "status": "True"}]}}`)
	}
	post("/api/v1/namespaces/default/serviceaccounts", `{"metadata": {"name": "default"}}`)
	post("/api/v1/nodes", `{"metadata": {"name": "worker"}}`)
	pod("free", "")
	pod("held", "")
	pod("ended", "")
	pod("daemon", `, "ownerReferences": [{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "d", "uid": "1", "controller": true}]`)
	status("held", "Running")
	status("ended", "Succeeded")
	post("/apis/policy/v1/namespaces/default/poddisruptionbudgets", `{"metadata": {"name": "b"}, "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "held"}}}}`)

	for range 2 { // the first step asks the pods to go, the second finds who is left
		waiting, err := c.Drain(t.Context(), "worker")
		if err != nil || waiting == "" {
			t.Fatalf("waiting for %q, error %v", waiting, err)
		}
		t.Log(waiting)
	}
	waiting, err := c.Drain(t.Context(), "worker")
	if err != nil || !strings.Contains(waiting, "pod default/held to go: its disruption budget does not allow it now") {
		t.Errorf("waiting for %q, error %v", waiting, err)
	}
	for name, there := range map[string]bool{"free": false, "held": true, "ended": true, "daemon": true} {
		if err := exists(t.Context(), c, kube.Ref{Version: "v1", Kind: "Pod", Namespace: "default", Name: name}, there); err != nil {
			t.Error(err)
		}
	}
	server.Do(t, kubetest.AdminToken, "DELETE", pods+"/held", "application/json", `{"gracePeriodSeconds": 0}`)
	if waiting, err := c.Drain(t.Context(), "worker"); err != nil || waiting != "" {
		t.Errorf("in the end waiting for %q, error %v", waiting, err)
	}
	if node, err := c.GetNode(t.Context(), "worker"); err != nil || !node.Spec.Unschedulable {
		t.Errorf("the node takes pods: error %v", err)
	}
	if waiting, err := c.Drain(t.Context(), "nobody"); err != nil || waiting != "" {
		t.Errorf("a node that is not there: waiting for %q, error %v", waiting, err)
	}
	if err := c.DeleteNode(t.Context(), "worker"); err != nil {
		t.Error(err)
	}
	if err := c.DeleteNode(t.Context(), "worker"); err != nil {
		t.Errorf("deleting it twice: %v", err)
	}
}
