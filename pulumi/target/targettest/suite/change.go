package suite

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
)

// pools changes, removes and adds a pool: whatever else there is stays as it
// is.
func (s *suite) pools(t *testing.T) {
	b := s.open(t)
	b.up(t, large)
	for _, step := range []struct {
		name    string
		of      shape
		pool    string
		allowed func(engine.Changes) bool
	}{
		{"MachineType", large.with(func(d document) { pool(d, 1)["machine"].(document)["type"] = s.OtherType }), poolNames[1],
			func(c engine.Changes) bool { return c.Update+c.Replace > 0 }},
		{"Back", large, poolNames[1], func(c engine.Changes) bool { return c.Update+c.Replace > 0 }},
		{"Labels", large.with(func(d document) { pool(d, 0)["labels"] = document{"tier": "front"} }), poolNames[0],
			func(c engine.Changes) bool { return c.Update+c.Replace > 0 }},
		{"BackAgain", large, poolNames[0], func(c engine.Changes) bool { return c.Update+c.Replace > 0 }},
		{"Removed", shape{controlPlanes: 3, pools: 2, spread: true}, poolNames[2], func(c engine.Changes) bool { return c.Delete > 0 && c.Create+c.Replace == 0 }},
		{"Added", large, poolNames[2], func(c engine.Changes) bool { return c.Create > 0 && c.Delete+c.Replace == 0 }},
	} {
		t.Run(step.name, func(t *testing.T) {
			foretold, err := b.Preview(t.Context(), b.program(t, step.of), b.sink(nil))
			if err != nil {
				t.Fatal(err)
			}
			changes, events := b.up(t, step.of)
			if !step.allowed(changes) {
				t.Errorf("it did %+v", changes)
			}
			if foretold != changes {
				t.Errorf("the preview said %+v and it did %+v", foretold, changes)
			}
			for _, e := range events {
				if !strings.Contains(e.Name, step.pool) {
					t.Errorf("pool %q was changed, and so was %s of %s %q (%v)", step.pool, e.Op, e.Type, e.Name, e.Diff)
				}
			}
			b.recorded(t, nil)
		})
	}
	b.destroy(t, nil)
}

// firstBoot changes what hosts run at first: machines of the control plane are
// replaced, the old one gone before the new one comes, and no disk of etcd is
// touched.
func (s *suite) firstBoot(t *testing.T) {
	b := s.open(t)
	of := shape{controlPlanes: 3, pools: 1, spread: true}
	b.up(t, of)
	for _, step := range []struct {
		name   string
		change func() shape
	}{
		{"BootstrapImage", func() shape { b.image = strings.Replace(bootstrapImage, "0123", "4567", 1); return of }},
		{"OperatingSystem", func() shape {
			return of.with(func(d document) { spec(d)[s.Target.Name()].(document)["os"] = target.Ubuntu })
		}},
	} {
		t.Run(step.name, func(t *testing.T) {
			b.cloud.Forget()
			_, events := b.up(t, step.change())
			for n := range of.controlPlanes {
				s.replaced(t, b.cloud.Calls(), target.ControlPlaneName(clusterName, n+1))
				s.untouched(t, b.cloud.Calls(), target.EtcdDiskName(clusterName, n+1))
			}
			if !slices.ContainsFunc(events, func(e engine.Event) bool { return strings.Contains(e.Name, poolNames[0]) }) {
				t.Errorf("nothing of the pool was changed: %v", events)
			}
			b.recorded(t, nil)
		})
	}
	b.destroy(t, nil)
}

// replaced demands that a machine was deleted and then made.
func (s *suite) replaced(t *testing.T, calls []targettest.Call, name string) {
	t.Helper()
	gone := slices.Index(calls, targettest.Call{Op: targettest.Delete, Type: s.Machine, Name: name})
	made := slices.Index(calls, targettest.Call{Op: targettest.Create, Type: s.Machine, Name: name})
	if gone < 0 || made < gone {
		t.Errorf("%s %q was deleted as call %d and made as call %d", s.Machine, name, gone, made)
	}
}

// untouched demands that a disk was only looked at.
func (s *suite) untouched(t *testing.T, calls []targettest.Call, name string) {
	t.Helper()
	for _, call := range calls {
		if call.Type == s.Disk && call.Name == name && call.Op != targettest.Read {
			t.Errorf("etcd's disk: %+v", call)
		}
	}
}

// sizes are the numbers by which a group says its size at the most: how many
// there are, the least and the most.
const sizes = 3

// scale makes a pool as large as it can be: one resource changes, by its size.
func (s *suite) scale(t *testing.T) {
	b := s.open(t)
	roomy := func(count int) shape {
		return shape{controlPlanes: 1, pools: 1, narrow: true, count: count, edit: func(d document) {
			spec(d)["network"] = document{"nodeCIDR": "10.240.0.0/16", "podCIDR": "10.0.0.0/11"}
		}}
	}
	made, _ := b.up(t, roomy(5))
	var events []engine.Event
	changes, err := b.Preview(t.Context(), b.program(t, roomy(s.MostNodes)), b.sink(&events))
	if err != nil {
		t.Fatal(err)
	}
	if changes != (engine.Changes{Update: 1, Same: made.Create - 1}) || len(events) != 1 || len(events[0].Diff) > sizes {
		t.Errorf("from 5 to %d nodes: %+v %v", s.MostNodes, changes, events)
	}
	if changes, events = b.up(t, roomy(s.MostNodes)); changes != (engine.Changes{Update: 1, Same: made.Create - 1}) || events[0].Type != s.Group {
		t.Errorf("from 5 to %d nodes: %+v %v", s.MostNodes, changes, events)
	}
	// Its size is kept from here on, so that it must be within the bounds.
	b.up(t, roomy(5))
	b.autoscaled(t, roomy(5))
	b.destroy(t, nil)
}

// autoscaled lets something else scale a pool: its size is not changed back.
func (b *bench) autoscaled(t *testing.T, of shape) {
	t.Helper()
	sized := func(count int) shape {
		scaled, edit := of, of.edit
		scaled.edit = func(d document) {
			edit(d)
			pool(d, 0)["count"], pool(d, 0)["min"], pool(d, 0)["max"] = count, 1, 100
		}
		return scaled
	}
	b.up(t, sized(5))
	if changes, events := b.up(t, sized(7)); changes.Any() {
		t.Errorf("the count of a pool that something else scales did %+v: %v", changes, fmt.Sprint(events))
	}
}
