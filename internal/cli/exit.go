package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/ui"
)

// Exit codes, as the docs promise them. timeout(1) has 124, shells 130.
const (
	ExitFailed      = 1
	ExitUsage       = 2
	ExitPending     = 3
	ExitTimedOut    = 124
	ExitInterrupted = 130
)

// usageError is a call that cannot be carried out as typed.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// errPending says that there are changes, to those who asked for an exit code.
var errPending = errors.New("changes are pending")

// Report writes an error for a person and returns the exit code that stands
// for it. Run says more: it knows the command.
func Report(w io.Writer, err error) int { return tell(ui.NewVoice(w, 0), err, nil) }

// codeOf is the exit code that stands for an error.
func codeOf(err error) int {
	var problems *diag.Error
	var usage *usageError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errPending):
		return ExitPending
	case errors.As(err, &problems), errors.As(err, &usage):
		return ExitUsage
	case errors.Is(err, context.Canceled):
		return ExitInterrupted
	case errors.Is(err, context.DeadlineExceeded):
		return ExitTimedOut
	}
	return ExitFailed
}

// tell says what an error is, and what to type next: what the error itself
// knows, or else what is given. It is the one place that puts "error:" before a
// message.
func tell(voice *ui.Voice, err error, next []string) int {
	code := codeOf(err)
	if code == 0 || code == ExitPending {
		return code
	}
	var failure *phase.Failure
	if errors.As(err, &failure) && len(failure.Next) > 0 {
		next = failure.Next
	}
	var problems *diag.Error
	isReport := errors.As(err, &problems)
	if voice.Style().JSON {
		record(voice, err, code, next)
		return code
	}
	w := voice.Terminal()
	if isReport {
		for _, other := range besides(err) {
			fmt.Fprintf(w, "%s\n\n", fold("error: "+other.Error(), voice.Width()))
		}
		fmt.Fprintln(w, problems.Error())
		return code
	}
	lead, text := words(err)
	fmt.Fprintln(w, fold(lead+": "+text, voice.Width()))
	if failure == nil {
		failure = &phase.Failure{}
	}
	explain(w, &phase.Failure{Subject: failure.Subject, Log: failure.Log, Next: next})
	return code
}

// besides are the errors that are told together with a report, and are none.
func besides(err error) (others []error) {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	for _, one := range joined.Unwrap() {
		if problems := (*diag.Error)(nil); !errors.As(one, &problems) {
			others = append(others, one)
		}
	}
	return others
}

// words are an error for people, and what stands before it.
func words(err error) (lead, text string) {
	if errors.Is(err, context.Canceled) {
		return "interrupted", strings.TrimSuffix(err.Error(), ": "+context.Canceled.Error())
	}
	return "error", err.Error()
}

// record says an error to a program: one record, or one for each problem of a
// config.
func record(voice *ui.Voice, err error, code int, next []string) {
	var problems *diag.Error
	if errors.As(err, &problems) {
		for _, other := range besides(err) {
			voice.Fail(other.Error(), "exitCode", code)
		}
		for _, p := range problems.Report.Problems {
			pairs := []any{"exitCode", code, "path", p.Path, "fix", p.Fix}
			if p.Position.File != "" {
				pairs = append(pairs, "file", p.Position.File, "line", p.Position.Line, "column", p.Position.Column)
			}
			voice.Fail(p.Message, pairs...)
		}
		return
	}
	_, text := words(err)
	pairs := []any{"exitCode", code}
	var step *phase.Error
	if errors.As(err, &step) {
		pairs = append(pairs, "phase", step.Title, "step", step.N, "steps", step.M)
	}
	var failure *phase.Failure
	if errors.As(err, &failure) && len(failure.Log) > 0 {
		pairs = append(pairs, "subject", failure.Subject, "log", failure.Log)
	}
	if len(next) > 0 {
		pairs = append(pairs, "next", next)
	}
	voice.Fail(text, pairs...)
}

// explain writes the end of the log of what failed, and what to type next.
func explain(w io.Writer, f *phase.Failure) {
	if len(f.Log) > 0 {
		fmt.Fprintf(w, "\nThe last lines of %s:\n", f.Subject)
		for _, line := range f.Log {
			fmt.Fprintf(w, "  %s\n", line)
		}
	}
	switch len(f.Next) {
	case 0:
	case 1:
		fmt.Fprintf(w, "\nNext: %s\n", f.Next[0])
	default:
		fmt.Fprintf(w, "\nNext:\n  %s\n", strings.Join(f.Next, "\n  "))
	}
}
