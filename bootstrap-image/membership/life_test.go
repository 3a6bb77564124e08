package membership

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/etcd"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/kubeapi"
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
	if err := first.init(nil); err != nil {
		t.Fatalf("%v\n%s", err, first.log.String())
	}
	t.Logf("init printed:\n%s", first.out.String())
	workerLine, controlPlaneLine := first.lines()
	kept, err := files{first.root}.kept()
	if err != nil {
		t.Fatal(err)
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
		if !strings.Contains(w.log.String(), "waiting for the API") {
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
	refused(t, first.init(func(o *InitOptions) { o.Config = []byte(strings.Replace(string(o.Config), "demo", "other", 1)) }), `cluster "demo"`, "reset")
	refused(t, first.init(func(o *InitOptions) {
		o.Config = []byte(strings.Replace(string(o.Config), `"pools"`, `"network": {"podCIDR": "10.9.0.0/16"}, "pools"`, 1))
	}), "podCIDR", "for life")
	refused(t, first.init(func(o *InitOptions) { o.Name = "cp9" }), `"cp1" already`)
}

func refusals(t *testing.T, c *cluster, workerLine, controlPlaneLine string) {
	otherPin := "sha256:" + strings.Repeat("0", 64)
	for name, test := range map[string]struct {
		line   string
		host   string
		change func(*JoinOptions)
		words  []string
	}{
		"AnotherAuthority":   {workerLine, "w9", func(o *JoinOptions) { o.Pins = []string{otherPin} }, []string{"its authority is sha256:", "not " + otherPin}},
		"AnUnknownToken":     {workerLine, "w9", func(o *JoinOptions) { o.Token = "aaaaaa.bbbbbbbbbbbbbbbb" }, []string{"aaaaaa", "does not know it, or its time is up"}},
		"AWrongSecret":       {workerLine, "w9", func(o *JoinOptions) { o.Token = o.Token[:7] + "bbbbbbbbbbbbbbbb" }, []string{"does not know it"}},
		"AWrongAddress":      {workerLine, "w9", func(o *JoinOptions) { o.Server = "127.0.0.1:1" }, []string{"reaching the API at 127.0.0.1:1", "refused"}},
		"AWrongPool":         {workerLine, "w9", func(o *JoinOptions) { o.Pool = "gpus" }, []string{`no pool "gpus"`, "workers"}},
		"ANameThatIsTaken":   {workerLine, "w1", nil, []string{"live node of that name, at 10.1.0.11", "--name"}},
		"AnAddressElsewhere": {workerLine, "w9", func(o *JoinOptions) { o.Address = "172.17.0.1" }, []string{"10.1.0.0/24", "172.17.0.1"}},
		"AClockThatIsOff": {workerLine, "w9", func(o *JoinOptions) { o.Host.Now = func() time.Time { return time.Now().Add(-time.Hour) } },
			[]string{"this host says", " apart", "timedatectl"}},
		"AClockThatIsYearsOff": {workerLine, "w9", func(o *JoinOptions) { o.Host.Now = func() time.Time { return time.Unix(0, 0) } }, []string{"1970-01-01T00:00:00Z"}},
		"AWorkersTokenForAControlPlane": {workerLine, "cp9", func(o *JoinOptions) { o.ControlPlane, o.CertificateKey = true, strings.Repeat("0", 64) },
			[]string{"good for workers only"}},
		"AWrongCertificateKey": {controlPlaneLine, "cp9", func(o *JoinOptions) { o.CertificateKey = strings.Repeat("0", 64) }, []string{"--certificate-key is not of this token"}},
		"AMissingArchive":      {workerLine, "w9", func(o *JoinOptions) { o.ImageArchive = "/images.tar" }, []string{"/images.tar", "not on this host"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, c, test.host, "10.1.0.99")
			before := w.paths()
			// Without the kubelet's certificate: nothing is to get that far.
			o := w.parse(test.line)
			if test.change != nil {
				test.change(&o)
			}
			refused(t, Join(t.Context(), o), test.words...)
			if diff := cmp.Diff(before, w.paths()); diff != "" {
				t.Errorf("something was written (-before +after):\n%s", diff)
			}
		})
	}
}

func tokens(t *testing.T, c *cluster, first *world) {
	inviter, err := NewInviter(t.Context(), first.options, "registry.example.com/bootstrap:x")
	if err != nil {
		t.Fatal(err)
	}
	defer inviter.Close()
	line, err := inviter.Line(t.Context(), Invitation{TTL: 2 * time.Hour, Pool: "workers"})
	if err != nil || !strings.Contains(line.Command, "docker run --rm --privileged --pid=host --net=host -v /:/host registry.example.com/bootstrap:x join 10.1.0.2:6443 --token ") {
		t.Fatalf("%v: %q", err, line.Command)
	}
	if _, err := inviter.Line(t.Context(), Invitation{TTL: time.Hour, Pool: "gpus"}); err == nil {
		t.Error("a token was made for a pool that is not there")
	}
	found, err := inviter.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := Write(&out, found); err != nil {
		t.Fatal(err)
	}
	t.Logf("token list:\n%s", out.String())
	token := first.parse(line.Command).Token
	id := token[:6]
	if !strings.Contains(out.String(), id) || strings.Contains(out.String(), token[7:]) {
		t.Errorf("want the id %s and not the secret:\n%s", id, out.String())
	}
	if err := inviter.Delete(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	refused(t, inviter.Delete(t.Context(), id), "there is none of that id")
	w := newWorld(t, c, "w8", "10.1.0.18")
	// The API server may remember a token for a moment.
	var joined error
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if _, joined = Admit(context.Background(), w.parse(line.Command)); joined != nil {
			break
		}
	}
	refused(t, joined, "does not know it")
	sealedForOneTokenOnly(t, c, inviter)
}

// The bearer of one token for control planes must not read what goes with
// another one.
func sealedForOneTokenOnly(t *testing.T, c *cluster, inviter *Inviter) {
	kept := inviter.bundle.Credentials
	one, err := inviter.Create(t.Context(), Grant{TTL: time.Hour, Credentials: &kept})
	if err != nil {
		t.Fatal(err)
	}
	two, err := inviter.Create(t.Context(), Grant{TTL: time.Hour, Credentials: &kept})
	if err != nil {
		t.Fatal(err)
	}
	bearer := kubeapi.WithToken(c.url(), one.Token, []byte(kept.CA.Certificate))
	defer bearer.Close()
	var held corev1.Secret
	if err := bearer.Call(t.Context(), http.MethodGet, secretsPath+"/"+node.SealedName(one.Token[:6]), nil, &held); err != nil {
		t.Error(err)
	}
	if strings.Contains(string(held.Data[node.SealedKey]), "PRIVATE KEY") {
		t.Error("the credentials are not sealed")
	}
	for _, name := range []string{node.SealedName(two.Token[:6]), "bootstrap-token-" + one.Token[:6]} {
		if err := bearer.Call(t.Context(), http.MethodGet, secretsPath+"/"+name, nil, nil); kubeapi.Code(err) != http.StatusForbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestInit_GoesOnWithTheSameSecretsAfterAKill(t *testing.T) {
	c := newCluster(t)
	w := newWorld(t, c, "cp1", "10.1.0.2")
	w.stopAt = "systemctl daemon-reload"
	refused(t, w.init(nil), "killed")
	kept, err := files{w.root}.kept()
	if err != nil || kept == nil {
		t.Fatalf("no bundle was kept: %v", err)
	}
	info, err := os.Stat(filepath.Join(w.root, host.KeptBundle))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the bundle is %v (%v)", info.Mode(), err)
	}
	w.stopAt = ""
	if err := w.init(nil); err != nil {
		t.Fatal(err)
	}
	again, err := files{w.root}.kept()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(kept, again); diff != "" {
		t.Errorf("the second run has others (-first +second):\n%s", diff)
	}
}
