package manager

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube/kubetest"
)

// A server's defaults must not make fields of plain kubectl's conflict with
// the same fields of ours.
func TestAddons_TakeOverWhatKubectlApplied(t *testing.T) {
	kubectl, err := exec.LookPath("kubectl")
	if err != nil {
		t.Skip("needs kubectl in the PATH: ", err)
	}
	server := kubetest.Start(t)
	client, err := kube.New(server.Kubeconfig(kubetest.AdminToken))
	if err != nil {
		t.Fatal(err)
	}
	set := rendered(t)
	dir := t.TempDir()
	kubeconfig := filepath.Join(dir, "kubeconfig")
	files := set.Files()
	files["kubeconfig"] = server.Kubeconfig(kubetest.AdminToken)
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.CommandContext(t.Context(), kubectl, "--kubeconfig", kubeconfig, "apply", "-k", dir).CombinedOutput(); err != nil {
		t.Fatalf("kubectl apply -k: %v\n%s", err, out)
	}
	changes, err := client.ApplySet(t.Context(), set.Objects, kube.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(changes) != len(set.Objects) {
		t.Errorf("%d objects, %d changes", len(set.Objects), len(changes))
	}
	for _, change := range changes {
		// Our label is all that is new.
		if change.Err != nil || len(change.Fields()) != 1 {
			t.Errorf("%s: %v, %v", change.Ref, change.Err, change.Fields())
		}
	}
}

func rendered(t *testing.T) *addon.Set {
	t.Helper()
	text, err := os.ReadFile(clusterFile(t))
	if err != nil {
		t.Fatal(err)
	}
	var file File
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	set, err := addon.Render(addon.Values{
		Cluster: &file.Cluster, NodeEndpoint: file.NodeEndpoint, Images: images.For(file.Cluster.Spec.KubernetesVersion, ""),
	})
	if err != nil {
		t.Fatal(err)
	}
	return set
}
