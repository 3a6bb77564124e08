package kube_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube/kubetest"
)

func nodeInfos(t *testing.T, server *kubetest.Server, c *kube.Client) {
	const nodes = "/api/v1/nodes"
	do := func(verb, path, kind, body string) { server.Do(t, kubetest.AdminToken, verb, path, kind, body) }
	do("POST", nodes, "application/json", `{"metadata": {"name": "told", "labels": {"topology.kubernetes.io/zone": "z-1", "kubernetes-anywhere.io/pool": "workers"}},
		"spec": {"unschedulable": true, "providerID": "cloud://told"}}`)
	do("PATCH", nodes+"/told/status", "application/merge-patch+json", `{"status": {
		"nodeInfo": {"machineID": "", "systemUUID": "", "bootID": "", "operatingSystem": "linux", "kubeProxyVersion": "",
			"kubeletVersion": "v1.37.1", "osImage": "Debian 13", "kernelVersion": "6.18", "containerRuntimeVersion": "containerd://1.7.24", "architecture": "amd64"},
		"addresses": [{"type": "InternalIP", "address": "192.0.2.7"}],
		"conditions": [
			{"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-22T10:00:00Z"},
			{"type": "DiskPressure", "status": "True", "message": "3% are left"},
			{"type": "MemoryPressure", "status": "Unknown", "message": "silent"}]}}`)
	do("POST", nodes, "application/json", `{"metadata": {"name": "untold"}}`)
	defer func() {
		for _, name := range []string{"told", "untold"} {
			if err := c.DeleteNode(t.Context(), name); err != nil {
				t.Error(err)
			}
		}
	}()
	// The answer may come from a cache that is a moment behind.
	got := map[string]kube.NodeInfo{}
	kubetest.Eventually(t, "the nodes", func() error {
		infos, err := c.NodeInfos(t.Context())
		for _, info := range infos {
			got[info.Name] = info
		}
		if err == nil && len(got["told"].Troubles) == 0 {
			err = exists(t.Context(), c, kube.Ref{Version: "v1", Kind: "Node", Name: "told"}, false)
		}
		return err
	})
	told := got["told"]
	if time.Since(told.Created) > time.Hour {
		t.Errorf("created %s", told.Created)
	}
	told.Created = time.Time{}
	want := kube.NodeInfo{
		Node:  kube.Node{Name: "told", Ready: true, Version: "v1.37.1", Addresses: []string{"192.0.2.7"}, Pool: "workers"},
		Since: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC), Cordoned: true,
		Troubles: []kube.Trouble{{Condition: "DiskPressure", Message: "3% are left"}},
		Zone:     "z-1", OS: "Debian 13", Kernel: "6.18", Runtime: "containerd://1.7.24", Arch: "amd64", ProviderID: "cloud://told",
	}
	told.Since = told.Since.UTC()
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
	if untold := got["untold"]; untold.Ready || untold.Reason != "kubelet has not reported yet" || !untold.Since.IsZero() {
		t.Errorf("a node that never reported: %+v", untold)
	}
}

// apiHealth asks a real server, which shows a certificate that it made itself
// and that says localhost.
func apiHealth(t *testing.T, c *kube.Client) {
	got := c.Health(t.Context())
	if got.Err != nil || got.Failing != "" || got.Took <= 0 || got.Serving == nil || time.Since(got.At).Abs() > time.Minute {
		t.Errorf("got %+v", got)
	}
	past := c.HealthAt(t.Context(), strings.TrimPrefix(c.Host(), "https://"))
	if past.Serving == nil || !past.Serving.Equal(got.Serving) {
		t.Errorf("past what stands before it: got %+v", past)
	}
	if dead := c.HealthAt(t.Context(), "127.0.0.1:9"); dead.Err == nil || dead.Serving != nil {
		t.Errorf("where nothing listens: got %+v", dead)
	}
}

// readiness finds two objects and misses one; no controller runs here, so what
// runs pods is never ready.
func readiness(t *testing.T, c *kube.Client) {
	objs := append(set(t, "a"), parse(t, "{apiVersion: v1, kind: ConfigMap, metadata: {name: missing, namespace: settest}}")...)
	apply(t, c, set(t, "a"), kube.Options{})
	found, err := c.Readiness(t.Context(), objs)
	if err != nil || len(found) != len(objs) {
		t.Fatalf("got %+v, %v", found, err)
	}
	reasons := map[string]string{}
	for _, r := range found {
		reasons[r.Object.String()] = r.Reason
		if r.Object.Kind == "Deployment" && (r.Wanted != 2 || r.Ready != 0) {
			t.Errorf("pods: got %+v", r)
		}
	}
	for object, want := range map[string]string{
		"ConfigMap settest/a": "", "ConfigMap settest/missing": "does not exist", "Deployment settest/web": "waiting for the controller to see it",
	} {
		if got, ok := reasons[object]; !ok || got != want {
			t.Errorf("%s: got %q, want %q", object, got, want)
		}
	}
}
