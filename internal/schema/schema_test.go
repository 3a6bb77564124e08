package schema_test

import (
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/schema"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/targets"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// every is the schema of all targets that the plugin has.
func every() *schema.Schema { return schema.Of(targets.Blocks()) }

// linked are all targets that the plugin has.
func linked() map[string]target.Target {
	all := map[string]target.Target{}
	for _, t := range targets.All() {
		all[t.Name()] = t
	}
	return all
}

func TestOf_DescribesEveryFieldOnce(t *testing.T) {
	seen := map[string]bool{}
	for f := range every().All() {
		if seen[f.Path] {
			t.Errorf("%q is there twice", f.Path)
		}
		seen[f.Path] = true
		if f.Name != "" && f.Doc == "" {
			t.Errorf("%q has no description", f.Path)
		}
	}
	if len(seen) < 100 {
		t.Errorf("there are only %d fields", len(seen))
	}
}

func TestFind_TakesPositionsAndKeys(t *testing.T) {
	s := every()
	for path, want := range map[string]schema.Type{
		"":                            schema.Object,
		"spec.network.podCIDR":        schema.String,
		"spec.pools":                  schema.List,
		"spec.pools[3].count":         schema.Integer,
		`spec.pools[0].labels["a.b"]`: schema.String,
		"spec.baremetal.jump.port":    schema.Integer,
		"spec.gcp.access.apiCIDRs[]":  schema.String,
	} {
		if f := s.Find(path); f == nil || f.Type != want {
			t.Errorf("Find(%q) = %+v, want a %s", path, f, want)
		}
	}
	if f := s.Find("spec.nothing"); f != nil {
		t.Errorf("found %+v", f)
	}
}

func TestOf_ReadsDefaultsFromWhatConfigsBecome(t *testing.T) {
	s := every()
	if value, same := s.Find("spec.network.podCIDR").Default(); !same || value != config.DefaultPodCIDR {
		t.Errorf("the default of podCIDR is %v (%v)", value, same)
	}
	if _, same := s.Find("spec.controlPlane.machine.type").Default(); same {
		t.Error("all targets have the same machine type")
	}
	if words := s.Find("spec.controlPlane.etcdDiskGB").DefaultWords; words != "20 (on targets that make machines)" {
		t.Errorf("the words are %q", words)
	}
}
