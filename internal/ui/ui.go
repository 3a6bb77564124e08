// Package ui draws the progress of a plan on the error stream: one line a
// step with live last lines on a terminal, plain lines elsewhere.
package ui

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
)

// again is how often an unchanged wait is said where lines cannot be redrawn.
const again = 15 * time.Second

// frameEvery is the pace of the spinner.
const frameEvery = 120 * time.Millisecond

var _ phase.Reporter = (*Progress)(nil)

// Progress is a phase.Reporter for people.
type Progress struct {
	out io.Writer
	// width is the terminal's, zero where lines are never redrawn.
	width int
	now   func() time.Time
	// detailed has every wait told when it is over, with its time.
	detailed bool

	mu      sync.Mutex
	label   string // "[2/7] Provisioning hosts"
	begun   time.Time
	wait    string
	waitAt  time.Time // when the wait began
	saidAt  time.Time // when it was last said, on plain streams
	frame   int
	live    int // how many live lines stand on the terminal
	stopped chan struct{}
	ticking chan struct{}
}

// New makes a Progress on out. width is the terminal's width in columns, or
// zero when out is no terminal or a dumb one.
func New(out io.Writer, width int) *Progress {
	return &Progress{out: out, width: width, now: time.Now}
}

// Begin starts a step.
func (p *Progress) Begin(n, m int, title string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.label, p.begun, p.wait = fmt.Sprintf("[%d/%d] %s", n, m, title), p.now(), ""
	if p.width == 0 {
		fmt.Fprintln(p.out, p.label)
		return
	}
	p.draw()
	p.spin()
}

// Wait says what is waited for.
func (p *Progress) Wait(subject, reason string) {
	what := oneLine(reason)
	if subject != "" {
		what = subject + ": " + what
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	fresh := what != p.wait
	if fresh {
		p.over(now)
		p.wait, p.waitAt = what, now
	}
	if p.width > 0 {
		p.draw()
		return
	}
	switch {
	case what == "":
		return
	case fresh:
		fmt.Fprintf(p.out, "      waiting for %s\n", what)
	case now.Sub(p.saidAt) < again:
		return
	default:
		fmt.Fprintf(p.out, "      waiting for %s (%s)\n", what, short(now.Sub(p.waitAt)))
	}
	p.saidAt = now
}

// over tells of a wait that is over, where that is asked for; the caller holds
// the lock.
func (p *Progress) over(now time.Time) {
	if !p.detailed || p.wait == "" {
		return
	}
	p.erase()
	fmt.Fprintf(p.out, "      waited %s for %s\n", short(now.Sub(p.waitAt)), p.wait)
}

// Note prints a line that stays.
func (p *Progress) Note(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	text := strings.TrimSpace(fmt.Sprintf(format, args...))
	fmt.Fprintln(p.out, "      "+strings.ReplaceAll(text, "\n", "\n      "))
	p.draw()
}

// End closes the step with a mark and the time that it took.
func (p *Progress) End(took time.Duration, err error) {
	p.halt()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over(p.now())
	p.erase()
	mark := "done"
	if err != nil {
		mark = "failed"
	}
	if p.width == 0 {
		fmt.Fprintf(p.out, "      %s in %s\n", mark, short(took))
	} else {
		fmt.Fprintf(p.out, " %s %s (%s)\n", sign(err), p.label, short(took))
	}
	p.label = ""
}

// oneLine is a text as one line: a reason may be an error of several, and a
// live line that is more than one cannot be redrawn. That it is waited for is
// said already.
func oneLine(text string) string {
	return strings.TrimPrefix(strings.Join(strings.Fields(text), " "), "waiting for ")
}

func sign(err error) string {
	if err != nil {
		return "✗"
	}
	return "✓"
}

// short is a duration as people read it: 0.4s, 12s, 3m10s.
func short(d time.Duration) string {
	if d < 10*time.Second {
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	return d.Round(time.Second).String()
}
