package suite

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
)

// clusterName is the cluster's in all runs.
const clusterName = "demo"

// As long as names can be; see internal/config.
const (
	longestName     = 32
	longestPoolName = 20
)

// poolNames are those of pools, in order. None is part of another name.
var poolNames = [...]string{"alpha", "bravo", "charlie"}

// shape is a config in a few words.
type shape struct {
	controlPlanes, pools int
	existing, private    bool
	arch                 string
	// spread puts machines into all zones; narrow puts the whole cluster into
	// one.
	spread, narrow bool
	// count is that of every pool; 2 where it is zero.
	count int
	// edit changes the document at last; may be nil.
	edit func(document)
}

// document is a config file.
type document = map[string]any

func (s shape) String() string {
	parts := []string{fmt.Sprintf("%dcp", s.controlPlanes), fmt.Sprintf("%dpools", s.pools)}
	if s.arch != "" {
		parts = append(parts, s.arch)
	}
	if s.existing {
		parts = append(parts, "existing")
	}
	if s.private {
		parts = append(parts, "private")
	}
	return strings.Join(parts, "-")
}

// with is the shape with a change of its document.
func (s shape) with(edit func(document)) shape {
	s.edit = edit
	return s
}

// every is each combination that must work.
func every() []shape {
	var all []shape
	for _, controlPlanes := range []int{1, 3} {
		for _, pools := range []int{0, 1, 3} {
			for _, existing := range []bool{false, true} {
				for _, private := range []bool{false, true} {
					for _, arch := range []string{"amd64", "arm64"} {
						all = append(all, shape{
							controlPlanes: controlPlanes, pools: pools, existing: existing,
							private: private, arch: arch, spread: controlPlanes > 1,
						})
					}
				}
			}
		}
	}
	return all
}

// pairs are the combinations that hold every pair of two choices once, whose
// whole life is gone through; all others are only previewed.
func pairs() []shape {
	row := func(controlPlanes, pools int, existing, private bool, arch string) shape {
		return shape{controlPlanes: controlPlanes, pools: pools, existing: existing, private: private, arch: arch, spread: controlPlanes > 1}
	}
	return []shape{
		row(1, 0, false, false, "amd64"),
		row(3, 0, true, true, "arm64"),
		row(1, 1, true, false, "arm64"),
		row(3, 1, false, true, "amd64"),
		row(1, 3, true, true, "amd64"),
		row(3, 3, false, false, "arm64"),
		row(1, 1, false, true, "arm64"),
		row(3, 1, true, false, "amd64"),
	}
}

// document writes the config of a shape.
func (s *suite) document(t *testing.T, of shape) []byte {
	t.Helper()
	block := maps.Clone(s.Block)
	if of.existing {
		maps.Copy(block, s.Existing)
	}
	if of.private {
		block["access"] = document{"privateEndpoint": true}
	}
	if of.narrow {
		block["zones"] = s.Zones[:1]
	}
	machine := document{}
	if of.arch != "" {
		machine["arch"] = of.arch
	}
	if of.spread {
		machine["zones"] = s.Zones
	}
	if of.count == 0 {
		of.count = 2
	}
	pools := []document{}
	for _, name := range poolNames[:of.pools] {
		pools = append(pools, document{"name": name, "count": of.count, "machine": maps.Clone(machine)})
	}
	whole := document{
		"apiVersion": "kubernetes-anywhere.io/v1alpha1", "kind": "Cluster",
		"metadata": document{"name": clusterName},
		"spec": document{
			"target":        s.Target.Name(),
			"controlPlane":  document{"count": of.controlPlanes, "machine": maps.Clone(machine)},
			"pools":         pools,
			s.Target.Name(): block,
		},
	}
	if of.edit != nil {
		of.edit(whole)
	}
	data, err := json.MarshalIndent(whole, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// spec is the spec of a document.
func spec(d document) document { return d["spec"].(document) }

// pool is the nth pool of a document, counted from 0.
func pool(d document, n int) document { return spec(d)["pools"].([]document)[n] }
