package complete_test

import (
	"slices"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/complete"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/schema"
)

type block struct {
	Region string `json:"region,omitempty"`
}

func (*block) Default(*config.Cluster)                        {}
func (*block) Validate(*config.Cluster) []config.FieldProblem { return nil }

func source(t *testing.T, document string) complete.Source {
	t.Helper()
	blocks := map[string]func() config.Block{
		"local": func() config.Block { return &block{} }, "sky": func() config.Block { return &block{} },
	}
	s := complete.Source{Schema: schema.Of(blocks), Names: true}
	if document != "" {
		d, err := config.ParseDocument("c", []byte(document))
		if err != nil {
			t.Fatal(err)
		}
		s.Document = d
	}
	return s
}

func texts(words []complete.Word) []string {
	var out []string
	for _, w := range words {
		out = append(out, w.Text)
	}
	return out
}

func TestPaths_GoOnOneStepAtATime(t *testing.T) {
	s := source(t, `{"spec": {"target": "sky", "pools": [{"name": "a"}, {}]}}`)
	for typed, want := range map[string][]string{
		"meta":                   {"metadata", "metadata."},
		"spec.sk":                {"spec.sky", "spec.sky."},
		"spec.loc":               nil, // the block of another target
		"spec.sky.":              {"spec.sky.region"},
		"spec.po":                {"spec.pools[a]", "spec.pools[a].", "spec.pools[1]", "spec.pools[1].", "spec.pools[2]", "spec.pools[2]."},
		"spec.pools[a].sp":       {"spec.pools[a].spot"},
		"spec.pools[1].machine.": {"spec.pools[1].machine.type", "spec.pools[1].machine.arch", "spec.pools[1].machine.diskGB", "spec.pools[1].machine.zones"},
		"nowhere.":               nil,
	} {
		if got := texts(s.Paths(typed)); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", typed, got, want)
		}
	}
}

func TestPaths_LeaveListsOpenWhereNothingIsNamed(t *testing.T) {
	s := source(t, "")
	s.Names = false
	for typed, want := range map[string][]string{
		"spec.po":                {"spec.pools", "spec.pools."},
		"spec.pools.sp":          {"spec.pools.spot"},
		"spec.pools.machine.ar":  {"spec.pools.machine.arch"},
		"spec.pools[].taints.ef": {"spec.pools[].taints.effect"},
	} {
		if got := texts(s.Paths(typed)); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", typed, got, want)
		}
	}
}

func TestAssignments_OfferTheValuesOfAField(t *testing.T) {
	s := source(t, "")
	for typed, want := range map[string][]string{
		"spec.target=":                      {"spec.target=local", "spec.target=sky"},
		"spec.controlPlane.count=":          {"spec.controlPlane.count=1", "spec.controlPlane.count=3", "spec.controlPlane.count=5"},
		"spec.pools[workers].spot=t":        {"spec.pools[workers].spot=true"},
		"spec.network.podCIDR=":             nil,
		"spec.network.l":                    {"spec.network.layer="},
		"spec.pools[0].taints[0].effect=No": {"spec.pools[0].taints[0].effect=NoSchedule", "spec.pools[0].taints[0].effect=NoExecute"},
	} {
		if got := texts(s.Assignments(typed)); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", typed, got, want)
		}
	}
}

func TestPools_AreTheConfigsOrTheDefault(t *testing.T) {
	if got := source(t, "").Pools(); !slices.Equal(got, []string{"workers"}) {
		t.Errorf("without a config: %q", got)
	}
	if got := source(t, `{"spec": {"pools": [{"name": "a"}, {"count": 1}, {"name": "b"}]}}`).Pools(); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("got %q", got)
	}
}
