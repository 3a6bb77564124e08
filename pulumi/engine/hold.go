package engine

import (
	"context"
	"time"

	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
)

// held is a provider that answers no more once its operation was let go of.
//
// The engine that was let go of runs on in this process, without a state to
// write to. An answer would make it record that what is in flight has failed,
// in the moment before the state closes, and so forget what was being made; or
// have it finish its deployment, where with ContinueOnError it panics because
// it cannot write the outputs of the stack (pulumi/pkg,
// resource/deploy/step_executor.go: cancelDueToError is handed no step).
// Without one it leaves what a killed process leaves, which the next operation
// repairs.
type held struct {
	plugin.Provider
	// letGo is closed at the second interrupt.
	letGo <-chan struct{}
}

// answer comes after every call that the engine's steps make; after the second
// interrupt it never ends.
func (h held) answer() {
	select {
	case <-h.letGo:
		select {}
	default:
	}
}

// CheckConfig is the provider's.
func (h held) CheckConfig(ctx context.Context, r plugin.CheckConfigRequest) (plugin.CheckConfigResponse, error) {
	defer h.answer()
	return h.Provider.CheckConfig(ctx, r)
}

// DiffConfig is the provider's.
func (h held) DiffConfig(ctx context.Context, r plugin.DiffConfigRequest) (plugin.DiffConfigResponse, error) {
	defer h.answer()
	return h.Provider.DiffConfig(ctx, r)
}

// Configure is the provider's.
func (h held) Configure(ctx context.Context, r plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
	defer h.answer()
	return h.Provider.Configure(ctx, r)
}

// Check is the provider's.
func (h held) Check(ctx context.Context, r plugin.CheckRequest) (plugin.CheckResponse, error) {
	defer h.answer()
	return h.Provider.Check(ctx, r)
}

// Diff is the provider's.
func (h held) Diff(ctx context.Context, r plugin.DiffRequest) (plugin.DiffResponse, error) {
	defer h.answer()
	return h.Provider.Diff(ctx, r)
}

// Create is the provider's.
func (h held) Create(ctx context.Context, r plugin.CreateRequest) (plugin.CreateResponse, error) {
	defer h.answer()
	return h.Provider.Create(ctx, r)
}

// Read is the provider's.
func (h held) Read(ctx context.Context, r plugin.ReadRequest) (plugin.ReadResponse, error) {
	defer h.answer()
	return h.Provider.Read(ctx, r)
}

// Update is the provider's.
func (h held) Update(ctx context.Context, r plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	defer h.answer()
	return h.Provider.Update(ctx, r)
}

// Delete is the provider's.
func (h held) Delete(ctx context.Context, r plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	defer h.answer()
	return h.Provider.Delete(ctx, r)
}

// ending is how long an engine that was let go of has to come to the next
// call of a provider, or to its end, before the state closes.
const ending = 200 * time.Millisecond
