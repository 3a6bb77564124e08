package kube_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

func kubeconfigOf(t *testing.T, name, server, certificate string) []byte {
	t.Helper()
	out, err := pki.Kubeconfig{
		Context: name, Cluster: name, User: name, Server: server, Authority: []byte("authority of " + server),
		Pair: pki.Pair{Certificate: []byte(certificate), Key: []byte("key")},
	}.YAML()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestReplaceCredentials_LeavesTheCurrentContextAndTheOthersAlone(t *testing.T) {
	dir := t.TempDir()
	first, second := filepath.Join(dir, "first"), filepath.Join(dir, "second")
	for _, c := range []struct{ file, name string }{{first, "a"}, {second, "b"}} {
		if _, err := kube.MergeKubeconfig(c.file, c.name, kubeconfigOf(t, c.name, "https://old", "old"), true); err != nil {
			t.Fatal(err)
		}
	}
	before, err := os.ReadFile(first)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("KUBECONFIG", first+string(os.PathListSeparator)+second)
	if err := kube.ReplaceCredentials("", "b", kubeconfigOf(t, "b", "https://new", "new")); err != nil {
		t.Fatal(err)
	}
	where, certificate, err := kube.UserCertificate("", "b")
	if err != nil || where != second || string(certificate) != "new" {
		t.Errorf("context b has %q in %s, error %v", certificate, where, err)
	}
	after, err := os.ReadFile(first)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file of another context was changed, error %v:\n%s", err, after)
	}
	changed, err := os.ReadFile(second)
	if err != nil || !strings.Contains(string(changed), "https://new") || strings.Contains(string(changed), "https://old") {
		t.Errorf("the file is, error %v:\n%s", err, changed)
	}
}

func TestReplaceCredentials_RefusesAContextThatIsNotThere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config")
	if err := kube.ReplaceCredentials(file, "a", kubeconfigOf(t, "a", "https://new", "new")); err == nil {
		t.Error("it was written")
	}
	if where, certificate, err := kube.UserCertificate(file, "a"); where != "" || certificate != nil || err != nil {
		t.Errorf("got %q, %q, %v", where, certificate, err)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("a file was made")
	}
}

func TestReplaceCredentials_LeavesAProgramThatIssuesThem(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config")
	byProgram, err := pki.Kubeconfig{
		Context: "a", Cluster: "a", User: "a", Server: "https://old", Authority: []byte("old"),
		Exec: &pki.Exec{Command: "kubectl-anywhere", Args: []string{"credential", "a"}},
	}.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kube.MergeKubeconfig(file, "a", byProgram, false); err != nil {
		t.Fatal(err)
	}
	if err := kube.ReplaceCredentials(file, "a", kubeconfigOf(t, "a", "https://new", "new")); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	text := string(data)
	if err != nil || !strings.Contains(text, "- credential") || !strings.Contains(text, "https://new") || strings.Contains(text, "client-key-data") {
		t.Errorf("error %v:\n%s", err, text)
	}
	if where, err := kube.Owned(file, "a"); where != file || err != nil {
		t.Errorf("owned in %q, %v", where, err)
	}
}
