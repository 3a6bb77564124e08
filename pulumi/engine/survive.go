package engine

import (
	"fmt"
	"os"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/env"
)

// usePanicRecovery has the engine hand a panic of one of its goroutines to
// the one that called it, where survive finds it. It panics with
// ContinueOnError when the state cannot be written, because a disk is full,
// say: the failure of the step is told, and then the outputs of the stack
// cannot be written either (see held).
func usePanicRecovery() error {
	for _, variable := range []string{env.Dev.Var().Name(), env.GoroutinePanicRecovery.Var().Name()} {
		if err := os.Setenv(variable, "true"); err != nil {
			return fmt.Errorf("setting %s: %w", variable, err)
		}
	}
	return nil
}

// brokenError is a panic of the engine.
type brokenError struct{ text string }

// Error says that it was one.
func (e *brokenError) Error() string { return "the engine broke off: " + e.text }

// survive turns a panic of the engine into an error: the caller still has to
// say what failed before it, and what to type next.
func survive(operation func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			text, _, _ := strings.Cut(fmt.Sprint(r), "\n")
			err = &brokenError{text}
		}
	}()
	return operation()
}
