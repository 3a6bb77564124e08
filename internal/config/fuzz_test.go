package config_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
)

// seeds are the fixtures, valid and not, by the ends of their names.
func seeds(f *testing.F) {
	f.Helper()
	for _, pattern := range []string{"testdata/*", "testdata/targets/*"} {
		for name, data := range fixturesOf(f, pattern) {
			if len(data) < 4096 {
				f.Add(filepath.Ext(name), data)
			}
		}
	}
}

// slowest is more than any document of a fuzzer's size takes, on a machine
// that is busy.
const slowest = 10 * time.Second

func FuzzLoad(f *testing.F) {
	seeds(f)
	blocks := everyTarget()
	f.Fuzz(func(t *testing.T, ext string, data []byte) {
		start := time.Now()
		name := "c" + ext
		cluster, report := config.Load(name, data, blocks)
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
			readAgain(t, cluster)
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
	f.Fuzz(func(t *testing.T, ext string, data []byte) {
		name := "c" + ext
		document, err := config.ParseDocument(name, data)
		if err != nil {
			return
		}
		before, err := document.Bytes()
		if err != nil {
			return // cannot be written in its own language; nothing was changed
		}
		if _, err := config.ParseDocument(name, before); err != nil {
			t.Fatalf("what was written without a change cannot be read: %v\n%s", err, before)
		}
		const path = "spec.network.dnsDomain"
		if err := document.Set(path, "k8s.example.com"); err != nil {
			return // the document has something else there
		}
		after, err := document.Bytes()
		if err != nil {
			t.Fatalf("the changed document cannot be written: %v", err)
		}
		again, err := config.ParseDocument(name, after)
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
