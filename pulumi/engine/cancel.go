package engine

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pulumi/pulumi/pkg/v3/backend"
	"github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/pkg/v3/util/cancel"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// scopes gives the engine its cancellation: the end of the caller's context
// is the first interrupt, Stack.Terminate the second. Signals are the
// caller's business.
type scopes struct {
	stack *Stack
	// caller is the context whose end interrupts.
	caller context.Context
	// makes knows which providers are just being made.
	makes *makings
}

// The engine panics where it is interrupted while it makes a default provider:
// with ContinueOnError it takes for granted that one has an ID by then
// (pulumi/pkg, resource/deploy/default_providers.go). An interrupt waits until
// there are providers, for as long as this at most: a cloud's plugin takes
// seconds to start, on a busy machine many. A second interrupt does not wait.
const (
	beginning = 30 * time.Second
	lookEvery = 5 * time.Millisecond
)

var _ backend.CancellationScopeSource = scopes{}

// NewScope begins the interruptible part of an operation. Its context lives on
// after the caller's has ended, so that what is in flight is recorded.
func (s scopes) NewScope(ctx context.Context, _ chan<- engine.Event, _ bool) backend.CancellationScope {
	interruptible, source := cancel.NewContext(ctx)
	closed, letGo := make(chan struct{}), make(chan struct{})
	s.stack.mu.Lock()
	s.stack.running, s.stack.letGo = source, letGo
	s.stack.mu.Unlock()
	release := context.AfterFunc(s.caller, func() {
		s.makes.await(closed)
		source.Cancel()
	})
	return &scope{context: interruptible, source: source, stack: s.stack, release: release, closed: closed, letGo: letGo}
}

type scope struct {
	context *cancel.Context
	source  *cancel.Source
	stack   *Stack
	release func() bool
	closed  chan struct{}
	letGo   <-chan struct{}
}

// Context is what the engine watches.
func (s *scope) Context() *cancel.Context { return s.context }

// Close ends the scope. Terminating it is what makes the engine let go of its
// plugin host, which otherwise lives as long as the process.
func (s *scope) Close() {
	s.release()
	close(s.closed)
	s.stack.mu.Lock()
	s.stack.running, s.stack.letGo = nil, nil
	s.stack.mu.Unlock()
	select {
	case <-s.letGo:
		time.Sleep(ending)
	default:
	}
	s.source.Terminate()
}

// makings follow which providers an operation makes.
type makings struct {
	// begun tells that there was one, or a resource; making counts those that
	// are being made.
	begun  atomic.Bool
	making atomic.Int32
}

func (p *makings) record(event apitype.EngineEvent) {
	switch pre, out, failed := event.ResourcePreEvent, event.ResOutputsEvent, event.ResOpFailedEvent; {
	case pre != nil && isProvider(pre.Metadata.Type):
		p.making.Add(1)
	case out != nil && isProvider(out.Metadata.Type), failed != nil && isProvider(failed.Metadata.Type):
		p.making.Add(-1)
		p.begun.Store(true)
	case pre != nil && !isBookkeeping(pre.Metadata.Type):
		p.begun.Store(true)
	}
}

func isProvider(kind string) bool { return strings.HasPrefix(kind, providerType) }

// await waits until no provider is being made, the operation is over, or the
// time for that is.
func (p *makings) await(over <-chan struct{}) {
	end, look := time.After(beginning), time.NewTicker(lookEvery)
	defer look.Stop()
	for !p.begun.Load() || p.making.Load() > 0 {
		select {
		case <-look.C:
		case <-over:
			return
		case <-end:
			return
		}
	}
}
