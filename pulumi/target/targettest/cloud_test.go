package targettest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

const (
	box   = "toy:index:Box"
	thing = "toy:index:Thing"
)

func toys() *Cloud {
	id := func(name string, _ Properties) string { return "/" + name }
	return NewCloud(map[string]Kind{
		box: {ID: id, Holds: true, DeleteFirst: true, Replace: []string{"size"}, Immutable: []string{"lid.colour"},
			Refuse: func(_ string, in Properties) error {
				if in["size"].IsNumber() && in["size"].NumberValue() > 9 {
					return errors.New("no such size in stock")
				}
				return nil
			}},
		thing: {Replace: []string{"parts.kind"}, Outputs: func(o Object) Properties {
			return Properties{"serial": resource.NewProperty(float64(o.Serial))}
		}},
	})
}

func made(t *testing.T, c *Cloud, kind, name string, in map[string]any) Object {
	t.Helper()
	o, err := c.Have(kind, name, resource.NewPropertyMapFromMap(in))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestCloud_DeletesNothingThatIsInUse(t *testing.T) {
	c := toys()
	b := made(t, c, box, "b", nil)
	made(t, c, thing, "user", map[string]any{"in": b.ID})
	if err := c.remove(box, b.ID); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("got %v", err)
	}
	c.Remove(thing, "user")
	made(t, c, box, "b/within", map[string]any{"in": b.ID})
	if err := c.remove(box, b.ID); err != nil || len(c.Objects()) != 0 {
		t.Errorf("what it holds went not with it: %v, %v", err, c.Objects())
	}
}

func TestCloud_NamesWhatHasNoNameAnewAndRefusesASecondOfOneName(t *testing.T) {
	c := toys()
	made(t, c, box, "b", nil)
	if _, err := c.Have(box, "b", Properties{}); err == nil {
		t.Error("two boxes have one name")
	}
	first, second := made(t, c, thing, "x", nil), made(t, c, thing, "x", nil)
	if first.ID == second.ID || first.Outputs["serial"].DeepEquals(second.Outputs["serial"]) {
		t.Errorf("got %q and %q", first.ID, second.ID)
	}
}

func TestCloud_RefusesToChangeWhatIsFixed(t *testing.T) {
	c := toys()
	b := made(t, c, box, "b", map[string]any{"size": 1.0, "lid": map[string]any{"colour": "red", "on": true}})
	other := resource.NewPropertyMapFromMap(map[string]any{"size": 1.0, "lid": map[string]any{"colour": "blue", "on": true}})
	if _, err := c.update(box, b.ID, other); err == nil || !strings.Contains(err.Error(), "lid.colour") {
		t.Errorf("got %v", err)
	}
	other = resource.NewPropertyMapFromMap(map[string]any{"size": 1.0, "lid": map[string]any{"colour": "red", "on": false}})
	if _, err := c.update(box, b.ID, other); err != nil {
		t.Error(err)
	}
	if !c.Fixed(box, "lid.colour") || !c.Fixed(box, "size") || c.Fixed(box, "lid.on") {
		t.Error("it does not know what is fixed")
	}
}

func request(kind, name string) string {
	return string(urn.New("stack", "project", "", tokens.Type(kind), name))
}

func differs(t *testing.T, c *Cloud, kind string, was, wanted map[string]any) *pulumirpc.DiffResponse {
	t.Helper()
	old, err := marshal(resource.NewPropertyMapFromMap(was))
	if err != nil {
		t.Fatal(err)
	}
	news, err := marshal(resource.NewPropertyMapFromMap(wanted))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := (&server{cloud: c}).Diff(t.Context(), &pulumirpc.DiffRequest{Urn: request(kind, "x"), OldInputs: old, News: news})
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestDiff_ReplacesAsThePublishedProviderDoes(t *testing.T) {
	parts := func(kind string, n float64) map[string]any {
		return map[string]any{"name": "x", "parts": []any{map[string]any{"kind": kind, "n": n}}}
	}
	answer := differs(t, toys(), thing, parts("a", 1), parts("a", 2))
	if len(answer.GetReplaces()) != 0 || !slices.Equal(answer.GetDiffs(), []string{"parts[0].n"}) {
		t.Errorf("got %v", answer)
	}
	answer = differs(t, toys(), thing, parts("a", 1), parts("b", 1))
	if !slices.Equal(answer.GetReplaces(), []string{"parts[0].kind"}) || !answer.GetDeleteBeforeReplace() {
		t.Errorf("a thing whose name stays: %v", answer)
	}
	unnamed, other := parts("a", 1), parts("b", 1)
	delete(unnamed, "name")
	delete(other, "name")
	if answer = differs(t, toys(), thing, unnamed, other); len(answer.GetReplaces()) == 0 || answer.GetDeleteBeforeReplace() {
		t.Errorf("a thing without a name: %v", answer)
	}
	if answer = differs(t, toys(), box, map[string]any{"size": 1.0}, map[string]any{"size": 2.0}); !answer.GetDeleteBeforeReplace() {
		t.Errorf("a box: %v", answer)
	}
	if answer = differs(t, toys(), box, map[string]any{"size": 1.0}, map[string]any{"size": 1.0}); answer.GetChanges() != pulumirpc.DiffResponse_DIFF_NONE {
		t.Errorf("the same box: %v", answer)
	}
}

func TestCreate_AsksTheCloudButNotInAPreview(t *testing.T) {
	properties, err := marshal(resource.NewPropertyMapFromMap(map[string]any{"size": 10.0}))
	if err != nil {
		t.Fatal(err)
	}
	s := &server{cloud: toys()}
	for preview, refused := range map[bool]bool{true: false, false: true} {
		_, err := s.Create(t.Context(), &pulumirpc.CreateRequest{Urn: request(box, "b"), Properties: properties, Preview: preview})
		if (err != nil) != refused {
			t.Errorf("in a preview (%v): %v", preview, err)
		}
	}
	if len(s.cloud.Objects()) != 0 {
		t.Error("something was made")
	}
}
