package suite

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// small has one of everything; large is spread over zones.
var (
	small = shape{controlPlanes: 1, pools: 1, narrow: true}
	large = shape{controlPlanes: 3, pools: 3, spread: true}
)

// previews asks of each combination whether anything is refused.
func (s *suite) previews(t *testing.T) {
	b := s.open(t)
	for _, of := range every() {
		t.Run(of.String(), func(t *testing.T) {
			b.clear()
			b.prepare(t, of)
			changes, err := b.Preview(t.Context(), b.program(t, of), b.sink(nil))
			if err != nil || changes.Create == 0 || changes != (engine.Changes{Create: changes.Create}) {
				t.Errorf("the preview says %+v, error %v", changes, err)
			}
		})
	}
}

// shapes brings up combinations, finds nothing to change at the second run,
// and takes them down again.
func (s *suite) shapes(t *testing.T) {
	b := s.open(t)
	for _, of := range pairs() {
		t.Run(of.String(), func(t *testing.T) {
			b.clear()
			b.prepare(t, of)
			before := b.cloud.Objects()
			made, _ := b.up(t, of)
			if made.Create < len(b.cloud.Objects())-len(before) || made != (engine.Changes{Create: made.Create}) {
				t.Errorf("creating changed %+v", made)
			}
			b.recorded(t, before)
			if again, events := b.up(t, of); again != (engine.Changes{Same: made.Create}) {
				t.Errorf("the second run changed %+v: %v", again, events)
			}
			s.properties(t, of, b.cloud.Objects())
			s.outputs(t, b, of)
			if gone := b.destroy(t, before); gone != (engine.Changes{Delete: made.Create}) {
				t.Errorf("destroying changed %+v, %d were made", gone, made.Create)
			}
		})
	}
}

// names brings up a cluster whose name, and whose pools' names, are as long as
// the config lets them be: no name made of them is too long for the cloud.
func (s *suite) names(t *testing.T) {
	b := s.open(t)
	of := shape{controlPlanes: 1, pools: 2, narrow: true}.with(func(d document) {
		d["metadata"] = document{"name": strings.Repeat("c", longestName)}
		for n := range 2 {
			pool(d, n)["name"] = strings.Repeat("p", longestPoolName-1) + fmt.Sprint(n)
		}
	})
	b.up(t, of)
	b.recorded(t, nil)
	b.destroy(t, nil)
}

// clear takes away what an earlier shape had prepared.
func (b *bench) clear() {
	for _, o := range b.cloud.Objects() {
		b.cloud.Remove(o.Type, o.Name)
	}
}

// drift changes an object of every type behind the engine's back, and takes
// one away.
func (s *suite) drift(t *testing.T) {
	b := s.open(t)
	made, _ := b.up(t, small)
	if refreshed := b.refresh(t); refreshed != (engine.Changes{Same: made.Create}) {
		t.Errorf("a refresh of what nobody touched changed %+v", refreshed)
	}
	types := firsts(b.cloud.Objects())
	t.Run("Changed", func(t *testing.T) {
		drifted := 0
		for _, object := range types {
			if key, value, ok := s.drifted(b.cloud, object); ok {
				b.cloud.Drift(object.Type, object.Name, key, value)
				drifted++
			}
		}
		if drifted < len(types)/2 {
			t.Fatalf("only %d of %d types could drift", drifted, len(types))
		}
		if found := b.refresh(t); found.Update != drifted {
			t.Errorf("%d objects were changed, the refresh found %+v", drifted, found)
		}
		if mended, events := b.up(t, small); mended.Update != drifted || mended.Create+mended.Replace+mended.Delete > 0 {
			t.Errorf("%d objects were changed, mending did %+v: %v", drifted, mended, events)
		}
	})
	t.Run("Removed", func(t *testing.T) {
		before := len(b.cloud.Objects())
		for _, object := range types {
			b.cloud.Remove(object.Type, object.Name)
		}
		if found := b.refresh(t); found.Delete != len(types) {
			t.Errorf("%d objects were removed, the refresh found %+v", len(types), found)
		}
		b.up(t, small)
		if after := len(b.cloud.Objects()); after != before {
			t.Errorf("there are %d objects where %d were", after, before)
		}
		b.recorded(t, nil)
	})
	if again, events := b.up(t, small); again != (engine.Changes{Same: made.Create}) {
		t.Errorf("once mended, a run changed %+v: %v", again, events)
	}
	b.destroy(t, nil)
}

// firsts are one object of each type.
func firsts(objects []targettest.Object) []targettest.Object {
	var out []targettest.Object
	for _, o := range objects {
		if len(out) == 0 || out[len(out)-1].Type != o.Type {
			out = append(out, o)
		}
	}
	return out
}

// drifted is another value for an input that can be changed in place.
func (s *suite) drifted(cloud *targettest.Cloud, object targettest.Object) (key string, value resource.PropertyValue, ok bool) {
	for _, k := range object.Inputs.StableKeys() {
		if len(k) > 1 && k[:2] == "__" || cloud.Fixed(object.Type, string(k)) {
			continue
		}
		if other, can := another(object.Inputs[k]); can {
			return string(k), other, true
		}
	}
	return "", resource.PropertyValue{}, false
}

func another(v resource.PropertyValue) (resource.PropertyValue, bool) {
	switch {
	case v.IsString():
		return resource.NewProperty(v.StringValue() + "-drifted"), true
	case v.IsNumber():
		return resource.NewProperty(v.NumberValue() + 1), true
	case v.IsBool():
		return resource.NewProperty(!v.BoolValue()), true
	case v.IsObject():
		for _, k := range v.ObjectValue().StableKeys() {
			if other, can := another(v.ObjectValue()[k]); can {
				copied := v.ObjectValue().Copy()
				copied[k] = other
				return resource.NewProperty(copied), true
			}
		}
	}
	return v, false
}

// faults lets the making of each type fail once, and the deleting of those that
// hold something: machines, groups and disks.
func (s *suite) faults(t *testing.T) {
	b := s.open(t)
	made, _ := b.up(t, small)
	types := firsts(b.cloud.Objects())
	b.destroy(t, nil)
	broken := errors.New("quota exceeded")
	for _, object := range types {
		t.Run(object.Type, func(t *testing.T) {
			b.cloud.Fail(targettest.Create, object.Type, object.Name, broken)
			_, err := b.Up(t.Context(), b.program(t, small), b.sink(nil))
			var problem *engine.ResourceError
			if !errors.As(err, &problem) || problem.Type != object.Type || problem.Name != object.Name {
				t.Fatalf("the error names no %s %q: %v", object.Type, object.Name, err)
			}
			b.recorded(t, nil)
			b.cloud.Fail(targettest.Create, object.Type, object.Name, nil)
			if resumed, _ := b.up(t, small); resumed.Create+resumed.Same != made.Create || resumed.Update+resumed.Replace+resumed.Delete > 0 {
				t.Errorf("resuming did %+v; %d are to be", resumed, made.Create)
			}
			b.recorded(t, nil)
			if slices.Contains([]string{s.Machine, s.Group, s.Disk}, object.Type) {
				b.stuck(t, object)
			}
			b.destroy(t, nil)
		})
	}
}

// stuck lets the deleting of an object fail: it, and what it stands on, is
// still there and still recorded.
func (b *bench) stuck(t *testing.T, object targettest.Object) {
	t.Helper()
	b.cloud.Fail(targettest.Delete, object.Type, object.Name, errors.New("in use"))
	if _, err := b.Destroy(t.Context(), b.sink(nil)); err == nil {
		t.Error("a destroy that failed was called a success")
	}
	if b.cloud.Find(object.Type, object.Name) == nil {
		t.Error("what could not be deleted is gone")
	}
	b.recorded(t, nil)
	b.cloud.Fail(targettest.Delete, object.Type, object.Name, nil)
}
