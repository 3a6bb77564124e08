package wizard

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/schema"
)

// local is a target that needs nothing and whose hosts are no machines.
type local struct {
	Port int `json:"port,omitempty" example:"6443"`
}

func (b *local) Default(*config.Cluster) {
	if b.Port == 0 {
		b.Port = 6443
	}
}

func (b *local) Validate(c *config.Cluster) []config.FieldProblem {
	var out []config.FieldProblem
	for _, path := range c.OfMachines() {
		out = append(out, config.FieldProblem{Message: path + " is set", Fix: "remove it"})
	}
	if c.NodeCount() > 9 {
		out = append(out, config.FieldProblem{Message: "more than 9 nodes do not fit", Fix: "write fewer"})
	}
	return out
}

// cloud is a target with a field that must be written, values that depend on
// another, and hosts in a list.
type cloud struct {
	Hosts   []host   `json:"hosts,omitempty"`
	Region  string   `json:"region,omitempty"`
	Zones   []string `json:"zones,omitempty"`
	Project string   `json:"project" required:"true" example:"my-project"`
	Key     string   `json:"key,omitempty" example:"~/.ssh/id"`
	Access  access   `json:"access,omitzero"`
}

type host struct {
	Address string `json:"address" required:"true" example:"192.0.2.1"`
	Spare   bool   `json:"spare,omitempty"`
}

type access struct {
	APICIDRs []string `json:"apiCIDRs,omitempty"`
	Private  bool     `json:"private,omitempty"`
}

func (b *cloud) Default(c *config.Cluster) {
	if b.Region == "" {
		b.Region = "north"
	}
	if b.Zones == nil {
		b.Zones = []string{b.Region + "-a", b.Region + "-b"}
	}
	if m := &c.Spec.ControlPlane.Machine; m.Type == "" {
		m.Type = "small"
	}
}

func (b *cloud) Validate(*config.Cluster) []config.FieldProblem {
	var out []config.FieldProblem
	for i, zone := range b.Zones {
		if !strings.HasPrefix(zone, b.Region+"-") {
			out = append(out, config.FieldProblem{Path: "zones[" + string(rune('0'+i)) + "]", Message: zone + " is not in " + b.Region, Fix: "write " + b.Region + "-a"})
		}
	}
	return out
}

func (b *cloud) Choices(*config.Cluster) map[string]config.Choices {
	return map[string]config.Choices{
		"spec.cloud.region":              {Values: []string{"north", "south"}, Open: true},
		"spec.cloud.zones[]":             {Values: []string{b.Region + "-a", b.Region + "-b", b.Region + "-c"}, Of: "spec.cloud.region"},
		"spec.controlPlane.machine.type": {Values: []string{"small", "large"}, Open: true},
	}
}

func blocks() Blocks {
	return Blocks{
		"local": func() config.Block { return &local{} },
		"cloud": func() config.Block { return &cloud{} },
	}
}

func fresh(t *testing.T) *Draft {
	t.Helper()
	d, err := New(".config.json", schema.Of(blocks()), blocks())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func open(t *testing.T, text string) *Draft {
	t.Helper()
	d, err := Open("c.yaml", []byte(text), schema.Of(blocks()), blocks())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// text is what would be written.
func text(t *testing.T, d *Draft) string {
	t.Helper()
	data, err := d.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// say answers the questions it meets, leaves all others as they are, and stops
// at one; it fails where an answer was not asked for.
func say(t *testing.T, w *Wizard, until string, answers ...string) {
	t.Helper()
	var met []string
	for range 99 {
		q := w.Question()
		met = append(met, q.ID)
		if q.ID == until && len(answers) == 0 || w.End() != Asking {
			if len(answers) > 0 {
				t.Fatalf("nobody asked about %q; asked was %q", answers, met)
			}
			return
		}
		answer := q.Value
		if len(answers) > 0 {
			if path, value, _ := strings.Cut(answers[0], "="); path == q.ID {
				answer, answers = value, answers[1:]
			}
		}
		if err := w.Answer(answer); err != nil {
			t.Fatalf("%s: %q is refused: %v", q.ID, answer, err)
		}
	}
	t.Fatalf("the question %q never came; asked was %q", until, slices.Compact(met))
}
