package kube_test

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

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
	cordons(t, c)
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

// cordons opens and closes a node that was drained, looks at the pods that
// stay on it and has one of them end, and labels it.
func cordons(t *testing.T, c *kube.Client) {
	t.Helper()
	for _, on := range []bool{false, true} {
		if err := c.Cordon(t.Context(), "worker", on); err != nil {
			t.Error(err)
		}
		if node, err := c.GetNode(t.Context(), "worker"); err != nil || node.Spec.Unschedulable != on {
			t.Errorf("unschedulable is not %t: error %v", on, err)
		}
	}
	names := func(node string) (all []string) {
		pods, err := c.ListPods(t.Context(), node)
		if err != nil {
			t.Error(err)
		}
		for _, pod := range pods {
			all = append(all, pod.Name)
		}
		slices.Sort(all)
		return all
	}
	if got := names("worker"); !slices.Equal(got, []string{"daemon", "ended"}) || len(names("another")) > 0 || len(names("")) < 2 {
		t.Errorf("on the node are %q, on all %q", got, names(""))
	}
	for range 2 { // what is gone is no error
		if err := c.DeletePod(t.Context(), "default", "daemon"); err != nil {
			t.Error(err)
		}
	}
	if got := names("worker"); !slices.Equal(got, []string{"ended"}) {
		t.Errorf("on the node are %q", got)
	}
	const label = "example.com/l"
	if err := c.LabelNode(t.Context(), "worker", label, "v"); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := c.UnlabelNode(t.Context(), "worker", label); err != nil {
			t.Error(err)
		}
	}
	nodes, err := c.ListNodes(t.Context())
	if i := slices.IndexFunc(nodes, func(n corev1.Node) bool { return n.Name == "worker" }); err != nil || i < 0 || nodes[i].Labels[label] != "" {
		t.Errorf("nodes %v, error %v", nodes, err)
	}
	for _, err := range []error{c.Cordon(t.Context(), "nobody", true), c.UnlabelNode(t.Context(), "nobody", label)} {
		if err != nil {
			t.Errorf("of a node that is not there: %v", err)
		}
	}
}
