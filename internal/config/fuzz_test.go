package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
)

// seeds are the fixtures, valid and not, and whether they are YAML.
func seeds(f *testing.F) {
	f.Helper()
	for _, pattern := range []string{"testdata/*", "testdata/targets/*"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range names {
			ext := filepath.Ext(name)
			if ext != ".json" && ext != ".yaml" {
				continue
			}
			data, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			if len(data) < 4096 {
				f.Add(ext == ".yaml", data)
			}
		}
	}
}

func fileName(isYAML bool) string {
	if isYAML {
		return "c.yaml"
	}
	return "c.json"
}

// slowest is more than any document of a fuzzer's size takes, on a machine
// that is busy.
const slowest = 10 * time.Second

func FuzzLoad(f *testing.F) {
	seeds(f)
	blocks := fakeBlocks()
	f.Fuzz(func(t *testing.T, isYAML bool, data []byte) {
		start := time.Now()
		name := fileName(isYAML)
		cluster, report := Load(name, data, blocks)
		if (cluster == nil) == report.Empty() {
			t.Fatalf("cluster %v with report %v", cluster, report)
		}
		drawn := report.Render(diag.Source{File: name, Text: data})
		for _, r := range drawn {
			if r < ' ' && r != '\n' {
				t.Errorf("the report has the control character %U:\n%q", r, drawn)
			}
		}
		told(t, data, report)
		if cluster != nil {
			fuzzAgain(t, cluster)
		}
		if took := time.Since(start); took > slowest {
			t.Errorf("took %s", took)
		}
	})
}

// FuzzDocument changes documents: what was valid stays so, and what was
// changed is read back.
func FuzzDocument(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, isYAML bool, data []byte) {
		name := fileName(isYAML)
		document, err := ParseDocument(name, data)
		if err != nil {
			return
		}
		before, err := document.Bytes()
		if err != nil {
			return // cannot be written in its own language; nothing was changed
		}
		if _, err := ParseDocument(name, before); err != nil {
			t.Fatalf("what was written without a change cannot be read: %v\n%s", err, before)
		}
		const path = "spec.network.dnsDomain"
		if err := document.Set(path, "k8s.example.com"); err != nil {
			return // the document has something else there
		}
		after, err := document.Bytes()
		if err != nil {
			return // it says so, and leaves the file alone
		}
		again, err := ParseDocument(name, after)
		if err != nil {
			t.Fatalf("the changed document cannot be read: %v\n%s", err, after)
		}
		if value, found, err := again.Get(path); err != nil || !found || value != "k8s.example.com" {
			t.Fatalf("set to k8s.example.com, read %v (%v, %v) from\n%s", value, found, err, after)
		}
		if err := again.Unset(path); err != nil {
			t.Fatalf("what was set cannot be taken out: %v", err)
		}
		if _, found, _ := again.Get(path); found {
			t.Error("what was taken out is there still")
		}
	})
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

// fuzzAgain has what loads marshal and load to the same.
func fuzzAgain(t *testing.T, cluster *Cluster) {
	t.Helper()
	out, err := Marshal(cluster)
	if err != nil {
		t.Fatal(err)
	}
	again, report := Load("again.json", out, fakeBlocks())
	if !report.Empty() {
		t.Fatalf("what Marshal wrote was refused:\n%s\n%s", out, report.Render())
	}
	// No labels and an empty list of them are the same; no pools are not.
	if (cluster.Spec.Pools == nil) != (again.Spec.Pools == nil) {
		t.Error("the round trip made a list of no pools one that is left out, or the other way round")
	}
	if diff := cmp.Diff(cluster, again, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("the round trip changed the config (-before +after):\n%s", diff)
	}
}
