package engine_test

import (
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine/enginetest"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// A panic inside the engine, wherever it is, is the error of its operation,
// and leaves a stack that can be used. That of a state that cannot be written
// is not made here: the backend tries for half a minute each time.
func TestUp_SurvivesAPanicOfTheEngine(t *testing.T) {
	b := newBench(t)
	good := b.options.Providers
	b.options.Providers = map[string]engine.Provider{enginetest.Package: func() (pulumirpc.ResourceProviderServer, error) {
		panic("a cable came loose")
	}}
	b.reopen(t)
	_, err := b.Up(t.Context(), enginetest.Named("a").Program(), nil)
	if err == nil || !strings.Contains(err.Error(), "the engine broke off: ") || !strings.Contains(err.Error(), "a cable came loose") || strings.Contains(err.Error(), "goroutine 1") {
		t.Errorf("got %v", err)
	}
	b.options.Providers = good
	b.reopen(t)
	want(t, "next up", b.up(t, enginetest.Named("a")), engine.Changes{Create: 1})
	if len(b.notices) > 0 {
		t.Errorf("something was left to repair: %q", b.notices)
	}
}
