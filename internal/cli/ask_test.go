package cli

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

func TestAgrees_TakesNoAnswerForANo(t *testing.T) {
	for answer, want := range map[string]bool{"y\n": true, "YES\n": true, "yes": true, "": false, "\n": false, "n\n": false, "yesterday\n": false} {
		b := newBench(t)
		b.types(answer)
		got, err := b.env.agrees(t.Context(), "Really?")
		if got != want || err != nil || !strings.HasPrefix(b.err.String(), "Really? [y/N] ") {
			t.Errorf("%q: %t, %v, %q", answer, got, err, b.err.String())
		}
		if answer == "" && !strings.HasSuffix(b.err.String(), "\n") {
			t.Error("what follows stands on the line of the question")
		}
	}
}

func TestAsk_EndsWithTheCommand(t *testing.T) {
	b := newBench(t)
	never, write := io.Pipe()
	defer write.Close()
	b.env.Typed, b.env.In = true, never
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if got, err := b.env.agrees(ctx, "Really?"); got || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "nothing was done") {
		t.Errorf("%t, %v", got, err)
	}
}

func TestQuiet_StillSaysWhatARefusalIsAbout(t *testing.T) {
	b, _, _ := threeUp(t)
	b.err.Reset()
	if code := Run(t.Context(), b.env, strings.Fields("certs rotate-ca a -q")); code != ExitUsage {
		t.Errorf("exit %d", code)
	}
	has(t, b.err.String(), "step 1 of 3, trust", "~ thing a-control-plane-2", "add --yes")
	b.left = []string{"volume a-1"}
	b.err.Reset()
	if code := Run(t.Context(), b.env, strings.Fields("delete a -q")); code != ExitFailed {
		t.Errorf("exit %d", code)
	}
	has(t, b.err.String(), "Left, each with the command that removes it: volume a-1")
	if said := b.err.String(); strings.Contains(said, "DELETED") || strings.Contains(said, "Deleting") {
		t.Errorf("it says more:\n%s", said)
	}
}
