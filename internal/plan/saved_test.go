package plan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/plan"
)

func written(t *testing.T) (plan.Saved, string) {
	t.Helper()
	s := plan.Saved{
		APIVersion: "v1", Program: "v0.1.0", Made: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC),
		Config: json.RawMessage("{\n  \"name\": \"<demo> & more\"\n}\n"),
		World:  plan.World{Recorded: map[string]string{"urn:pulumi:a::b::local:index:Host::a-workers-1": "1"}, Images: "i", Addons: "x"},
		Plan:   example(),
	}
	path := filepath.Join(t.TempDir(), "demo.plan")
	if err := s.Write(path); err != nil {
		t.Fatal(err)
	}
	return s, path
}

func TestSaved_IsReadAsItWasWrittenByItsOwnerOnly(t *testing.T) {
	s, path := written(t)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	got, err := plan.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	var config struct{ Name string }
	if err := json.Unmarshal(got.Config, &config); err != nil || config.Name != "<demo> & more" {
		t.Errorf("the config is %s", got.Config)
	}
	if moved := got.Moved(s.World, s.Plan); len(moved) > 0 {
		t.Errorf("nothing has moved, and yet %q", moved)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("beside the plan there is %v, %v", entries, err)
	}
}

func TestRead_RefusesWhatIsNotAsItWasWritten(t *testing.T) {
	_, path := written(t)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, edited := range map[string][]byte{
		"another value":  bytes.Replace(data, []byte("demo-workers-1"), []byte("demo-workers-2"), 1),
		"another config": bytes.Replace(data, []byte("more"), []byte("less"), 1),
		"another field":  bytes.Replace(data, []byte(`"program"`), []byte(`"extra": 1, "program"`), 1),
		"cut off":        data[:len(data)/2],
		"no plan":        []byte(`{"digest": ""}`),
		"nothing":        nil,
	} {
		if err := os.WriteFile(path, edited, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := plan.Read(path); !errors.Is(err, plan.ErrEdited) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.WriteFile(path, []byte(`{"kind": "Cluster"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := plan.Read(path); err == nil || !strings.Contains(err.Error(), "it is a Cluster") {
		t.Errorf("a config is taken for a plan: %v", err)
	}
}

func TestMoved_NamesItemByItemWhatIsOtherwise(t *testing.T) {
	s, _ := written(t)
	now := example()
	now.Resources = now.Resources[1:]
	now.Resources = append(now.Resources, plan.Resource{Op: plan.Create, Type: "local:index:Network", Name: "demo"})
	now.Nodes[0].Means = "rolling replacement"
	now.Addons = now.Addons[:1]
	now.AddonsUnknown = "no route"
	const host = "urn:pulumi:a::b::local:index:Host::a-workers-"
	got := s.Moved(plan.World{Recorded: map[string]string{host + "1": "2", host + "2": "1"}, Images: "j", Addons: "x"}, now)
	want := []string{
		"host a-workers-1 was changed since",
		"host a-workers-2 was made since",
		`the images were "i" and are "j"`,
		"host demo-control-plane-1: the plan has replace for cidr, and now it would be nothing",
		"network demo: the plan has nothing, and now it would be create",
		"node config of control-plane: the plan has update (replacement), and now it would be update (rolling replacement)",
		"ConfigMap kube-system/x: the plan has conflict, and now it would be nothing",
		"addons: the plan has nothing, and now it would be unknown",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := s.World.MovedState(nil); !slices.Equal(got, []string{"host a-workers-1 was deleted since"}) {
		t.Errorf("of a state that is gone: %q", got)
	}
}

// Values are for reading: what they come from is compared by digests, and one
// that a cloud tells in another way each time moves nothing.
func TestMoved_GoesByPropertiesAndNotByTheirValues(t *testing.T) {
	s, path := written(t)
	s.Plan.Resources[0].Changes = []plan.Change{plan.ChangeOf("cidr", "10.0.0.0/24", "<later>")}
	if err := s.Write(path); err != nil {
		t.Fatal(err)
	}
	read, err := plan.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(read.Plan.Resources[0].Changes, s.Plan.Resources[0].Changes) {
		t.Errorf("read %+v", read.Plan.Resources[0])
	}
	now := example()
	now.Resources[0].Changes = []plan.Change{plan.ChangeOf("cidr", "10.0.0.0/25", "10.1.0.0/24")}
	if got := read.Moved(s.World, now); len(got) > 0 {
		t.Errorf("it moved: %q", got)
	}
}
