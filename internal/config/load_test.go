package config

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
)

var update = flag.Bool("update", false, "write the golden files anew")

// fixtures are the documents of testdata whose names begin with a prefix.
func fixtures(t *testing.T, prefix string) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	for _, ext := range []string{".json", ".yaml"} {
		names, err := filepath.Glob(filepath.Join("testdata", prefix+"-*"+ext))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			found[name] = data
		}
	}
	if len(found) == 0 {
		t.Fatalf("no fixtures %s-* in testdata", prefix)
	}
	return found
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

func TestLoad_ReportsEveryProblemOfInvalidFixtures(t *testing.T) {
	for name, data := range fixtures(t, "invalid") {
		t.Run(filepath.Base(name), func(t *testing.T) {
			base := filepath.Base(name)
			cluster, report := Load(base, data, fakeBlocks())
			if cluster != nil || report.Empty() {
				t.Fatal("the fixture was accepted")
			}
			for _, problem := range report.Problems {
				if problem.Fix == "" || problem.Message == "" || problem.Position.Line == 0 {
					t.Errorf("a problem lacks its line, message or fix: %+v", problem)
				}
			}
			golden(t, name+".report", report.Render(diag.Source{File: base, Text: data})+"\n")
		})
	}
}

func TestLoad_CompletesValidFixtures(t *testing.T) {
	for name, data := range fixtures(t, "valid") {
		t.Run(filepath.Base(name), func(t *testing.T) {
			cluster, report := Load(name, data, fakeBlocks())
			if !report.Empty() {
				t.Fatalf("the fixture was refused:\n%s", report.Render())
			}
			out, err := Marshal(cluster)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+".complete", string(out))
			again, report := Load("again.json", out, fakeBlocks())
			if !report.Empty() {
				t.Fatalf("what Marshal wrote was refused:\n%s", report.Render())
			}
			if diff := cmp.Diff(cluster, again); diff != "" {
				t.Errorf("the round trip changed the config (-before +after):\n%s", diff)
			}
		})
	}
}

func TestLoad_ReadsTheSameFromJSONAndYAML(t *testing.T) {
	yaml, err := os.ReadFile("testdata/valid-full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	fromYAML, report := Load("a.yaml", yaml, fakeBlocks())
	if !report.Empty() {
		t.Fatal(report.Render())
	}
	json, err := os.ReadFile("testdata/valid-full.yaml.complete")
	if err != nil {
		t.Fatal(err)
	}
	fromJSON, report := Load("a.json", json, fakeBlocks())
	if !report.Empty() {
		t.Fatal(report.Render())
	}
	if diff := cmp.Diff(fromYAML, fromJSON); diff != "" {
		t.Error(diff)
	}
}

func TestLoad_AcceptsTheExamples(t *testing.T) {
	data, err := os.ReadFile("../../examples/local.json")
	if err != nil {
		t.Fatal(err)
	}
	cluster, report := Load("local.json", data, fakeBlocks())
	if !report.Empty() {
		t.Fatal(report.Render(diag.Source{File: "local.json", Text: data}))
	}
	// The example spells out what New takes, so that the two tell one story;
	// the schema is for editors.
	cluster.Schema = ""
	if diff := cmp.Diff(New("", fakeBlocks()), cluster); diff != "" {
		t.Errorf("the example is not the default cluster (-default +example):\n%s", diff)
	}
}

func TestLoad_UnescapesJSONAsJSONDoes(t *testing.T) {
	doc := "\ufeff" + `{"apiVersion":"kubernetes-anywhere.io\/v1alpha1","kind":"Cluster","metadata":{"name":"x"},
		"spec":{"pools":[{"name":"\u0061","count":1}],"images":{"bundle":"\ud83d\ude00\t"}}}`
	cluster, report := Load("c.json", []byte(doc), fakeBlocks())
	if !report.Empty() {
		t.Fatal(report.Render())
	}
	if got := cluster.Spec.Pools[0].Name + cluster.Spec.Images.Bundle; got != "a😀\t" {
		t.Errorf("read %q", got)
	}
}

func TestLoad_CountsColumnsInCharacters(t *testing.T) {
	for name, doc := range map[string]string{
		"c.json": `{"äö": 1, "metadata": {"name": "x"}}`,
		"c.yaml": `{"äö": 1, metadata: {"name": "x"}, y: 2}`,
	} {
		_, report := Load(name, []byte(doc), fakeBlocks())
		found := false
		for _, problem := range report.Problems {
			found = found || problem.Path == "äö" && problem.Position == diag.Position{File: name, Line: 1, Column: 2}
		}
		if !found {
			t.Errorf("%s: the unknown field is not reported at 1:2:\n%s", name, report.Render())
		}
	}
}

func TestLoad_RefusesDeepNesting(t *testing.T) {
	for _, open := range []string{"[", `{"a":`} {
		doc := strings.Repeat(open, 200000)
		if _, report := Load("c.json", []byte(doc), fakeBlocks()); report.Empty() {
			t.Errorf("%d times %q was accepted", 200000, open)
		}
	}
}
