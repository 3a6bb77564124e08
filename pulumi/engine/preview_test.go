package engine_test

import (
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine/enginetest"
)

func TestPreviewLive_SeesWhatIsGoneAndRecordsNothing(t *testing.T) {
	b := newBench(t)
	program := linked("old")
	if _, err := b.Up(t.Context(), program, nil); err != nil {
		t.Fatal(err)
	}
	b.world.Remove("host-1")
	b.world.Forget()
	for range 2 {
		var made []string
		changes, err := b.PreviewLive(t.Context(), program, func(e engine.Event) {
			if e.Kind == engine.Started && e.Op == "create" {
				made = append(made, e.Name)
			}
		})
		if err != nil || changes.Create != 1 || changes.Delete+changes.Replace > 0 || len(made) != 1 || made[0] != "host-1" {
			t.Errorf("of what exists: %+v, %q, %v", changes, made, err)
		}
		if changes, err := b.Preview(t.Context(), program, nil); err != nil || changes.Any() {
			t.Errorf("of what is recorded: %+v, %v", changes, err)
		}
	}
	for _, call := range b.world.Calls() {
		if call.Op != enginetest.Read {
			t.Errorf("a preview did %v", call)
		}
	}
}
