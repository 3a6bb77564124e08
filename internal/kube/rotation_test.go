package kube_test

import (
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube/kubetest"
)

// rotation asks whom pods are told to trust. No controller runs here: the test
// publishes what the controller manager does.
func rotation(t *testing.T, server *kubetest.Server, c *kube.Client) {
	server.Do(t, kubetest.AdminToken, "POST", "/api/v1/namespaces/default/configmaps", json, `{"metadata": {"name": "kube-root-ca.crt"}, "data": {"ca.crt": "both"}}`)
	published, err := c.PublishedAuthorities(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if other, found := published["kube-public"]; published["default"] != "both" || !found || other != "" {
		t.Errorf("%q", published)
	}

	server.Do(t, kubetest.AdminToken, "POST", "/apis/apps/v1/namespaces/default/deployments", json, `{"metadata": {"name": "calls"}, "spec": {
		"selector": {"matchLabels": {"a": "c"}},
		"template": {"metadata": {"labels": {"a": "c"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}}}`)
	deployment := kube.Ref{Group: "apps", Version: "v1", Kind: "Deployment", Namespace: "default", Name: "calls"}
	gone, other := deployment, kube.Ref{Version: "v1", Kind: "ConfigMap", Namespace: "default", Name: "kube-root-ca.crt"}
	gone.Name = "gone"
	for _, test := range []struct {
		reason string
		want   int
	}{{"both", 1}, {"both", 0}, {"new", 1}} {
		n, err := c.RestartFor(t.Context(), []kube.Ref{gone, deployment, other}, test.reason)
		if err != nil || n != test.want {
			t.Errorf("for %q %d were restarted, %v", test.reason, n, err)
		}
	}
	live, _, err := c.Get(t.Context(), deployment)
	if err != nil || live.GetGeneration() != 3 {
		t.Errorf("it was started anew at %d changes of its pods, %v", live.GetGeneration(), err)
	}

	// This API server trusts no client certificates, so it publishes nothing.
	if document, err := c.ClientAuthorities(t.Context()); err != nil || document != "" {
		t.Errorf("%q, %v", document, err)
	}
	server.Do(t, kubetest.AdminToken, "POST", "/api/v1/namespaces/kube-system/configmaps", json, `{"metadata": {"name": "extension-apiserver-authentication"}, "data": {"client-ca-file": "both"}}`)
	if document, err := c.ClientAuthorities(t.Context()); err != nil || document != "both" {
		t.Errorf("%q, %v", document, err)
	}
	for range 2 { // that it is gone already is fine
		if err := c.ForgetClientAuthorities(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if document, err := c.ClientAuthorities(t.Context()); err != nil || document != "" {
		t.Errorf("%q is still told, %v", document, err)
	}
}
