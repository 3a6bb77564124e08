package config_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/aws"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/azure"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/baremetal"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/gcp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/local"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// Fixtures of testdata are read with made-up targets, those of
// testdata/targets with the ones that the plugin has.

// everyTarget are the blocks of the targets that the plugin has.
func everyTarget() map[string]func() config.Block {
	blocks := map[string]func() config.Block{}
	for _, t := range []target.Target{local.New(), baremetal.New(), gcp.New(), aws.New(), azure.New()} {
		blocks[t.Name()] = t.Block
	}
	return blocks
}

// fixturesOf are the documents that a pattern finds, by their paths.
func fixturesOf(t testing.TB, pattern string) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	for _, ext := range []string{".json", ".yaml"} {
		names, err := filepath.Glob(pattern + ext)
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
	return found
}

func expect(t *testing.T, name, got string) {
	t.Helper()
	if flag.Lookup("update").Value.String() == "true" {
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

func TestLoad_ReportsEveryProblemOfInvalidConfigs(t *testing.T) {
	found := fixturesOf(t, "testdata/targets/invalid-*")
	for name, data := range found {
		t.Run(filepath.Base(name), func(t *testing.T) {
			base := filepath.Base(name)
			cluster, report := config.Load(base, data, everyTarget())
			if cluster != nil || report.Empty() {
				t.Fatal("the fixture was accepted")
			}
			expect(t, name+".report", report.Render(diag.Source{File: base, Text: data})+"\n")
		})
	}
	if all := len(found) + len(fixturesOf(t, "testdata/invalid-*")); all < 60 {
		t.Errorf("there are only %d invalid configs", all)
	}
}

func TestLoad_ReadsValidConfigs(t *testing.T) {
	found := fixturesOf(t, "testdata/targets/valid-*")
	if len(found) < 10 {
		t.Errorf("there are only %d valid configs", len(found))
	}
	for name, data := range found {
		t.Run(filepath.Base(name), func(t *testing.T) {
			cluster, report := config.Load(name, data, everyTarget())
			if err := report.Err(diag.Source{File: name, Text: data}); err != nil {
				t.Fatalf("the fixture was refused:\n%v", err)
			}
			readAgain(t, cluster)
		})
	}
}

// readAgain has what loads marshal and load to the same.
func readAgain(t *testing.T, cluster *config.Cluster) {
	t.Helper()
	out, err := config.Marshal(cluster)
	if err != nil {
		t.Fatal(err)
	}
	again, report := config.Load("again.json", out, everyTarget())
	if !report.Empty() {
		t.Fatalf("what Marshal wrote was refused:\n%s\n%s", out, report.Render())
	}
	if diff := cmp.Diff(cluster, again); diff != "" {
		t.Errorf("the round trip changed the config (-before +after):\n%s", diff)
	}
}

func TestReports_CanBeReadInEightyColumns(t *testing.T) {
	names, err := filepath.Glob("testdata/*.report")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob("testdata/targets/*.report")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(names, more...) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(text), "\n") {
			// A command or an address to paste is not broken.
			if utf8.RuneCountInString(line) > 80 && !strings.Contains(line, "'") && !strings.Contains(line, "https://") {
				t.Errorf("%s:%d has more than 80 columns:\n%s", name, i+1, line)
			}
		}
	}
}

// told checks what must hold for every problem of every report.
func told(t *testing.T, data []byte, report *diag.Report) {
	t.Helper()
	lines := strings.Count(string(data), "\n") + 1
	for _, p := range report.Problems {
		if p.Message == "" || p.Fix == "" || p.Position.Line < 1 || p.Position.Line > lines || p.Position.Column < 1 {
			t.Errorf("a problem lacks its message, its fix, or its place in a file of %d lines: %+v", lines, p)
		}
	}
}

func TestLoad_TellsPlaceAndFixOfEveryProblem(t *testing.T) {
	for _, pattern := range []string{"testdata/invalid-*", "testdata/targets/invalid-*"} {
		for name, data := range fixturesOf(t, pattern) {
			t.Run(filepath.Base(name), func(t *testing.T) {
				_, report := config.Load(name, data, everyTarget())
				told(t, data, report)
			})
		}
	}
}
