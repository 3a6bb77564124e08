package images

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestStep_TellsOfACachedOutputOnce(t *testing.T) {
	var heard []Event
	b := &build{BuildOptions: BuildOptions{Log: func(e Event) { heard = append(heard, e) }}, of: 1}
	err := b.step(t.Context(), "building x", func(context.Context) (bool, error) { return true, nil })
	if err != nil || len(heard) != 1 || !heard[0].Done || !heard[0].Cached {
		t.Errorf("heard %v (%v), want one event that says it was in the cache", heard, err)
	}
}

func TestStep_TellsOfWorkBeforeItEnds(t *testing.T) {
	told := make(chan Event, 2)
	b := &build{BuildOptions: BuildOptions{Log: func(e Event) { told <- e }}, of: 1}
	failure := errors.New("broken")
	err := b.step(t.Context(), "building x", func(context.Context) (bool, error) {
		// The work goes on until its beginning is told.
		select {
		case e := <-told:
			if e.Done || e.Step != "building x" {
				t.Errorf("the first event is %+v", e)
			}
		case <-time.After(time.Minute):
			t.Error("nothing is told of work that lasts")
		}
		return false, failure
	})
	if !errors.Is(err, failure) || len(told) != 0 {
		t.Errorf("the step ends with %v and %d more events, want its error and none", err, len(told))
	}
}
