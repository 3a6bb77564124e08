package blackbox

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

func TestApply_TwiceGivesTheSameTree(t *testing.T) {
	for _, role := range []string{node.ControlPlane, node.Worker} {
		t.Run(role, func(t *testing.T) {
			b := newBundle(t, node.ControlPlane)
			authority := b.Credentials.CA
			if role == node.Worker {
				b = newBundle(t, node.Worker)
				b.Credentials.CA.Certificate = authority.Certificate
			}
			w := newWorld(t, b)
			if role == node.Worker {
				w.letIn(t, authority)
			}
			w.apply(t)
			first := tree(t, w.root)
			if !w.ran("systemctl restart kubelet.service") {
				t.Errorf("the first run did not restart the kubelet: %q", w.commands)
			}
			w.apply(t)
			if diff := cmp.Diff(first, tree(t, w.root)); diff != "" {
				t.Errorf("the second run changed the tree (-first +second):\n%s", diff)
			}
			if w.ran("systemctl restart kubelet.service") || w.ran("systemctl restart containerd.service") {
				t.Errorf("the second run restarted units: %q", w.commands)
			}
			if status := w.status(t); status.State != node.Done || status.N != status.Stages {
				t.Errorf("status is %+v, want done", status)
			}
			if first["opt/cni/bin/someone-elses"] != "-rw-r--r-- keep me" || first["opt/cni/bin/bridge"] != "-rwxr-xr-x a plugin" {
				t.Errorf("the plugins are %q and %q", first["opt/cni/bin/someone-elses"], first["opt/cni/bin/bridge"])
			}
		})
	}
}

func TestApply_LetsNobodyElseReadKeys(t *testing.T) {
	b := newBundle(t, node.ControlPlane)
	w := newWorld(t, b)
	if err := os.Chmod(filepath.Join(w.root, "bundle.json"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.apply(t)
	secrets := []string{"PRIVATE KEY", "client-key-data", b.Credentials.EncryptionKey, "0123456789abcdef"}
	for path, entry := range tree(t, w.root) {
		for _, secret := range secrets {
			if strings.Contains(entry, secret) && !strings.HasPrefix(entry, "-rw------- ") {
				t.Errorf("%s holds a secret and is %s", path, entry[:10])
			}
		}
	}
	if strings.Contains(w.log.String(), "PRIVATE KEY") || strings.Contains(strings.Join(w.commands, "\n"), "0123456789abcdef") {
		t.Error("a secret is in the log or in a command")
	}
}

func TestApply_AChangedConfigRestartsOnlyWhatReadsIt(t *testing.T) {
	b := newBundle(t, node.ControlPlane)
	w := newWorld(t, b)
	w.apply(t)
	before := tree(t, w.root)
	b.Cluster.Spec.Network.DNSDomain = "other.local"
	write(t, filepath.Join(w.root, "bundle.json"), encode(t, b), 0o600)
	w.apply(t)
	if !w.ran("systemctl restart kubelet.service") || w.ran("systemctl restart containerd.service") {
		t.Errorf("want the kubelet restarted, and nothing else: %q", w.commands)
	}
	if !w.ran("systemctl stop kubelet.service") {
		t.Errorf("the kubelet saw other static pods before it was restarted: %q", w.commands)
	}
	after := tree(t, w.root)
	// The new domain is a new name of the API server, and of nobody else.
	if before["etc/kubernetes/pki/apiserver.crt"] == after["etc/kubernetes/pki/apiserver.crt"] {
		t.Error("the API server's certificate was not issued again")
	}
	if before["etc/kubernetes/pki/etcd/server.crt"] != after["etc/kubernetes/pki/etcd/server.crt"] {
		t.Error("etcd's certificate was issued again")
	}
}

func TestApply_IssuesAgainWhatIsNearItsEnd(t *testing.T) {
	w := newWorld(t, newBundle(t, node.ControlPlane))
	w.apply(t)
	before := tree(t, w.root)
	w.options.Now = func() time.Time { return now.Add(300 * 24 * time.Hour) }
	w.options.Bundle, w.options.Renew = "file://"+host.KeptBundle, true
	writes := w.api.writes
	w.apply(t)
	if w.ran("systemctl stop kubelet.service") {
		t.Error("the kubelet was stopped, although nothing that it reads has changed")
	}
	after := tree(t, w.root)
	for _, path := range []string{"pki/apiserver.crt", "pki/etcd/peer.crt", "admin.conf", "manifests/kube-scheduler.yaml"} {
		if before["etc/kubernetes/"+path] == after["etc/kubernetes/"+path] {
			t.Errorf("%s did not change", path)
		}
	}
	if w.api.writes != writes {
		t.Error("renewing certificates opened the cluster to new nodes again")
	}
	current := "var/lib/kubelet/pki/kubelet-client-first.pem"
	if before[current] != after[current] {
		t.Error("the kubelet's own certificate was replaced while still valid")
	}
}

func TestApply_OpensTheClusterForADayOnce(t *testing.T) {
	w := newWorld(t, newBundle(t, node.ControlPlane))
	w.apply(t)
	w.apply(t)
	secret := w.api.secrets["bootstrap-token-abcdef"]
	if secret == nil || w.api.writes != 1 {
		t.Fatalf("the token was written %d times: %v", w.api.writes, secret)
	}
	if got := secret.StringData["expiration"]; got != "2026-11-23T12:00:00Z" {
		t.Errorf("the token ends at %s", got)
	}
	if got := secret.StringData["auth-extra-groups"]; got != node.BootstrapGroup {
		t.Errorf("the token is for group %s", got)
	}
	w.options.Now = func() time.Time { return now.Add(25 * time.Hour) }
	w.apply(t)
	if w.api.writes != 2 {
		t.Error("a token that had ended was not made again")
	}
}

func TestApply_AWorkerWaitsUntilItIsLetIn(t *testing.T) {
	w := newWorld(t, newBundle(t, node.Worker))
	w.options.Patience = soon
	err := host.Apply(context.Background(), w.options)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v, want that time was up", err)
	}
	status := w.status(t)
	if status.State != node.Failed || !strings.Contains(status.Error, "to sign the kubelet's certificate") {
		t.Errorf("status is %+v", status)
	}
	if diff := cmp.Diff([]string{"first line", "last line of the kubelet"}, status.LogTail); diff != "" {
		t.Errorf("the log's end is not the kubelet's:\n%s", diff)
	}
}

func TestApply_ForgetsTheCertificateOfAnotherCluster(t *testing.T) {
	w := newWorld(t, newBundle(t, node.Worker))
	w.options.Patience = soon
	w.letIn(t, newAuthority(t, "another"))
	if err := host.Apply(context.Background(), w.options); err == nil {
		t.Fatal("a certificate of another cluster let the worker in")
	}
	if _, err := os.Lstat(filepath.Join(w.root, node.KubeletClientPath)); !os.IsNotExist(err) {
		t.Errorf("the other cluster's certificate is still in use: %v", err)
	}
}

func TestApply_NamesTheComponentThatIsNotWell(t *testing.T) {
	w := newWorld(t, newBundle(t, node.ControlPlane))
	w.options.Patience = soon
	w.unhealthy["http://127.0.0.1:2381/readyz"] = true
	write(t, filepath.Join(w.root, "var/log/pods/kube-system_etcd-demo-control-plane-1_abc/etcd/0.log"), "older\netcd says why\n", 0o640)
	err := host.Apply(context.Background(), w.options)
	if err == nil || !strings.Contains(err.Error(), "waiting for etcd to be ready on demo-control-plane-1") {
		t.Fatalf("got %v", err)
	}
	if tail := host.LogTail(err); len(tail) == 0 || tail[len(tail)-1] != "etcd says why" {
		t.Errorf("the log's end is %q", tail)
	}
}

func TestApply_RefusesABundleOfAnotherSum(t *testing.T) {
	w := newWorld(t, newBundle(t, node.ControlPlane))
	w.options.BundleSHA256 = strings.Repeat("0", 64)
	before := tree(t, w.root)
	if err := host.Apply(context.Background(), w.options); err == nil || !strings.Contains(err.Error(), "its SHA-256 is") {
		t.Fatalf("got %v", err)
	}
	if diff := cmp.Diff(before, tree(t, w.root)); diff != "" && !onlyRun(diff) {
		t.Errorf("the host was touched:\n%s", diff)
	}
}

// onlyRun tells that a difference is only the folder of the status.
func onlyRun(diff string) bool {
	for line := range strings.Lines(diff) {
		if strings.HasPrefix(line, "+") && !strings.Contains(line, `"run"`) {
			return false
		}
	}
	return true
}

func TestApply_ImportsAnArchiveOnce(t *testing.T) {
	b := newBundle(t, node.ControlPlane)
	b.ImageArchive = "/images.tar"
	w := newWorld(t, b)
	write(t, filepath.Join(w.root, "images.tar"), archive(t, "example.com/a:1", "example.com/b:1"), 0o644)
	w.apply(t)
	command := "ctr --namespace k8s.io images import /images.tar"
	if !w.ran(command) {
		t.Fatalf("not imported: %q", w.commands)
	}
	for _, image := range []string{"example.com/a:1", "example.com/b:1"} {
		if !w.ran("ctr --namespace k8s.io images label " + image + " io.cri-containerd.pinned=pinned") {
			t.Errorf("%s was not kept from being collected: %q", image, w.commands)
		}
	}
	w.apply(t)
	if w.ran(command) {
		t.Error("imported again though it is the same")
	}
	write(t, filepath.Join(w.root, "images.tar"), archive(t, "example.com/another:1"), 0o644)
	w.apply(t)
	if !w.ran(command) {
		t.Error("another archive was not imported")
	}
}

// The certificate that a control plane serves is good for every name it goes by.
func TestApply_TheAPIServersCertificateHasEveryName(t *testing.T) {
	w := newWorld(t, newBundle(t, node.ControlPlane))
	w.apply(t)
	raw, err := os.ReadFile(filepath.Join(w.root, "etc/kubernetes/pki/apiserver.crt"))
	if err != nil {
		t.Fatal(err)
	}
	cert, err := pki.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"kubernetes", "kubernetes.default.svc.cluster.local", "localhost", "demo-control-plane-1", "demo.example.com",
		"10.96.0.1", "172.30.0.2", "127.0.0.1",
	} {
		if err := cert.VerifyHostname(name); err != nil {
			t.Error(err)
		}
	}
	if err := cert.VerifyHostname(net.IPv4(172, 17, 0, 1).String()); err == nil {
		t.Error("Docker's own address is in the certificate")
	}
}
