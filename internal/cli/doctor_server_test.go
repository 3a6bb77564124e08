package cli

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/doctor"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube/kubetest"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

const (
	asJSON  = "application/json"
	asPatch = "application/merge-patch+json"
)

// ofNode posts a node with its conditions.
func ofNode(t *testing.T, server *kubetest.Server, name, version string, conditions ...string) {
	t.Helper()
	server.Do(t, kubetest.AdminToken, "POST", "/api/v1/nodes", asJSON, fmt.Sprintf(`{"metadata": {"name": %q}}`, name))
	var list []string
	for _, c := range conditions {
		kind, status, _ := strings.Cut(c, "=")
		list = append(list, fmt.Sprintf(`{"type": %q, "status": %q, "reason": "Because", "message": "it said so"}`, kind, status))
	}
	server.Do(t, kubetest.AdminToken, "PATCH", "/api/v1/nodes/"+name+"/status", asPatch,
		fmt.Sprintf(`{"status": {"nodeInfo": {"kubeletVersion": %q}, "conditions": [%s]}}`, version, strings.Join(list, ",")))
}

// unwell are the results that are not well, as lines.
func unwell(results []doctor.Result) string {
	var lines []string
	for _, r := range results {
		if r.State != doctor.OK {
			lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s: %s | %s", r.State, r.Subject, r.Detail, r.Fix)))
		}
	}
	return strings.Join(lines, "\n")
}

// TestDoctor_ReadsWhatAnAPIServerTells asks a real API server of a cluster that
// is in a bad way.
func TestDoctor_ReadsWhatAnAPIServerTells(t *testing.T) {
	server := kubetest.Start(t)
	b := newBench(t)
	cluster, err := readConfig(b.env, write(t, "c.json", nil))
	if err != nil {
		t.Fatal(err)
	}
	api, err := kube.New(server.Kubeconfig(kubetest.AdminToken))
	if err != nil {
		t.Fatal(err)
	}
	e := &examination{
		session: &session{env: b.env, cluster: cluster, target: b.fakeTarget}, env: b.env, api: api, exists: true,
		out: target.Outputs{NodeEndpoint: "192.0.2.1:6443", Hosts: []target.Host{{Name: "a-control-plane-1", Role: node.ControlPlane}, {Name: "a-workers-1", Role: node.Worker}}},
	}
	ofNode(t, server, "a-control-plane-1", "v1.37.1", "Ready=True", "DiskPressure=True", "MemoryPressure=False")
	ofNode(t, server, "silent", "v1.38.0", "Ready=Unknown")
	server.Do(t, kubetest.AdminToken, "POST", "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases", asJSON,
		`{"metadata": {"name": "kube-scheduler"}, "spec": {"holderIdentity": "x", "leaseDurationSeconds": 15, "renewTime": "2026-01-02T03:04:05.000000Z"}}`)
	server.Do(t, kubetest.AdminToken, "POST", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases", asJSON,
		fmt.Sprintf(`{"metadata": {"name": "a-control-plane-1"}, "spec": {"holderIdentity": "a-control-plane-1", "renewTime": %q}}`, time.Now().Add(time.Hour+30*time.Second).UTC().Format("2006-01-02T15:04:05.000000Z")))
	for n := range 8 {
		server.Do(t, kubetest.AdminToken, "POST", "/api/v1/namespaces/kube-system/events", asJSON, fmt.Sprintf(
			`{"metadata": {"name": "e%d", "namespace": "kube-system"}, "type": "Warning", "reason": "Unhealthy", "message": "%s", "lastTimestamp": %q,
			  "involvedObject": {"kind": "Pod", "name": "p%d", "namespace": "kube-system"}}`, n, strings.Repeat("ill ", 80), time.Now().UTC().Format(time.RFC3339), n))
	}
	ctx := t.Context()
	has(t, unwell(e.checkNodes(ctx)),
		"failed a-workers-1: it is no node of the cluster | kubectl anywhere create a",
		"warning a-control-plane-1: DiskPressure: it said so | make room",
		"failed silent: not ready: Because: it said so")
	has(t, unwell(e.checkVersions(ctx)), "failed silent: its kubelet is v1.38.0, newer than the API server's v1.37")
	has(t, unwell(e.checkPlanes(ctx)), "unknown a-control-plane-1: etcd is not listed yet: the host has been a node for", "kube-scheduler is not listed yet")
	if late := e.notListed("etcd", e.out.Hosts[0], untilListed); late.State != doctor.Failed || late.Fix != "kubectl anywhere create a" {
		t.Errorf("etcd of a host that has long been a node: %+v", late)
	}
	has(t, unwell(e.checkLeases(ctx)), "failed kube-controller-manager: nobody leads", "failed kube-scheduler: its leader x was last heard of", "kubectl --context a -n kube-system logs")
	has(t, unwell(e.checkNodeClocks(ctx)), "warning a-control-plane-1: by its clock it renewed its lease 1h0m", "timedatectl")
	has(t, unwell(e.checkAddons(ctx)), "does not exist yet | kubectl anywhere addons apply a", "more")
	events := unwell(e.checkEvents(ctx))
	has(t, events, "warning Pod p", "Unhealthy: ill", "…", "and 3 more | kubectl --context a -n kube-system get events --field-selector type=Warning")
	if len(events) > 1500 {
		t.Errorf("that is too much to read:\n%s", events)
	}
	if got := e.checkRequests(ctx); got[0].State != doctor.OK {
		t.Errorf("there is no request, and %+v", got)
	}
	if got := e.checkAPIClock(ctx); got[0].State != doctor.OK {
		t.Errorf("it is the same clock, and %+v", got)
	}
	e.noPods = true
	if got := e.checkProbes(ctx); got[0].State != doctor.Skipped || e.probes != nil {
		t.Errorf("--no-pods: %+v", got)
	}
}
