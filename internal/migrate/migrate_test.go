package migrate_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/migrate"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/targets"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestRun_ConvertsWhatKconfigMade(t *testing.T) {
	for _, name := range []string{"gce.json", "azure.config"} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile("testdata/" + name)
			if err != nil {
				t.Fatal(err)
			}
			result, err := migrate.Run(name, text, targets.Blocks())
			if err != nil {
				t.Fatal(err)
			}
			if result.Current || result.Problems != nil {
				t.Errorf("current %v, problems:\n%v", result.Current, result.Problems)
			}
			golden(t, "testdata/"+name+".migrated", string(result.Config))
			var said strings.Builder
			for _, c := range result.Changes {
				fmt.Fprintf(&said, "%s | %s | %s\n", c.From, c.To, c.Why)
			}
			golden(t, "testdata/"+name+".changes", said.String())
			for _, secret := range []string{"hunter2", "Ch@ng3"} {
				if strings.Contains(said.String()+string(result.Config), secret) {
					t.Errorf("a secret of the old config is told: %s", secret)
				}
			}
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got); -update writes it anew:\n%s", name, diff)
	}
}

func TestRun_SaysOfEveryFieldWhatBecameOfIt(t *testing.T) {
	text, err := os.ReadFile("testdata/azure.config")
	if err != nil {
		t.Fatal(err)
	}
	result, err := migrate.Run("c", text, targets.Blocks())
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, c := range result.Changes {
		told[c.From] = true
		if c.To == "" && c.Why == "" {
			t.Errorf("%s has no successor, and nothing says why", c.From)
		}
		if strings.Contains(c.Why, "not a field") {
			t.Errorf("%s is taken for no field: %s", c.From, c.Why)
		}
	}
	for line := range strings.Lines(string(text)) {
		name, value, set := strings.Cut(strings.TrimSpace(line), "=")
		if set && value != `""` && !told[strings.TrimPrefix(name, ".")] {
			t.Errorf("nothing is said of %s", name)
		}
	}
}

func TestRun_LeavesACurrentConfigAsItIs(t *testing.T) {
	text := []byte("# mine\napiVersion: kubernetes-anywhere.io/v1alpha1\nkind: Cluster\nmetadata: {name: a}\n")
	result, err := migrate.Run("c.yaml", text, targets.Blocks())
	if err != nil {
		t.Fatal(err)
	}
	if !result.Current || string(result.Config) != string(text) || len(result.Changes) > 0 || result.Problems != nil {
		t.Errorf("got %+v", result)
	}
}

func TestRun_TellsWhatIsWrongWithACurrentConfig(t *testing.T) {
	result, err := migrate.Run("c.json", []byte(`{"apiVersion": "kubernetes-anywhere.io/v1alpha1", "kind": "Cluster", "metadata": {}}`), targets.Blocks())
	if err != nil {
		t.Fatal(err)
	}
	if !result.Current || result.Problems == nil || !strings.Contains(result.Problems.Error(), "metadata.name: is missing") {
		t.Errorf("got %+v", result)
	}
}

func TestRun_RefusesWhatHasNoSuccessor(t *testing.T) {
	for name, text := range map[string]string{
		"vSphere":   `{"phase1": {"cloud_provider": "vsphere", "vSphere": {"url": "10.0.0.1"}}}`,
		"OpenStack": ".phase1.cloud_provider=\"openstack\"\n",
		`"moon"`:    `{"phase1": {"cloud_provider": "moon"}}`,
		"v9":        `{"apiVersion": "kubernetes-anywhere.io/v9", "kind": "Cluster"}`,
	} {
		_, err := migrate.Run("c.json", []byte(text), targets.Blocks())
		var refusal *migrate.Refusal
		if !errors.As(err, &refusal) || !strings.Contains(refusal.What, name) || refusal.Instead == "" {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestRun_LeavesWhatIsMissingToTheUser(t *testing.T) {
	result, err := migrate.Run("c.json", []byte(`{"phase1": {"cloud_provider": "gce", "gce": {"region": "us-central1"}}}`), targets.Blocks())
	if err != nil {
		t.Fatal(err)
	}
	if result.Problems == nil || !strings.Contains(result.Problems.Error(), "spec.gcp.project: is missing") {
		t.Errorf("the missing project is not told: %v", result.Problems)
	}
}

func TestRun_DoesNotPanicOnOddValues(t *testing.T) {
	for _, text := range []string{
		`{"phase1": 3}`, `{"phase1": {"num_nodes": "many", "cloud_provider": "gce", "cluster_name": "???"}}`,
		`{"phase1": {"cloud_provider": ["gce"]}}`, ".phase1.num_nodes=\n", ".phase1.gce.project=\"\\\"\n", `{"phase3": null, "phase1": null}`,
	} {
		if result, err := migrate.Run("c.json", []byte(text), targets.Blocks()); err == nil && result.Config == nil {
			t.Errorf("%s: neither a config nor an error", text)
		}
	}
}
