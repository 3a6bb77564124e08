package kube_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube/kubetest"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

const (
	inSystem = "/api/v1/namespaces/kube-system/"
	asJSON   = "application/json"
)

// TestLook is what doctor and support-bundle ask of an API server.
func TestLook(t *testing.T) {
	server := kubetest.Start(t)
	c, err := kube.New(server.Kubeconfig(kubetest.AdminToken))
	if err != nil {
		t.Fatal(err)
	}
	server.Do(t, kubetest.AdminToken, "POST", inSystem+"serviceaccounts", asJSON, `{"metadata": {"name": "default"}}`)
	for name, test := range map[string]func(*testing.T, *kubetest.Server, *kube.Client){
		"Clock_IsNow": clock, "Leases_TellTheirHolder": leases, "OpenRequests_AreThoseUndecided": openRequests,
		"Warnings_AreThoseSince": warnings, "ListYAML_AsksForNoSecret": listYAML, "KubeletAnswers_SaysThatOneDoesNot": kubeletAnswers,
		"Probes_LeaveNothing": probes,
	} {
		t.Run(name, func(t *testing.T) { test(t, server, c) })
	}
}

func clock(t *testing.T, _ *kubetest.Server, c *kube.Client) {
	at, err := c.Clock(t.Context())
	if off := time.Since(at).Abs(); err != nil || off > 10*time.Second {
		t.Errorf("off by %s, %v", off, err)
	}
}

func leases(t *testing.T, server *kubetest.Server, c *kube.Client) {
	server.Do(t, kubetest.AdminToken, "POST", "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases", asJSON,
		`{"metadata": {"name": "boss"}, "spec": {"holderIdentity": "me", "leaseDurationSeconds": 15, "renewTime": "2026-01-02T03:04:05.000000Z"}}`)
	all, err := c.Leases(t.Context(), "kube-system")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range all {
		if l.Name == "boss" {
			if l.Holder != "me" || l.For != 15*time.Second || !l.Renewed.Equal(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)) {
				t.Errorf("got %+v", l)
			}
			return
		}
	}
	t.Errorf("it is not among %+v", all)
}

// newRequest is a certificate request of no importance.
func newRequest(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "probe"}}, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
}

func openRequests(t *testing.T, server *kubetest.Server, c *kube.Client) {
	server.Do(t, kubetest.AdminToken, "POST", "/apis/certificates.k8s.io/v1/certificatesigningrequests", asJSON,
		fmt.Sprintf(`{"metadata": {"name": "wants"}, "spec": {"signerName": "example.com/none", "usages": ["client auth"], "request": %q}}`,
			base64.StdEncoding.EncodeToString(newRequest(t))))
	open, err := c.OpenRequests(t.Context())
	if err != nil || len(open) != 1 || open[0].Name != "wants" || open[0].From != "admin" || open[0].Signer != "example.com/none" {
		t.Fatalf("got %+v, %v", open, err)
	}
	server.Do(t, kubetest.AdminToken, "PATCH", "/apis/certificates.k8s.io/v1/certificatesigningrequests/wants/approval", "application/merge-patch+json",
		`{"status": {"conditions": [{"type": "Denied", "status": "True", "reason": "no"}]}}`)
	if open, err := c.OpenRequests(t.Context()); err != nil || len(open) != 0 {
		t.Errorf("a request that was denied is open: %+v, %v", open, err)
	}
}

func warnings(t *testing.T, server *kubetest.Server, c *kube.Client) {
	event := func(name, kind, at string) {
		server.Do(t, kubetest.AdminToken, "POST", inSystem+"events", asJSON, fmt.Sprintf(
			`{"metadata": {"name": %q, "namespace": "kube-system"}, "type": %q, "reason": "Unhealthy", "message": "it is ill", "count": 3, "lastTimestamp": %q,
			  "involvedObject": {"kind": "Pod", "name": "x", "namespace": "kube-system"}}`, name, kind, at))
	}
	now := time.Now().UTC()
	event("old", "Warning", now.Add(-time.Hour).Format(time.RFC3339))
	event("new", "Warning", now.Format(time.RFC3339))
	event("normal", "Normal", now.Format(time.RFC3339))
	got, err := c.Warnings(t.Context(), "kube-system", now.Add(-time.Minute))
	// The API server has its own to say of what other tests make.
	got = slices.DeleteFunc(got, func(e kube.Event) bool { return e.Object != "Pod x" })
	if err != nil || len(got) != 1 || got[0].Count != 3 || got[0].Message != "it is ill" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func listYAML(t *testing.T, server *kubetest.Server, c *kube.Client) {
	const value = "correct-horse-battery"
	server.Do(t, kubetest.AdminToken, "POST", inSystem+"secrets", asJSON, `{"metadata": {"name": "hidden", "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "`+value+`"}}, "stringData": {"key": "`+value+`"}}`)
	server.Do(t, kubetest.AdminToken, "POST", inSystem+"configmaps", asJSON, `{"metadata": {"name": "shown"}, "data": {"key": "a value"}}`)
	secrets, err := c.ListYAML(t.Context(), schema.GroupVersionKind{Version: "v1", Kind: "Secret"}, "kube-system")
	if err != nil || !strings.Contains(string(secrets), "name: hidden") {
		t.Fatalf("%v, %s", err, secrets)
	}
	if text := string(secrets); strings.Contains(text, value) || strings.Contains(text, base64.StdEncoding.EncodeToString([]byte(value))) {
		t.Errorf("the secret is in\n%s", secrets)
	}
	maps, err := c.ListYAML(t.Context(), schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}, "kube-system")
	if err != nil || !strings.Contains(string(maps), "key: a value") || strings.Contains(string(maps), "managedFields") {
		t.Errorf("%v, %s", err, maps)
	}
}

// kubeletAnswers has the API server ask a kubelet that is not there. One that is
// would have to be at this machine's loopback, to which it passes nothing on: a
// real cluster shows that.
func kubeletAnswers(t *testing.T, server *kubetest.Server, c *kube.Client) {
	server.Do(t, kubetest.AdminToken, "POST", "/api/v1/nodes", asJSON, `{"metadata": {"name": "ill"}}`)
	server.Do(t, kubetest.AdminToken, "PATCH", "/api/v1/nodes/ill/status", "application/merge-patch+json",
		`{"status": {"addresses": [{"type": "InternalIP", "address": "127.0.0.1"}], "daemonEndpoints": {"kubeletEndpoint": {"Port": 9}}}}`)
	if err := c.KubeletAnswers(t.Context(), "ill"); err == nil || !strings.Contains(err.Error(), `node "ill"`) {
		t.Errorf("got %v", err)
	}
}

// probes come up where somebody says that they run, and are gone afterwards.
func probes(t *testing.T, server *kubetest.Server, c *kube.Client) {
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			case <-time.After(100 * time.Millisecond):
			}
			pods, _ := c.Pods(t.Context(), "kube-system", kube.ProbeLabel)
			for _, pod := range pods {
				if pod.Node == "well" && pod.IP == "" {
					server.Do(t, kubetest.AdminToken, "PATCH", inSystem+"pods/"+pod.Name+"/status", "application/merge-patch+json",
						`{"status": {"phase": "Running", "podIP": "10.1.2.3", "podIPs": [{"ip": "10.1.2.3"}]}}`)
				}
			}
		}
	}()
	made, failures, err := c.StartProbes(ctx, "image", []string{"well", "silent"})
	close(stop)
	<-stopped
	if made == nil || err == nil && len(failures) == 0 {
		t.Fatalf("a pod of a node without a kubelet runs: %v, %v", failures, err)
	}
	if made.Address("well") != "10.1.2.3" || made.Address("silent") != "" || made.Service() == "" {
		t.Errorf("at %q and %q, service at %q", made.Address("well"), made.Address("silent"), made.Service())
	}
	if err := failures["silent"]; err == nil || failures["well"] != nil || !strings.Contains(err.Error(), `node "silent"`) {
		t.Errorf("got %v", failures)
	}
	if _, err := made.Ask(t.Context(), "silent", "lookup", "x"); err == nil {
		t.Error("a pod that does not run has answered")
	}
	gone, giveUp := context.WithCancel(t.Context())
	giveUp() // as if interrupted
	if err := made.Close(gone); err != nil {
		t.Error(err)
	}
	kubetest.Eventually(t, "nothing to be left", func() error {
		pods, err := c.Pods(t.Context(), "kube-system", kube.ProbeLabel)
		if err == nil && len(pods) > 0 {
			err = fmt.Errorf("there is still %s", pods[0].Name)
		}
		services, listErr := c.ListYAML(t.Context(), schema.GroupVersionKind{Version: "v1", Kind: "Service"}, "kube-system")
		if listErr == nil && strings.Contains(string(services), kube.ProbeLabel) {
			err = fmt.Errorf("there is still a service: %s", services)
		}
		return err
	})
}
