package suite

import (
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/render"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// rendered demands that a render of the config, with what is recorded of the
// cluster, is what was made: the same resources with the same inputs, and for
// each kind of host the same bundle and so the same digest. A preview of nodes
// and 'render --diff cluster' go by that.
func (s *suite) rendered(t *testing.T) {
	b := s.open(t)
	of := shape{controlPlanes: 3, pools: 2}
	b.up(t, of)
	stack, err := b.Records(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var records []render.Record
	for _, r := range stack {
		records = append(records, render.Record{Type: r.Type, Name: r.Name, ID: r.ID, DependsOn: r.DependsOn, Inputs: r.Inputs, Outputs: r.Outputs})
	}
	in := target.Inputs{Cluster: s.load(t, of), BootstrapImage: b.image}
	there, err := render.Existing(s.Target, in, records, render.Options{})
	if err != nil {
		t.Fatal(err)
	}
	wanted, err := render.Cluster(s.Target, in, render.Options{Recorded: render.Recall(records), Existing: there.Nodes})
	if err != nil {
		t.Fatal(err)
	}
	if len(there.Nodes) != 1+of.pools || len(wanted.Nodes) != len(there.Nodes) {
		t.Fatalf("%d kinds of nodes were made and %d are wanted, want %d", len(there.Nodes), len(wanted.Nodes), 1+of.pools)
	}
	for name, n := range wanted.Nodes {
		if n.Digest == "" || there.Nodes[name].Digest != n.Digest {
			t.Errorf("rendered, %s has the digest %q, and was made with %q", name, n.Digest, there.Nodes[name].Digest)
		}
	}
	render.Drop(wanted.Files, render.AddonsDir)
	var differences strings.Builder
	if err := render.Compare(there.Files, wanted.Files).Print(&differences); err != nil || differences.Len() > 0 {
		t.Errorf("rendered, the config differs from what was made of it: %v\n%s", err, differences.String())
	}
	b.destroy(t, nil)
}
