package suite

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// graphs compares what depends on what with the golden files, in which a
// reader sees the cloud at a glance.
func (s *suite) graphs(t *testing.T) {
	b := s.open(t)
	for _, of := range []shape{
		{controlPlanes: 1, pools: 1},
		{controlPlanes: 3, pools: 2, spread: true},
		{controlPlanes: 3, pools: 1, spread: true, existing: true, private: true},
	} {
		t.Run(of.String(), func(t *testing.T) {
			b.clear()
			b.prepare(t, of)
			before := b.cloud.Objects()
			b.up(t, of)
			golden(t, s.Update, filepath.Join("testdata", "graph-"+of.String()+".golden"), b.graph(t))
			b.destroy(t, before)
		})
	}
}

// recordedResource is what the state says of one resource.
type recordedResource struct {
	URN          string   `json:"urn"`
	Type         string   `json:"type"`
	Dependencies []string `json:"dependencies"`
}

// graph is the state as text: each resource, and below it those it needs.
func (b *bench) graph(t *testing.T) []byte {
	t.Helper()
	var state struct {
		Checkpoint struct {
			Latest struct {
				Resources []recordedResource `json:"resources"`
			} `json:"latest"`
		} `json:"checkpoint"`
	}
	path := filepath.Join(b.folder, "state", ".pulumi", "stacks", "kubernetes-anywhere", clusterName+".json")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &state); err != nil {
		t.Fatal(err)
	}
	return drawn(state.Checkpoint.Latest.Resources)
}

// drawn writes a graph, sorted.
func drawn(resources []recordedResource) []byte {
	var parts []string
	for _, r := range resources {
		if strings.HasPrefix(r.Type, "pulumi:") {
			continue
		}
		lines := []string{called(r.URN)}
		for _, needed := range r.Dependencies {
			lines = append(lines, "    needs "+called(needed))
		}
		slices.Sort(lines[1:])
		parts = append(parts, strings.Join(slices.Compact(lines), "\n")+"\n")
	}
	slices.Sort(parts)
	return []byte(strings.Join(parts, ""))
}

// called is a resource by the end of its type and its name.
func called(urn string) string {
	parts := strings.Split(urn, "::")
	kind := parts[len(parts)-2]
	return fmt.Sprintf("%s %s", kind[strings.LastIndexAny(kind, ":")+1:], parts[len(parts)-1])
}

// golden compares with a file, or writes it when the tests run with -update.
func golden(t *testing.T, update bool, path string, got []byte) {
	t.Helper()
	if update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run the test with -update to write it", err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; look at it, and run the test with -update if that is meant. Got:\n%s", path, got)
	}
}
