package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
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
// for it. It is the one place that puts "error:" before a message.
func Report(w io.Writer, err error) int {
	if err == nil {
		return 0
	}
	if errors.Is(err, errPending) {
		return ExitPending
	}
	var problems *diag.Error
	if errors.As(err, &problems) {
		fmt.Fprintln(w, problems.Error())
		return ExitUsage
	}
	lead, text := "error", err.Error()
	if errors.Is(err, context.Canceled) {
		lead, text = "interrupted", strings.TrimSuffix(text, ": "+context.Canceled.Error())
	}
	fmt.Fprintf(w, "%s: %s\n", lead, text)
	var failure *phase.Failure
	if errors.As(err, &failure) {
		explain(w, failure)
	}
	var usage *usageError
	switch {
	case errors.As(err, &usage):
		return ExitUsage
	case errors.Is(err, context.Canceled):
		return ExitInterrupted
	case errors.Is(err, context.DeadlineExceeded):
		return ExitTimedOut
	}
	return ExitFailed
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
