package engine

import (
	"context"

	"github.com/pulumi/pulumi/pkg/v3/backend"
	"github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/pkg/v3/util/cancel"
)

// scopes gives the engine its cancellation: the end of the caller's context
// is the first interrupt, Stack.Terminate the second. Signals are the
// caller's business.
type scopes struct {
	stack *Stack
	// caller is the context whose end interrupts.
	caller context.Context
}

var _ backend.CancellationScopeSource = scopes{}

// NewScope begins the interruptible part of an operation. Its context lives on
// after the caller's has ended, so that what is in flight is recorded.
func (s scopes) NewScope(ctx context.Context, _ chan<- engine.Event, _ bool) backend.CancellationScope {
	interruptible, source := cancel.NewContext(ctx)
	s.stack.mu.Lock()
	s.stack.running = source
	s.stack.mu.Unlock()
	return &scope{context: interruptible, source: source, stack: s.stack, release: context.AfterFunc(s.caller, source.Cancel)}
}

type scope struct {
	context *cancel.Context
	source  *cancel.Source
	stack   *Stack
	release func() bool
}

// Context is what the engine watches.
func (s *scope) Context() *cancel.Context { return s.context }

// Close ends the scope. Terminating it is what makes the engine let go of its
// plugin host, which otherwise lives as long as the process.
func (s *scope) Close() {
	s.release()
	s.stack.mu.Lock()
	s.stack.running = nil
	s.stack.mu.Unlock()
	s.source.Terminate()
}
