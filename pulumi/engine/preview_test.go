package engine_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

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

func TestPreview_TellsBothValuesOfWhatChangesAndNoSecret(t *testing.T) {
	b := newBench(t)
	b.up(t, enginetest.Things{"a": {Value: "old", Secret: secret, Shape: "round"}, "b": {Value: "old"}})
	program := enginetest.Things{"a": {Value: "new", Secret: secret + "!", Shape: "square"}, "b": {Value: "old"}}.Program()
	wanted := []engine.Change{{Path: "secret", Old: engine.Redacted, New: engine.Redacted}, {Path: "shape", Old: "round", New: "square"}, {Path: "value", Old: "old", New: "new"}}
	for _, preview := range []func(context.Context, pulumi.RunFunc, func(engine.Event)) (engine.Changes, error){b.Preview, b.PreviewLive} {
		var found []engine.Change
		_, err := preview(t.Context(), program, func(e engine.Event) {
			for _, c := range e.Changes {
				if strings.Contains(c.Old+c.New, secret) {
					t.Errorf("an event tells a secret: %+v", e)
				}
			}
			if e.Kind == engine.Started && e.Op == "replace" {
				found = append(found, e.Changes...)
			}
		})
		if err != nil || !slices.Equal(found, wanted) {
			t.Errorf("got %q and %v, want %q", found, err, wanted)
		}
	}
}

func TestPreviewLive_TellsWhatSomebodyElseMadeOfAValue(t *testing.T) {
	b := newBench(t)
	things := enginetest.Things{"a": {Value: "ours"}}
	b.up(t, things)
	b.world.Put("a", enginetest.Thing{Value: "theirs"})
	var found []engine.Change
	_, err := b.PreviewLive(t.Context(), things.Program(), func(e engine.Event) {
		if e.Kind == engine.Started && e.Op == "update" {
			found = append(found, e.Changes...)
		}
	})
	if wanted := []engine.Change{{Path: "value", Old: "theirs", New: "ours"}}; err != nil || !slices.Equal(found, wanted) {
		t.Errorf("got %q and %v, want %q", found, err, wanted)
	}
}
