package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine/enginetest"
)

func TestUp_IsRefusedWhileAnotherProcessHoldsTheStack(t *testing.T) {
	folder := t.TempDir()
	child := startChild(t, folder, "first")
	b := afterKill(t, folder)
	_, err := b.Up(t.Context(), enginetest.Named("a").Program(), nil)
	var locked *engine.LockedError
	if !errors.As(err, &locked) {
		t.Fatalf("got %v; want it to say who holds the stack", err)
	}
	host, _ := os.Hostname()
	for _, part := range []string{fmt.Sprintf("process %d", child.Process.Pid), host, "since", fmt.Sprintf("kill -INT %d", child.Process.Pid)} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not say %q", err, part)
		}
	}
	if len(b.notices) > 0 {
		t.Errorf("a living lock was touched: %q", b.notices)
	}
	// A preview needs no lock.
	if _, err := b.Preview(t.Context(), enginetest.Named("a").Program(), nil); err != nil {
		t.Errorf("preview: %v", err)
	}
	_ = child.Process.Kill()
	_ = child.Wait()
}

func TestUp_TellsLocksOfOthersFromDeadOnes(t *testing.T) {
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		pid   int
		host  string
		since time.Time
		fails string
	}{
		"another host":             {os.Getpid(), "elsewhere", time.Now(), "rm '"},
		"this process":             {os.Getpid(), host, time.Now(), "which is this process"},
		"a number used again":      {os.Getpid(), host, time.Now().Add(-1000 * time.Hour), ""},
		"a process that never was": {1 << 22, host, time.Now(), ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.up(t, enginetest.Named("a"))
			content, err := json.Marshal(map[string]any{"pid": test.pid, "username": "eve", "hostname": test.host, "timestamp": test.since})
			if err != nil {
				t.Fatal(err)
			}
			folder := filepath.Join(b.folder, "state/.pulumi/locks/organization/kubernetes-anywhere/blue")
			if err := os.MkdirAll(folder, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, "x.json"), content, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err = b.Up(t.Context(), enginetest.Named("a").Program(), nil)
			switch {
			case test.fails == "" && err != nil:
				t.Errorf("got %v; want the lock cleared", err)
			case test.fails == "" && !b.said("cleared the lock"):
				t.Errorf("clearing the lock was not said: %q", b.notices)
			case test.fails != "" && (err == nil || !strings.Contains(err.Error(), test.fails)):
				t.Errorf("got %v; want %q in it", err, test.fails)
			}
		})
	}
}

func TestUp_IsRefusedWhileTheSameStackIsBeingChanged(t *testing.T) {
	b := newBench(t)
	b.world.Fault(enginetest.Create, "a", func(ctx context.Context) error {
		if _, err := b.Destroy(ctx, nil); err == nil || !strings.Contains(err.Error(), "already") {
			t.Errorf("destroy during up: got %v", err)
		}
		if err := b.Remove(ctx); err == nil || !strings.Contains(err.Error(), "already") {
			t.Errorf("remove during up: got %v", err)
		}
		return nil
	})
	want(t, "up", b.up(t, enginetest.Named("a")), engine.Changes{Create: 1})
	want(t, "world", b.world.Names(), []string{"a"})
}

func TestUp_ClearsALockThatWasNeverWritten(t *testing.T) {
	b := newBench(t)
	b.up(t, enginetest.Named("a"))
	lock := filepath.Join(b.folder, "state/.pulumi/locks/organization/kubernetes-anywhere/blue/x.json")
	if err := os.MkdirAll(filepath.Dir(lock), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(lock, []byte(`{"pid": 1`), 0o600); err != nil {
		t.Fatal(err)
	}
	soon, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := b.Up(soon, enginetest.Named("a").Program(), nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a young one is waited for: got %v", err)
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(lock, old, old); err != nil {
		t.Fatal(err)
	}
	want(t, "up", b.up(t, enginetest.Named("a")), engine.Changes{Same: 1})
	if !b.said("cleared a lock") {
		t.Errorf("clearing the lock was not said: %q", b.notices)
	}
}

func TestUp_FinishesWhatIsInFlightWhenInterrupted(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	began := make(chan struct{})
	b.world.Fault(enginetest.Create, "a", func(cancelled context.Context) error {
		close(began)
		// The provider is told, and finishes all the same.
		<-cancelled.Done()
		return nil
	})
	go func() {
		<-began
		cancel()
	}()
	program := enginetest.Chain("a", "b")
	_, err := b.Up(ctx, program, nil)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v; want it to say that it was interrupted", err)
	}
	want(t, "world", b.world.Names(), []string{"a"})
	b.world.Fault(enginetest.Create, "a", nil)
	b.reopen(t)
	changes, err := b.Up(t.Context(), program, nil)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "next up", changes, engine.Changes{Create: 1, Same: 1})
	if len(b.notices) > 0 {
		t.Errorf("something was left to repair: %q", b.notices)
	}
}

// What is let go never reports back: the engine would forget what it was
// making, and panic where it has the outputs of the stack already.
func TestTerminate_ReturnsAtOnceAndTheNextUpRepairs(t *testing.T) {
	for name, after := range map[string]time.Duration{"early": 0, "when the stack's outputs are known": 500 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			began, release := make(chan struct{}), make(chan struct{})
			b.world.Fault(enginetest.Create, "a", func(context.Context) error {
				close(began)
				<-release
				return nil
			})
			go func() {
				<-began
				time.Sleep(after)
				cancel()
				b.Terminate()
			}()
			if _, err := b.Up(ctx, enginetest.Chain("a"), nil); !errors.Is(err, context.Canceled) {
				t.Fatalf("got %v; want it to say that it was interrupted", err)
			}
			close(release)
			b.world.Fault(enginetest.Create, "a", nil)
			b.reopen(t)
			want(t, "next up", b.up(t, enginetest.Named("a")), engine.Changes{Same: 1})
			if !b.said(`"a"`, "finished and recorded") {
				t.Errorf("the cut-off creation was not named: %q", b.notices)
			}
		})
	}
}

// Interrupts come at many moments of a run, its beginning among them; the
// second one may come with the first.
func TestUp_BearsInterruptsAtAnyMoment(t *testing.T) {
	b := newBench(t)
	began := time.Now()
	b.up(t, enginetest.Named("a"))
	whole := time.Since(began)
	const moments = 8
	for i := range 2 * moments {
		twice := i%2 == 1
		b := newBench(t)
		ctx, cancel := context.WithTimeout(t.Context(), whole*time.Duration(i/2)/moments)
		if twice {
			context.AfterFunc(ctx, b.Terminate)
		}
		// Whether it was in time to interrupt anything is not asked.
		_, err := b.Up(ctx, enginetest.Named("a").Program(), nil)
		cancel()
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("interrupted after %d of %d parts, twice %t: %v", i/2, moments, twice, err)
		}
		b.reopen(t)
		b.up(t, enginetest.Named("a"))
		want(t, "world", b.world.Names(), []string{"a"})
	}
}
