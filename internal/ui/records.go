package ui

import (
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
)

var (
	_ phase.Reporter = (*records)(nil)
	_ phase.Reporter = silence{}
)

// silence says nothing of a plan.
type silence struct{}

func (silence) Begin(int, int, string)   {}
func (silence) Wait(string, string)      {}
func (silence) Note(string, ...any)      {}
func (silence) End(time.Duration, error) {}

// records tells of a plan in one JSON object a line.
type records struct {
	voice *Voice

	mu     sync.Mutex
	phase  []any // the step's own pairs of keys and values
	wait   string
	waitAt time.Time
	saidAt time.Time
}

// Begin starts a step.
func (r *records) Begin(n, m int, title string) {
	r.mu.Lock()
	r.phase, r.wait = []any{"phase", title, "step", n, "steps", m}, ""
	r.mu.Unlock()
	r.say(slog.LevelInfo, "begun")
}

// Wait says what is waited for: at once when it is something else, then as
// often as text does.
func (r *records) Wait(subject, reason string) {
	what := oneLine(reason)
	if subject != "" {
		what = subject + ": " + what
	}
	now := r.voice.now()
	r.mu.Lock()
	fresh := what != r.wait
	if fresh {
		r.wait, r.waitAt = what, now
	}
	due := what != "" && (fresh || now.Sub(r.saidAt) >= again)
	if due {
		r.saidAt = now
	}
	waited := now.Sub(r.waitAt)
	r.mu.Unlock()
	if due {
		r.say(slog.LevelInfo, "waiting for "+what, append(place(subject, oneLine(reason)), "waited", seconds(waited))...)
	}
}

// hostStage is what a host says of where its bootstrap is.
var hostStage = regexp.MustCompile(`^stage \d+ of \d+, ([a-z-]+)`)

// place is what is waited for as fields: a host's name and the stage of its
// bootstrap, or any other subject.
func place(subject, reason string) []any {
	if stage := hostStage.FindStringSubmatch(reason); stage != nil {
		return []any{"host", subject, "stage", stage[1]}
	}
	if subject == "" {
		return nil
	}
	return []any{"subject", subject}
}

// Note says that something happened, one record a line.
func (r *records) Note(format string, args ...any) {
	for line := range strings.Lines(fmt.Sprintf(format, args...)) {
		if line = strings.TrimSpace(line); line != "" {
			r.say(slog.LevelInfo, line)
		}
	}
}

// End closes the step. What failed is told at the end of the command; here,
// that this step did.
func (r *records) End(took time.Duration, err error) {
	if err != nil {
		r.say(slog.LevelWarn, "failed", "took", seconds(took))
		return
	}
	r.say(slog.LevelInfo, "done", "took", seconds(took))
}

func (r *records) say(level slog.Level, text string, pairs ...any) {
	r.mu.Lock()
	all := append(append([]any{}, r.phase...), pairs...)
	r.mu.Unlock()
	r.voice.record(level, text, all...)
}

// seconds is a duration as a number, to the millisecond.
func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }
