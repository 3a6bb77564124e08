package phase_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
)

// journal records what a run says.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) Begin(n, m int, title string) { j.add("begin %d/%d %s", n, m, title) }
func (j *journal) Wait(subject, reason string)  { j.add("wait %s: %s", subject, reason) }
func (j *journal) Note(f string, args ...any)   { j.add("note "+f, args...) }
func (j *journal) End(_ time.Duration, err error) {
	j.add("end %v", err)
}
func (j *journal) add(f string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, fmt.Sprintf(f, args...))
}

func (j *journal) said(text string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Contains(strings.Join(j.lines, "\n"), text)
}

func step(title string, run func(context.Context, phase.Reporter) error) phase.Phase {
	return phase.Phase{Title: title, Run: run}
}

func TestRun_StopsAtTheFirstFailureAndNamesIt(t *testing.T) {
	boom := errors.New("boom")
	var j journal
	err := phase.Run(context.Background(), []phase.Phase{
		step("Doing one", func(_ context.Context, r phase.Reporter) error { r.Note("did"); return nil }),
		step("Doing two", func(context.Context, phase.Reporter) error { return boom }),
		step("Doing three", func(context.Context, phase.Reporter) error { t.Error("ran after a failure"); return nil }),
	}, &j)
	if !errors.Is(err, boom) {
		t.Fatalf("got %v, want it to wrap %v", err, boom)
	}
	if want := "phase 2 of 3, doing two: boom"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	want := []string{"begin 1/3 Doing one", "note did", "end <nil>", "begin 2/3 Doing two", "end boom"}
	if !slices.Equal(j.lines, want) {
		t.Errorf("said %q, want %q", j.lines, want)
	}
}

func TestPoll_NamesWhatItStillWaitedForAtTheDeadline(t *testing.T) {
	var j journal
	err := phase.Run(context.Background(), []phase.Phase{{
		Title:    "Waiting",
		Deadline: 30 * time.Millisecond,
		Run: func(ctx context.Context, r phase.Reporter) error {
			return phase.Poll(ctx, time.Millisecond, r, func(context.Context) (string, string, error) {
				return "host-1", "kubelet", nil
			})
		},
	}}, &j)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v, want a deadline", err)
	}
	if !strings.Contains(err.Error(), "still waiting for host-1: kubelet") {
		t.Errorf("%q does not name the wait", err)
	}
}

func TestPoll_EndsWhenNothingIsLeftAndOnError(t *testing.T) {
	var j journal
	left := 3
	err := phase.Poll(context.Background(), time.Millisecond, &j, func(context.Context) (string, string, error) {
		if left--; left > 0 {
			return "x", fmt.Sprint(left), nil
		}
		return "", "", nil
	})
	if err != nil || !slices.Equal(j.lines, []string{"wait x: 2", "wait x: 1"}) {
		t.Errorf("got %v, %q", err, j.lines)
	}
	boom := errors.New("boom")
	err = phase.Poll(context.Background(), time.Millisecond, &j, func(context.Context) (string, string, error) {
		return "", "", boom
	})
	if !errors.Is(err, boom) {
		t.Errorf("got %v, want %v", err, boom)
	}
}

func TestPoll_SaysThatItWasInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	err := phase.Poll(ctx, time.Millisecond, &journal{}, func(context.Context) (string, string, error) {
		cancel()
		return "host-1", "kubelet", nil
	})
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "interrupted while waiting for host-1") {
		t.Errorf("got %v", err)
	}
}

func TestRun_SaysThatItHeardAnInterruptWhileTheStepGoesOn(t *testing.T) {
	var j journal
	ctx, cancel := context.WithCancel(context.Background())
	err := phase.Run(ctx, []phase.Phase{step("Doing one", func(context.Context, phase.Reporter) error {
		cancel()
		for !j.said("interrupted: finishing what is in flight") {
			time.Sleep(time.Millisecond)
		}
		return ctx.Err()
	})}, &j)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
