package kube

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

const ofCluster = `apiVersion: v1
kind: Config
current-context: admin@x
clusters: [{name: x, cluster: {server: "https://10.0.0.1:6443", certificate-authority-data: Y2E=}}]
users: [{name: admin, user: {client-certificate-data: Yw==, client-key-data: aw==}}]
contexts: [{name: admin@x, context: {cluster: x, user: admin}}]
`

const ofUser = `apiVersion: v1
kind: Config
current-context: work
clusters: [{name: work, cluster: {server: "https://work.invalid"}}]
users: [{name: work, user: {token: t}}]
contexts: [{name: work, context: {cluster: work, user: work, namespace: team}}]
`

func userFile(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config")
	if content != "" {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("KUBECONFIG", file)
	return file
}

func load(t *testing.T, file string) *clientcmdapi.Config {
	t.Helper()
	config, err := clientcmd.LoadFromFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func TestMergeKubeconfig_KeepsWhatIsThereAndSwitches(t *testing.T) {
	file := userFile(t, ofUser)
	for range 2 {
		written, err := MergeKubeconfig("", "local", []byte(ofCluster), true)
		if want := (Merged{File: file, Current: "local"}); err != nil || written != want {
			t.Fatalf("wrote %+v, %v", written, err)
		}
	}
	config := load(t, file)
	if config.CurrentContext != "local" || config.Contexts["work"].Namespace != "team" || len(config.Contexts) != 2 {
		t.Errorf("got contexts %v, current %q", config.Contexts, config.CurrentContext)
	}
	if config.Clusters["local"].Server != "https://10.0.0.1:6443" || string(config.AuthInfos["local"].ClientKeyData) != "k" {
		t.Errorf("got %v, %v", config.Clusters["local"], config.AuthInfos["local"])
	}
	if config.Contexts["local"].Cluster != "local" || config.Contexts["local"].AuthInfo != "local" {
		t.Errorf("got %v", config.Contexts["local"])
	}
}

func TestMergeKubeconfig_MakesAFileOnlyItsOwnerReads(t *testing.T) {
	file := userFile(t, "")
	if _, err := MergeKubeconfig("", "local", []byte(ofCluster), true); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestRemoveKubeconfig_TakesOutOnlyItsOwn(t *testing.T) {
	file := userFile(t, ofUser)
	if _, err := MergeKubeconfig("", "local", []byte(ofCluster), true); err != nil {
		t.Fatal(err)
	}
	if removed, err := RemoveKubeconfig("", "local"); !removed || err != nil {
		t.Fatalf("removed %t, %v", removed, err)
	}
	config := load(t, file)
	if config.CurrentContext != "" || len(config.Contexts) != 1 || len(config.Clusters) != 1 || len(config.AuthInfos) != 1 {
		t.Errorf("left %+v", config)
	}
	if removed, err := RemoveKubeconfig("", "local"); removed || err != nil {
		t.Errorf("again: removed %t, %v", removed, err)
	}
}

func TestRemoveKubeconfig_LeavesAnotherCurrentContext(t *testing.T) {
	file := userFile(t, ofUser)
	if _, err := MergeKubeconfig("", "local", []byte(ofCluster), true); err != nil {
		t.Fatal(err)
	}
	config := load(t, file)
	config.CurrentContext = "work"
	if err := clientcmd.WriteToFile(*config, file); err != nil {
		t.Fatal(err)
	}
	if _, err := RemoveKubeconfig(file, "local"); err != nil {
		t.Fatal(err)
	}
	if got := load(t, file).CurrentContext; got != "work" {
		t.Errorf("current context is %q", got)
	}
}

func TestMergeKubeconfig_RefusesOneWithoutContext(t *testing.T) {
	userFile(t, ofUser)
	if _, err := MergeKubeconfig("", "local", []byte("{apiVersion: v1, kind: Config}"), true); err == nil || !strings.Contains(err.Error(), "no current context") {
		t.Errorf("got %v", err)
	}
}

func TestFailing_PicksTheChecksThatFail(t *testing.T) {
	report := "[+]ping ok\n[-]etcd failed: reason withheld\n[-]poststarthook/rbac/bootstrap-roles failed: reason withheld\nreadyz check failed\n"
	if diff := cmp.Diff("etcd failed, poststarthook/rbac/bootstrap-roles failed", failing(report)); diff != "" {
		t.Error(diff)
	}
}

// certificateOf is a certificate of that name, which signs itself.
func certificateOf(t *testing.T, name string) []byte {
	t.Helper()
	pair, err := pki.Issuer{Now: time.Now(), Rand: rand.Reader}.NewAuthority(name)
	if err != nil {
		t.Fatal(err)
	}
	return pair.Certificate
}
