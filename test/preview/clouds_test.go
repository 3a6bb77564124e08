// Package preview_test asks the plugin, as a user does, what changes of a
// config mean on each cloud: the programs are the real ones, and so is the
// engine; the clouds are in memory.
package preview_test

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/cli"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/plan"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/aws"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/aws/awstest"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/azure"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/azure/azuretest"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/gcp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/gcp/gcptest"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
)

// cloud is a target whose provider is in this process, so that no plugin is
// fetched.
type cloud struct {
	target.Target
	provider string
	memory   *targettest.Cloud
}

// PullsImages makes a cloud of it.
func (cloud) PullsImages() {}

// Providers are the target's own, and the cloud's.
func (c cloud) Providers() map[string]target.Provider {
	all := map[string]target.Provider{c.provider: c.memory.Provider}
	maps.Copy(all, c.Target.Providers())
	return all
}

// TestMain has whatever leaves this machine refused: the clouds in memory give
// clusters addresses at which nobody is to be asked for an API.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": ""} {
		for _, name := range []string{name, strings.ToLower(name)} {
			if err := os.Setenv(name, value); err != nil {
				panic(err)
			}
		}
	}
	os.Exit(m.Run())
}

const passphrase = "open sesame"

// document is a config file, or a part of one.
type document = map[string]any

// file writes the config of a cluster of three control planes and two pools.
func file(t *testing.T, c cloud, block document, change func(spec document)) string {
	t.Helper()
	spec := document{
		"target": c.Name(), c.Name(): block,
		"controlPlane": document{"count": 3},
		"pools":        []document{{"name": "front", "count": 2}, {"name": "back", "count": 3}},
	}
	if change != nil {
		change(spec)
	}
	data, err := json.Marshal(document{"apiVersion": config.APIVersion, "kind": config.Kind, "metadata": document{"name": "demo"}, "spec": spec})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "c.json")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// made brings the cluster up in memory, with its state where create keeps it.
func made(t *testing.T, c cloud, home, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	cluster, report := config.Load(path, data, map[string]func() config.Block{c.Name(): c.Block})
	if !report.Empty() {
		t.Fatal(report.Problems)
	}
	folder := filepath.Join(home, ".kube/anywhere/demo")
	stack, err := engine.Open(t.Context(), engine.Options{
		Project: "kubernetes-anywhere", Stack: "demo", Backend: "file://" + filepath.Join(folder, "state"),
		Home: filepath.Join(folder, "engine"), Passphrase: passphrase, Providers: c.Providers(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer stack.Close()
	program := c.Program(target.Inputs{
		Cluster: cluster, BootstrapImage: images.For(cluster.Spec.KubernetesVersion, cluster.Spec.Images.Registry).Bootstrap,
		CloudController: catalog.BringsCloudController(cluster.EnabledAddons()),
	})
	if _, err := stack.Up(t.Context(), program, nil); err != nil {
		t.Fatal(err)
	}
}

// previewed runs the command and reads what it prints.
func previewed(t *testing.T, c cloud, path string) plan.Plan {
	t.Helper()
	var out, errs bytes.Buffer
	root := cli.New(cli.Environment{
		IOStreams: genericiooptions.IOStreams{In: &bytes.Buffer{}, Out: &out, ErrOut: &errs},
		Targets:   []target.Target{c},
		Getenv:    func(name string) string { return map[string]string{"PULUMI_CONFIG_PASSPHRASE": passphrase}[name] },
		Reachable: func(context.Context, string) error { return nil },
	})
	root.SetArgs([]string{"preview", "-f", path, "-o", "json"})
	if code := cli.Report(&errs, root.ExecuteContext(t.Context())); code != 0 {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	var p plan.Plan
	if err := json.Unmarshal(out.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPreview_SaysWhatAChangeMeansOnEachCloud(t *testing.T) {
	for _, test := range []struct {
		cloud cloud
		block document
	}{
		{cloud{gcp.New(), "gcp", gcptest.New()}, document{"project": "my-project"}},
		{cloud{aws.New(), "aws", awstest.New()}, document{}},
		{cloud{azure.New(), "azure-native", azuretest.New()}, document{"subscription": azuretest.Subscription}},
	} {
		t.Run(test.cloud.Name(), func(t *testing.T) {
			home := t.TempDir()
			t.Setenv("HOME", home)
			path := file(t, test.cloud, test.block, nil)
			made(t, test.cloud, home, path)
			for name, step := range map[string]struct {
				change func(spec document)
				// planes, front and back are what it means for them.
				planes, front, back string
			}{
				"nothing": {nil, plan.MeansNothing, plan.MeansNothing, plan.MeansNothing},
				"a label of a pool": {func(spec document) { pool(spec, 0)["labels"] = document{"tier": "front"} },
					plan.MeansNothing, "rolling replacement", plan.MeansNothing},
				"a larger pool": {func(spec document) { pool(spec, 1)["count"] = 5 },
					plan.MeansNothing, plan.MeansNothing, plan.MeansNothing},
				"another domain": {func(spec document) { spec["network"] = document{"dnsDomain": "example.test"} },
					"replacement one by one", "rolling replacement", "rolling replacement"},
				"a pool less": {func(spec document) { spec["pools"] = spec["pools"].([]document)[:1] },
					plan.MeansNothing, plan.MeansNothing, "deleted"},
			} {
				p := previewed(t, test.cloud, file(t, test.cloud, test.block, step.change))
				got := map[string]string{}
				for _, n := range p.Nodes {
					got[n.Name] = n.Means
				}
				want := map[string]string{"control-plane": step.planes, "front": step.front, "back": step.back}
				if !maps.Equal(got, want) {
					t.Errorf("%s means %v, want %v:\n%s", name, got, want, told(p))
				}
				if pending := p.Pending(); pending != (step.change != nil) {
					t.Errorf("%s is pending: %v\n%s", name, pending, told(p))
				}
			}
		})
	}
}

func pool(spec document, n int) document { return spec["pools"].([]document)[n] }

// told is a plan as people read it.
func told(p plan.Plan) string {
	var out strings.Builder
	_ = p.Print(&out)
	return out.String()
}
