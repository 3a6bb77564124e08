package cli

import (
	"slices"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diagram/timeline"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
)

// flight is what the engine works on at one moment.
type flight struct {
	report phase.Reporter
	// doing are the resources, the oldest first, and what happens to each.
	doing []doing
}

type doing struct{ what, op string }

// sink turns the engine's events into progress.
func sink(report phase.Reporter) func(engine.Event) {
	f := &flight{report: report}
	if r, ok := report.(*timeline.Recorder); ok {
		return recordOperations(r, f.take)
	}
	return f.take
}

func (f *flight) take(e engine.Event) {
	if e.Kind == engine.Message {
		f.report.Note("%s", e.Message)
		return
	}
	if _, changes := signs()[e.Op]; !changes && e.Kind != engine.Failed {
		return
	}
	this := doing{resourceName(e.Type, e.Name), e.Op}
	if e.Kind == engine.Started {
		f.doing = append(f.doing, this)
		f.wait()
		return
	}
	f.doing = slices.DeleteFunc(f.doing, func(d doing) bool { return d == this })
	if e.Kind == engine.Failed {
		f.report.Note("could not %s %s: %s", e.Op, this.what, e.Err)
	} else {
		f.report.Note("%sd %s", e.Op, this.what)
	}
	f.wait()
}

// wait names what has been worked on for longest, or nothing.
func (f *flight) wait() {
	if len(f.doing) == 0 {
		f.report.Wait("", "")
		return
	}
	d := f.doing[0]
	f.report.Wait(d.what, "to be "+d.op+"d")
}
