package cli

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/health"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube/kubetest"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// seenTarget sees what it is told, or nothing.
type seenTarget struct {
	target.Target
	seen []target.Observation
	err  error
}

func (*seenTarget) Name() string { return "local" }

func (s *seenTarget) Observe(context.Context, *config.Cluster, target.Outputs) ([]target.Observation, error) {
	return s.seen, s.err
}

// watchtower looks at a cluster of one control plane and one worker.
func watchtower(t *testing.T, seen *seenTarget) *lookout {
	t.Helper()
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "none"))
	cluster := config.New("local", nil)
	cluster.Metadata.Name = "a"
	cluster.Spec.Pools = []config.Pool{{Name: "workers", Count: 1}}
	out := target.Outputs{Endpoint: "https://127.0.0.1:9", Hosts: []target.Host{
		{Name: "a-control-plane-1", Role: node.ControlPlane, Address: "127.0.0.1"}, {Name: "a-workers-1", Role: node.Worker, Pool: "workers", Address: "127.0.0.1"},
	}}
	for _, host := range out.Hosts {
		seen.seen = append(seen.seen, target.Observation{Host: host, Status: &node.Status{State: node.Done}})
	}
	return &lookout{session: &session{env: Environment{IOStreams: genericiooptions.NewTestIOStreamsDiscard()}, cluster: cluster, target: seen}, out: out}
}

func TestReport_FailsOnlyWhereNothingCouldBeTold(t *testing.T) {
	l := watchtower(t, &seenTarget{err: errors.New("no Docker here")})
	l.why = errors.New("no authority in the state")
	_, err := l.report(t.Context())
	if err == nil || !strings.Contains(err.Error(), "no Docker here") || !strings.Contains(err.Error(), "no authority in the state") {
		t.Errorf("got %v", err)
	}
	l = watchtower(t, &seenTarget{})
	l.why = errors.New("no authority in the state")
	r, err := l.report(t.Context())
	if err != nil || r.State != health.Down || len(r.Nodes) != 2 || !isUnknown(r, askedNodes) {
		t.Errorf("with hosts that can be seen: %v, %+v", err, r)
	}
}

// TestReport_OfARealAPI asks an API server that has a node, a control plane's
// pods and addons, but runs none of it.
func TestReport_OfARealAPI(t *testing.T) {
	server := kubetest.Start(t)
	api, err := kube.New(server.Kubeconfig(kubetest.AdminToken))
	if err != nil {
		t.Fatal(err)
	}
	l := watchtower(t, &seenTarget{})
	l.api, l.out.Endpoint = api, api.Host()
	do := func(verb, path, kind, body string) { server.Do(t, kubetest.AdminToken, verb, path, kind, body) }
	do("POST", "/api/v1/nodes", "application/json", `{"metadata": {"name": "a-control-plane-1", "labels": {"node-role.kubernetes.io/control-plane": ""}}}`)
	do("PATCH", "/api/v1/nodes/a-control-plane-1/status", "application/merge-patch+json", `{"status": {
		"nodeInfo": {"machineID": "", "systemUUID": "", "bootID": "", "operatingSystem": "linux", "kubeProxyVersion": "", "architecture": "amd64",
			"kubeletVersion": "v1.30.0", "osImage": "Debian 13", "kernelVersion": "6.18", "containerRuntimeVersion": "containerd://1.7.24"},
		"conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-22T10:00:00Z"}]}}`)
	do("POST", "/api/v1/namespaces/kube-system/serviceaccounts", "application/json", `{"metadata": {"name": "default"}}`)
	do("POST", "/api/v1/namespaces/kube-system/pods", "application/json", `{"metadata": {"name": "etcd-a-control-plane-1", "labels": {"tier": "control-plane"}},
		"spec": {"nodeName": "a-control-plane-1", "automountServiceAccountToken": false, "containers": [{"name": "c", "image": "i"}]}}`)
	do("PATCH", "/api/v1/namespaces/kube-system/pods/etcd-a-control-plane-1/status", "application/merge-patch+json", `{"status": {"conditions": [{"type": "Ready", "status": "True"}]}}`)
	objects, err := kube.Parse([]byte(`{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: kube-system, labels: {kubernetes-anywhere.io/addon: coredns}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := api.WriteDesired(t.Context(), objects); err != nil {
		t.Fatal(err)
	}
	// It was last heard of a minute ago.
	do("POST", "/apis/coordination.k8s.io/v1/namespaces/"+nodeLeases+"/leases", "application/json", `{"metadata": {"name": "a-control-plane-1"},
		"spec": {"holderIdentity": "a-control-plane-1", "leaseDurationSeconds": 40, "renewTime": "`+time.Now().Add(-time.Minute).UTC().Format("2006-01-02T15:04:05.000000Z")+`"}}`)
	kubetest.Eventually(t, "the node in the server's cache", func() error {
		if nodes, err := api.NodeInfos(t.Context()); err != nil || len(nodes) == 0 || !nodes[0].Ready {
			return errors.Join(errors.New("not there yet"), err)
		}
		return nil
	})
	r, err := l.report(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	checkRealReport(t, r)
}

func checkRealReport(t *testing.T, r health.Report) {
	t.Helper()
	if r.API.State != health.Ready || r.API.Milliseconds <= 0 || !strings.HasPrefix(r.API.Version, "v1.37.") || len(r.Unknown) > 0 {
		t.Errorf("API %+v, unknown %+v", r.API, r.Unknown)
	}
	if len(r.Nodes) != 2 || r.Nodes[0].Role != node.ControlPlane || r.Nodes[0].Status != "Ready" || r.Nodes[0].Machine == nil || r.Nodes[1].Status != "NotRegistered" {
		t.Errorf("nodes %+v", r.Nodes)
	}
	if len(r.Planes) != 1 || len(r.Planes[0].Components) != 4 || r.Planes[0].Components[0] != (health.Component{Name: "etcd"}) || r.Planes[0].Components[1].Reason != "does not run" {
		t.Errorf("control plane %+v", r.Planes)
	}
	if len(r.Addons) != 1 || r.Addons[0].Name != "coredns" || !slices.Equal(r.Addons[0].Reasons, []string{"ConfigMap kube-system/c: does not exist"}) {
		t.Errorf("addons %+v", r.Addons)
	}
	if len(r.Certificates) != 1 || r.Certificates[0].NotAfter.Before(time.Now()) {
		t.Errorf("certificates %+v", r.Certificates)
	}
	var says []string
	for _, p := range r.Problems {
		says = append(says, p.Of+": "+p.Is)
	}
	all := strings.Join(says, "\n")
	for _, want := range []string{"a-control-plane-1: was not heard of for ", "a-workers-1: is no node yet", "kubelet v1.30.0 on a-control-plane-1 is older than the API server", "addon coredns", "kube-apiserver: does not run"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not said in\n%s", want, all)
		}
	}
}
