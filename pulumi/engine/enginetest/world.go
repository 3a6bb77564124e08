// Package enginetest is a world to test the engine against: things that can be
// made, looked at, changed and taken away by a provider served in the test's
// own process, a record of every call, and faults to order.
package enginetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"sync"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// Package is the provider's name; Type is the type of its only resource.
const (
	Package = "enginetest"
	Type    = "enginetest:index:Thing"
)

// Operations on things, as calls and faults name them.
const (
	Create = "create"
	Read   = "read"
	Update = "update"
	Delete = "delete"
)

// Thing is something that exists in a world. Its id is its name.
type Thing struct {
	Value  string `json:"value"`
	Secret string `json:"secret,omitempty"`
	// Shape cannot be changed: another one means another thing.
	Shape string `json:"shape,omitempty"`
}

// Call is one call of the provider.
type Call struct{ Op, Name string }

// Fault runs in the midst of a call, after the world has changed: what it
// returns fails the call, and while it blocks the call is in flight. It sees
// the end of ctx when the provider is cancelled.
type Fault func(ctx context.Context) error

// World holds the things. It is safe for use by several providers at once.
type World struct {
	file string

	mu     sync.Mutex
	things map[string]Thing
	calls  []Call
	faults map[Call]Fault
}

// NewWorld returns an empty world that ends with the process.
func NewWorld() *World {
	return &World{things: map[string]Thing{}, faults: map[Call]Fault{}}
}

// OpenWorld returns a world kept in a file, so that it outlives a process that
// is killed.
func OpenWorld(file string) (*World, error) {
	w := NewWorld()
	w.file = file
	content, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return w, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading world %q: %w", file, err)
	}
	if err := json.Unmarshal(content, &w.things); err != nil {
		return nil, fmt.Errorf("reading world %q: %w", file, err)
	}
	return w, nil
}

// Provider makes a provider of this world: a value for
// engine.Options.Providers[Package].
func (w *World) Provider() (pulumirpc.ResourceProviderServer, error) {
	ctx, cancel := context.WithCancel(context.Background())
	return &provider{world: w, cancelled: ctx, cancel: cancel}, nil
}

// Fault orders a fault for one operation on one thing; nil takes it back.
func (w *World) Fault(op, name string, fault Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if fault == nil {
		delete(w.faults, Call{op, name})
		return
	}
	w.faults[Call{op, name}] = fault
}

// Fail is a fault that only fails.
func Fail(message string) Fault {
	return func(context.Context) error { return errors.New(message) }
}

// Things returns a copy of what exists, by name.
func (w *World) Things() map[string]Thing {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.things)
}

// Names returns the names of what exists, sorted.
func (w *World) Names() []string {
	return slices.Sorted(maps.Keys(w.Things()))
}

// Remove takes a thing away behind the engine's back.
func (w *World) Remove(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.things, name)
}

// Put makes a thing, or another of what there is, behind the engine's back.
func (w *World) Put(name string, thing Thing) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.things[name] = thing
}

// Calls returns the calls since the last Forget, in their order.
func (w *World) Calls() []Call {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.calls)
}

// Forget clears the record of calls.
func (w *World) Forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = nil
}

// get looks at a thing.
func (w *World) get(name string) (Thing, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	thing, ok := w.things[name]
	return thing, ok
}

// call records a call, changes the world and runs the fault there is.
func (w *World) call(ctx context.Context, op, name string, change func(map[string]Thing)) error {
	fault, err := w.change(Call{op, name}, change)
	if err != nil || fault == nil {
		return err
	}
	return fault(ctx)
}

func (w *World) change(call Call, change func(map[string]Thing)) (Fault, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, call)
	change(w.things)
	if w.file != "" {
		content, err := json.Marshal(w.things)
		if err != nil {
			return nil, fmt.Errorf("writing world %q: %w", w.file, err)
		}
		// In one go: a process may be killed at any moment.
		err = os.WriteFile(w.file+".new", content, 0o600)
		if err == nil {
			err = os.Rename(w.file+".new", w.file)
		}
		if err != nil {
			return nil, fmt.Errorf("writing world %q: %w", w.file, err)
		}
	}
	return w.faults[call], nil
}
