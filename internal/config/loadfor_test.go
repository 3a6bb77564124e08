package config_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// anything is a block that another program declares.
type anything map[string]any

func (*anything) Default(*config.Cluster)                        {}
func (*anything) Validate(*config.Cluster) []config.FieldProblem { return nil }

func TestLoadFor_MeansItsTargetAndTakesABlockAsItIs(t *testing.T) {
	blocks := map[string]func() config.Block{"elsewhere": func() config.Block { return &anything{} }}
	text := `{"apiVersion": "kubernetes-anywhere.io/v1alpha1", "kind": "Cluster", "metadata": {"name": "demo"},
		"spec": {"elsewhere": {"hosts": [{"address": "10.0.0.2", "port": 22}], "endpoint": "api"}}}`
	cluster, report := config.LoadFor("elsewhere", "cluster.json", []byte(text), blocks)
	if !report.Empty() {
		t.Fatal(report.Render())
	}
	if cluster.Spec.Target != "elsewhere" {
		t.Errorf("the target is %q", cluster.Spec.Target)
	}
	want := &anything{"hosts": []any{map[string]any{"address": "10.0.0.2", "port": 22}}, "endpoint": "api"}
	if diff := cmp.Diff(want, cluster.Spec.Block); diff != "" {
		t.Errorf("block (-want +got):\n%s", diff)
	}
	if _, report := config.Load("cluster.json", []byte(text), blocks); report.Empty() {
		t.Error("Load does not mean its own default target")
	}
}
