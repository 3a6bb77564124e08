package engine_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine/enginetest"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// bench is a stack, its world and what was said about it.
type bench struct {
	*engine.Stack
	world   *enginetest.World
	folder  string
	options engine.Options

	mu      sync.Mutex
	notices []string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	return openBench(t, t.TempDir(), enginetest.NewWorld())
}

func openBench(t *testing.T, folder string, world *enginetest.World) *bench {
	t.Helper()
	b := &bench{world: world, folder: folder}
	b.options = engine.Options{
		Project: "kubernetes-anywhere", Stack: "blue",
		Backend:    engine.FolderURL(filepath.Join(folder, "state")),
		Home:       filepath.Join(folder, "home"),
		Passphrase: "open sesame",
		Providers:  map[string]engine.Provider{enginetest.Package: world.Provider},
		Notice: func(text string) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.notices = append(b.notices, text)
		},
	}
	b.reopen(t)
	return b
}

// reopen opens the stack anew, as the next run of the program does.
func (b *bench) reopen(t *testing.T) {
	t.Helper()
	stack, err := engine.Open(t.Context(), b.options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stack.Close() })
	b.Stack = stack
}

func (b *bench) said(parts ...string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.ContainsFunc(b.notices, func(notice string) bool {
		return !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(notice, part) })
	})
}

func (b *bench) up(t *testing.T, things enginetest.Things) engine.Changes {
	t.Helper()
	changes, err := b.Up(t.Context(), things.Program(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

func want(t *testing.T, what string, got, wanted any) {
	t.Helper()
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestUp_CreatesThenFindsTheSame(t *testing.T) {
	b := newBench(t)
	things := enginetest.Named("a", "b", "c")
	want(t, "first up", b.up(t, things), engine.Changes{Create: 3})
	want(t, "world", b.world.Names(), []string{"a", "b", "c"})
	b.reopen(t)
	want(t, "second up", b.up(t, things), engine.Changes{Same: 3})
	resources, err := b.Resources(t.Context())
	if err != nil || len(resources) != 3 {
		t.Fatalf("got resources %v, error %v; want 3", resources, err)
	}
	want(t, "a resource", resources[0].Type+" "+resources[0].Name+" "+resources[0].ID, enginetest.Type+" "+resources[0].Name+" "+resources[0].Name)
}

func TestUp_UpdatesAndDeletesWhatTheProgramChanged(t *testing.T) {
	b := newBench(t)
	b.up(t, enginetest.Named("a", "b", "c"))
	things := enginetest.Named("a", "b")
	things["a"] = enginetest.Thing{Value: "another"}
	var updated []string
	changes, err := b.Up(t.Context(), things.Program(), func(e engine.Event) {
		if e.Kind == engine.Started && e.Op == "update" {
			updated = append(updated, e.Name+" "+strings.Join(e.Diff, ","))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "changes", changes, engine.Changes{Update: 1, Delete: 1, Same: 1})
	want(t, "updates", updated, []string{"a value"})
	want(t, "world", b.world.Names(), []string{"a", "b"})
}

func TestRefresh_FindsWhatIsGoneAndUpMakesItAgain(t *testing.T) {
	b := newBench(t)
	things := enginetest.Named("a", "b")
	b.up(t, things)
	b.world.Remove("b")
	changes, err := b.Refresh(t.Context(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "refresh", changes, engine.Changes{Delete: 1, Same: 1})
	want(t, "up", b.up(t, things), engine.Changes{Create: 1, Same: 1})
	want(t, "world", b.world.Names(), []string{"a", "b"})
	changes, err = b.Refresh(t.Context(), things.Program(), nil)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "refresh with the program", changes, engine.Changes{Same: 2})
}

func TestDestroy_DeletesEverythingThenRemoveTakesTheState(t *testing.T) {
	b := newBench(t)
	b.up(t, enginetest.Named("a", "b"))
	if err := b.Remove(t.Context()); err == nil || !strings.Contains(err.Error(), "destroy the stack first") {
		t.Errorf("Remove of a full stack: got %v", err)
	}
	changes, err := b.Destroy(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "changes", changes, engine.Changes{Delete: 2})
	want(t, "things left", len(b.world.Names()), 0)
	if err := b.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found, err := b.Exists(t.Context()); found || err != nil {
		t.Errorf("after Remove: got exists %v, error %v", found, err)
	}
	if changes, err := b.Destroy(t.Context(), nil); err != nil || changes.Any() {
		t.Errorf("Destroy of what does not exist: got %v, error %v", changes, err)
	}
}

func TestPreview_TellsChangesAndLeavesNoTrace(t *testing.T) {
	b := newBench(t)
	var events []engine.Event
	changes, err := b.Preview(t.Context(), enginetest.Named("a", "b").Program(), func(e engine.Event) { events = append(events, e) })
	if err != nil {
		t.Fatal(err)
	}
	want(t, "changes", changes, engine.Changes{Create: 2})
	want(t, "things made", len(b.world.Names()), 0)
	if _, err := os.Stat(filepath.Join(b.folder, "state")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a preview made the backend's folder: %v", err)
	}
	b.up(t, enginetest.Named("a"))
	changes, err = b.Preview(t.Context(), enginetest.Named("a", "b").Program(), nil)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "changes of a stack that exists", changes, engine.Changes{Create: 1, Same: 1})
	want(t, "world", b.world.Names(), []string{"a"})
}

func TestUp_NamesTheResourceThatFailedAndKeepsTheOthers(t *testing.T) {
	b := newBench(t)
	things := enginetest.Named("a", "b", "c")
	b.world.Fault(enginetest.Create, "b", enginetest.Fail("no room in the inn"))
	var failed []engine.Event
	changes, err := b.Up(t.Context(), things.Program(), func(e engine.Event) {
		if e.Kind == engine.Failed {
			failed = append(failed, e)
		}
	})
	var problem *engine.ResourceError
	if !errors.As(err, &problem) {
		t.Fatalf("got error %v; want one that names a resource", err)
	}
	want(t, "message", err.Error(), `bringing up stack "blue": creating "b" (enginetest:index:Thing): no room in the inn`)
	want(t, "changes", changes, engine.Changes{Create: 2})
	if len(failed) != 1 || failed[0].Name != "b" || !strings.Contains(failed[0].Err, "no room in the inn") {
		t.Errorf("got failed events %+v", failed)
	}
	b.world.Fault(enginetest.Create, "b", nil)
	b.reopen(t)
	want(t, "next up", b.up(t, things), engine.Changes{Create: 1, Same: 2})
}

func TestPreview_NamesWhatAProviderRefuses(t *testing.T) {
	b := newBench(t)
	things := enginetest.Things{"a": {Value: "invalid"}}
	_, err := b.Preview(t.Context(), things.Program(), nil)
	var problem *engine.ResourceError
	if !errors.As(err, &problem) || problem.Name != "a" || !strings.Contains(err.Error(), "the value is invalid") {
		t.Fatalf("got error %v", err)
	}
}

func TestUp_ReturnsTheProgramsOwnError(t *testing.T) {
	b := newBench(t)
	broken := errors.New("the program is broken")
	_, err := b.Up(t.Context(), func(*pulumi.Context) error { return broken }, nil)
	if !errors.Is(err, broken) {
		t.Errorf("got %v; want it to wrap %q", err, broken)
	}
	_, err = b.Up(t.Context(), func(*pulumi.Context) error { panic("oh no") }, nil)
	if err == nil || !strings.Contains(err.Error(), "oh no") {
		t.Errorf("after a panic: got %v", err)
	}
}

func TestUp_ReplacesWhatCannotBeChanged(t *testing.T) {
	b := newBench(t)
	b.up(t, enginetest.Things{"a": {Value: "v", Shape: "round"}, "b": {Value: "v"}})
	var diffs []string
	changes, err := b.Up(t.Context(), enginetest.Things{"a": {Value: "v", Shape: "square"}, "b": {Value: "v"}}.Program(), func(e engine.Event) {
		if e.Kind == engine.Done && e.Op == "replace" {
			diffs = append(diffs, e.Name+" "+strings.Join(e.Diff, ","))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "changes", changes, engine.Changes{Replace: 1, Same: 1})
	want(t, "replacements", diffs, []string{"a shape"})
	want(t, "world", b.world.Things()["a"].Shape, "square")
}

func TestUp_HandsOnWhatIsSaid(t *testing.T) {
	b := newBench(t)
	var messages []string
	_, err := b.Up(t.Context(), func(ctx *pulumi.Context) error {
		return ctx.Log.Info("a word from the program", nil)
	}, func(e engine.Event) {
		if e.Kind == engine.Message {
			messages = append(messages, e.Message)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "messages", messages, []string{"a word from the program"})
}

func TestOpen_RefusesWhatCannotWork(t *testing.T) {
	good := newBench(t).options
	for name, spoil := range map[string]func(*engine.Options){
		"stack name": func(o *engine.Options) { o.Stack = "a/b/c" },
		"backend":    func(o *engine.Options) { o.Backend = "ftp://x" },
		"relative":   func(o *engine.Options) { o.Backend = "file://x" },
		"passphrase": func(o *engine.Options) { o.Passphrase = "" },
		"home":       func(o *engine.Options) { o.Home = "x" },
	} {
		options := good
		spoil(&options)
		if _, err := engine.Open(context.Background(), options); err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
}
