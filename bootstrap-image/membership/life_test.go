package membership

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/etcd"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	corev1 "k8s.io/api/core/v1"
)

func template(t *testing.T, c *cluster) node.Bundle {
	t.Helper()
	var held corev1.ConfigMap
	if err := c.admin().Call(t.Context(), http.MethodGet, "/api/v1/namespaces/kube-system/configmaps/"+node.TemplateName, nil, &held); err != nil {
		t.Fatal(err)
	}
	published, err := node.ReadTemplate([]byte(held.Data[node.TemplateKey]))
	if err != nil {
		t.Fatal(err)
	}
	return published
}

// roleKey is the label of a control plane, and the key of its taint.
const roleKey = "node-role.kubernetes.io/control-plane"

func refused(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("it was not refused")
	}
	for _, part := range words {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is not in: %v", part, err)
		}
	}
}

// The life of a cluster that no phase 1 makes, against a real API server which
// runs from the files that init wrote.
func TestCluster_IsMadeAndJoinedByThePrintedLines(t *testing.T) {
	c := newCluster(t)
	first := newWorld(t, c, "cp1", "10.1.0.2")
	before := killedInit(t, first)
	if err := first.init(nil); err != nil {
		t.Fatalf("%v\n%s", err, first.log.String())
	}
	t.Logf("init printed:\n%s", first.out.String())
	workerLine, controlPlaneLine := first.lines()
	kept, err := files{first.root}.kept()
	if err != nil {
		t.Fatal(err)
	}

	if diff := cmp.Diff(before, kept); diff != "" {
		t.Errorf("init went on with other secrets than before it was killed (-before +after):\n%s", diff)
	}
	t.Run("InitPublishesNoSecret", func(t *testing.T) {
		published := template(t, c)
		document, _ := json.Marshal(published)
		for _, secret := range []string{"PRIVATE KEY", kept.Credentials.EncryptionKey} {
			if strings.Contains(string(document), secret) {
				t.Errorf("the ConfigMap holds %q", secret)
			}
		}
		want := []node.Member{{Name: "cp1", Address: "10.1.0.2"}}
		if diff := cmp.Diff(want, published.ControlPlanes); diff != "" {
			t.Errorf("control planes (-want +got):\n%s", diff)
		}
		if n := published.Cluster.Spec.Network.NodeCIDR; n != "10.1.0.0/24" {
			t.Errorf("the hosts' network is %s, not that of the address", n)
		}
		if !published.Standalone || !published.Balanced || published.Endpoint != "127.0.0.1:6444" || published.Cluster.Spec.KubernetesVersion != "v1.37.1" {
			t.Errorf("published %+v", published)
		}
	})
	t.Run("TheNodeHasItsRole", func(t *testing.T) {
		var held corev1.Node
		if err := c.admin().Call(t.Context(), http.MethodGet, "/api/v1/nodes/cp1", nil, &held); err != nil {
			t.Fatal(err)
		}
		tainted := slices.ContainsFunc(held.Spec.Taints, func(t corev1.Taint) bool { return t.Key == roleKey })
		if _, ok := held.Labels[roleKey]; !ok || !tainted {
			t.Errorf("labels %v, taints %v", held.Labels, held.Spec.Taints)
		}
	})
	t.Run("AJoinBeforeTheRightsAreThereSaysSo", func(t *testing.T) {
		w := newWorld(t, c, "w0", "10.1.0.10")
		refused(t, w.join(workerLine, nil), "has not let hosts in yet")
		if !strings.Contains(w.log.String(), "as its addon-manager lets it (now: Forbidden)") {
			t.Errorf("it did not say that it waits:\n%s", w.log.String())
		}
	})
	c.admit()
	t.Run("AWorkerJoins", func(t *testing.T) {
		w := newWorld(t, c, "w1", "10.1.0.11")
		for range 2 { // and once more
			if err := w.join(workerLine, nil); err != nil {
				t.Fatalf("%v\n%s", err, w.log.String())
			}
		}
		unit, err := files{w.root}.read("/etc/systemd/system/kubelet.service")
		if err != nil || !strings.Contains(string(unit), "kubernetes-anywhere.io/pool=workers,disk=fast") {
			t.Errorf("the kubelet has not the labels of its pool: %v\n%s", err, unit)
		}
		if files := (files{w.root}); files.exists("/etc/kubernetes/pki/ca.key") || files.exists(host.KeptBundle) {
			t.Error("a worker holds what is a control plane's")
		}
	})
	t.Run("AControlPlaneJoins", func(t *testing.T) { joinControlPlane(t, c, controlPlaneLine, kept) })
	t.Run("InitAgainChangesNothingAndPrintsFreshLines", func(t *testing.T) { initAgain(t, first, workerLine) })
	t.Run("AHostTakesThePlaceOfADeadOne", func(t *testing.T) {
		if err := c.condition(t.Context(), c.admin(), "w1", "10.1.0.11", corev1.ConditionUnknown); err != nil {
			t.Fatal(err)
		}
		w := newWorld(t, c, "w1", "10.1.0.12")
		if err := w.join(workerLine, nil); err != nil {
			t.Fatalf("%v\n%s", err, w.log.String())
		}
		if !strings.Contains(w.log.String(), "taking the place of the node w1") {
			t.Errorf("it did not say so:\n%s", w.log.String())
		}
	})
	t.Run("Refused", func(t *testing.T) { refusals(t, c, workerLine, controlPlaneLine) })
	t.Run("Tokens", func(t *testing.T) { tokens(t, c, first) })
}

func joinControlPlane(t *testing.T, c *cluster, line string, kept *node.Bundle) {
	w := newWorld(t, c, "cp2", "10.1.0.3")
	refused(t, w.join(line, nil), "none answers on ports 2379 and 2380")
	w.etcd.members = []etcd.Member{member("cp1", "10.1.0.2")}
	for range 2 {
		if err := w.join(line, nil); err != nil {
			t.Fatalf("%v\n%s", err, w.log.String())
		}
	}
	own, err := files{w.root}.kept()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(kept.Credentials, own.Credentials); diff != "" {
		t.Errorf("its credentials are others (-first +second):\n%s", diff)
	}
	want := []node.Member{{Name: "cp1", Address: "10.1.0.2"}, {Name: "cp2", Address: "10.1.0.3"}}
	if diff := cmp.Diff(want, template(t, c).ControlPlanes); diff != "" {
		t.Errorf("control planes (-want +got):\n%s", diff)
	}
	if got := w.etcd.members; len(got) != 2 || got[1].Address() != "10.1.0.3" || got[1].Learner {
		t.Errorf("members of etcd: %v", got)
	}
	// A control plane whose node is deleted is no longer told of.
	if err := c.admin().Call(t.Context(), http.MethodDelete, "/api/v1/nodes/cp1", nil, nil); err != nil {
		t.Fatal(err)
	}
	if err := w.join(line, nil); err != nil {
		t.Fatal(err)
	}
	if got := template(t, c).ControlPlanes; len(got) != 1 || got[0].Name != "cp2" {
		t.Errorf("a deleted control plane is still told of: %v", got)
	}
}

func initAgain(t *testing.T, first *world, before string) {
	tree := func() map[string]string {
		out := map[string]string{}
		for _, path := range first.paths() {
			content, _ := os.ReadFile(filepath.Join(first.root, path))
			out[path] = string(content)
		}
		return out
	}
	if err := first.cluster.register(t.Context(), first.cluster.admin(), "cp1", "10.1.0.2", node.ControlPlane); err != nil {
		t.Fatal(err)
	}
	was := tree()
	first.commands = nil
	for _, change := range []func(*InitOptions){nil, func(o *InitOptions) { o.Config = nil }} {
		if err := first.init(change); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(was, tree()); diff != "" {
			t.Errorf("the tree has changed (-before +after):\n%s", diff)
		}
		if slices.Contains(first.commands, "systemctl restart kubelet.service") {
			t.Error("the kubelet was restarted")
		}
		if worker, _ := first.lines(); worker == before {
			t.Error("the line is not a fresh one")
		}
	}
	if err := first.init(func(o *InitOptions) { o.Untaint = true }); err != nil {
		t.Fatal(err)
	}
	var held corev1.Node
	if err := first.cluster.admin().Call(t.Context(), http.MethodGet, "/api/v1/nodes/cp1", nil, &held); err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(held.Spec.Taints, func(taint corev1.Taint) bool { return taint.Key == roleKey }) {
		t.Errorf("--untaint leaves the taints %v", held.Spec.Taints)
	}
	refused(t, first.init(func(o *InitOptions) { o.Config = []byte(strings.Replace(string(o.Config), "demo", "other", 1)) }), `cluster "demo"`, "reset")
	refused(t, first.init(func(o *InitOptions) {
		o.Config = []byte(strings.Replace(string(o.Config), `"pools"`, `"network": {"podCIDR": "10.9.0.0/16"}, "pools"`, 1))
	}), "podCIDR", "for life")
	refused(t, first.init(func(o *InitOptions) { o.Name = "cp9" }), `"cp1" already`)
}

// killedInit runs init until it has written the first files, and ends it there.
func killedInit(t *testing.T, w *world) *node.Bundle {
	t.Helper()
	w.stopAt = "systemctl daemon-reload"
	refused(t, w.init(nil), "killed")
	w.stopAt = ""
	kept, err := files{w.root}.kept()
	if err != nil || kept == nil {
		t.Fatalf("no bundle was kept: %v", err)
	}
	info, err := os.Stat(filepath.Join(w.root, host.KeptBundle))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the bundle is %v (%v)", info.Mode(), err)
	}
	return kept
}
