package engine

import (
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// An interrupt waits while a provider is being made, and no longer.
func TestMakings_AreAwaitedOnlyWhileOneIsMade(t *testing.T) {
	step := func(kind string) apitype.StepEventMetadata { return apitype.StepEventMetadata{Type: kind} }
	begins := func(kind string) apitype.EngineEvent {
		return apitype.EngineEvent{ResourcePreEvent: &apitype.ResourcePreEvent{Metadata: step(kind)}}
	}
	ends := func(kind string) apitype.EngineEvent {
		return apitype.EngineEvent{ResOutputsEvent: &apitype.ResOutputsEvent{Metadata: step(kind)}}
	}
	fails := func(kind string) apitype.EngineEvent {
		return apitype.EngineEvent{ResOpFailedEvent: &apitype.ResOpFailedEvent{Metadata: step(kind)}}
	}
	const provider, stack, thing = "pulumi:providers:some", "pulumi:pulumi:Stack", "some:index:Thing"
	for name, test := range map[string]struct {
		events []apitype.EngineEvent
		waits  bool
	}{
		"nothing yet":                {nil, true},
		"the stack alone":            {[]apitype.EngineEvent{begins(stack), ends(stack)}, true},
		"a provider is being made":   {[]apitype.EngineEvent{begins(stack), begins(provider)}, true},
		"a provider is there":        {[]apitype.EngineEvent{begins(provider), ends(provider)}, false},
		"a provider that failed":     {[]apitype.EngineEvent{begins(provider), fails(provider)}, false},
		"a second one is being made": {[]apitype.EngineEvent{begins(provider), ends(provider), begins(thing), begins(provider)}, true},
		"a resource goes":            {[]apitype.EngineEvent{begins(thing)}, false},
	} {
		var p makings
		for _, event := range test.events {
			p.record(event)
		}
		over, returned := make(chan struct{}), make(chan struct{})
		go func() {
			p.await(over)
			close(returned)
		}()
		select {
		case <-returned:
			if test.waits {
				t.Errorf("%s: an interrupt does not wait", name)
			}
		case <-time.After(100 * time.Millisecond):
			if !test.waits {
				t.Errorf("%s: an interrupt waits", name)
			}
		}
		close(over)
		<-returned
	}
}
