// Package phase runs a plan: a list of named steps, each with a deadline and
// a reason for every wait. What the user sees of a step is the caller's
// Reporter; the runner adds which step it is, how long it took, and wraps the
// error of the one that failed.
package phase

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Phase is one step of a plan.
type Phase struct {
	// Title says what is being done, as a gerund: "Provisioning hosts".
	Title string
	// Deadline bounds the step; zero leaves it to the step itself.
	Deadline time.Duration
	// Run does it. It says through the Reporter what it waits for.
	Run func(ctx context.Context, report Reporter) error
}

// Reporter is told how a step goes on.
type Reporter interface {
	// Begin says that the nth of m steps starts.
	Begin(n, m int, title string)
	// Wait says what is waited for, on which host or object. The same words
	// again mean that the wait goes on, no words that it is over.
	Wait(subject, reason string)
	// Note says that something happened that stays true.
	Note(format string, args ...any)
	// End says that the step is over; err is nil when it went well.
	End(took time.Duration, err error)
}

// Error is a step that failed.
type Error struct {
	N, M  int
	Title string
	Err   error
}

func (e *Error) Error() string {
	return fmt.Sprintf("phase %d of %d, %s: %v", e.N, e.M, lowerFirst(e.Title), e.Err)
}

// Unwrap gives the step's own error.
func (e *Error) Unwrap() error { return e.Err }

// Failure is an error that carries what a person needs next: the end of the
// log of what failed, and a command to type.
type Failure struct {
	Err error
	// Subject is the host or object whose log Log is the end of.
	Subject string
	Log     []string
	// Next is what to type: each a command, that may end in a comment.
	Next []string
}

func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.Err }

// Run carries the phases out in order and stops at the first that fails. It
// says through the reporter, which knows what stands on the terminal, that an
// interrupt has been heard: the step under way may take its time to end.
func Run(ctx context.Context, plan []Phase, report Reporter) error {
	heard := context.AfterFunc(ctx, func() {
		report.Note("interrupted: finishing what is in flight; once more stops at once")
	})
	defer heard()
	for i, p := range plan {
		report.Begin(i+1, len(plan), p.Title)
		start := time.Now()
		err := p.run(ctx, report)
		report.End(time.Since(start), err)
		if err != nil {
			return &Error{N: i + 1, M: len(plan), Title: p.Title, Err: err}
		}
	}
	return nil
}

func (p Phase) run(ctx context.Context, report Reporter) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("interrupted before it began: %w", err)
	}
	if p.Deadline == 0 {
		return p.Run(ctx, report)
	}
	ctx, cancel := context.WithTimeout(ctx, p.Deadline)
	defer cancel()
	return p.Run(ctx, report)
}

// Poll calls try every interval until it is done, fails, or ctx ends. try
// returns what is still waited for: a subject and a reason, both empty when
// there is nothing left. When ctx ends first, the error names the last wait.
func Poll(ctx context.Context, every time.Duration, report Reporter, try func(context.Context) (subject, reason string, err error)) error {
	start := time.Now()
	subject, reason := "", "the first answer"
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		s, r, err := try(ctx)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if err == nil && s == "" && r == "" {
			return nil
		}
		if err == nil {
			subject, reason = s, r
			report.Wait(subject, reason)
		}
		select {
		case <-ctx.Done():
			return waited(ctx, time.Since(start), subject, reason)
		case <-tick.C:
		}
	}
}

// waited makes the error of a wait that ended without what it waited for.
func waited(ctx context.Context, took time.Duration, subject, reason string) error {
	what := reason
	if subject != "" {
		what = subject + ": " + reason
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("interrupted while waiting for %s: %w", what, ctx.Err())
	}
	return fmt.Errorf("timed out after %s, still waiting for %s: %w", took.Round(time.Second), what, ctx.Err())
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
