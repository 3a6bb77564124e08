package ui

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
)

// Style is how the error stream speaks.
type Style struct {
	// JSON has every line be one JSON object, for programs.
	JSON bool
	// Quiet has nothing said but errors.
	Quiet bool
	// Level is how much more than usual is said: 0 nothing, 1 details of what
	// is done, 2 the requests that are made for it.
	Level int
}

// Voice is the error stream, in the style that the user asked for. As a writer
// it takes what is narrated, line by line; what must be seen by whoever types,
// as questions and screens, goes to Terminal. It may be used from several
// goroutines.
type Voice struct {
	out   io.Writer
	width int
	now   func() time.Time

	mu      sync.Mutex
	style   Style
	records *slog.Logger // nil in text
	pending []byte       // the beginning of a line, where lines are records
	drawn   *Progress    // the progress that may have live lines; nil for none
}

// NewVoice speaks on out in text until it is told another style. width is that
// of New.
func NewVoice(out io.Writer, width int) *Voice {
	if out == nil {
		out = io.Discard
	}
	return &Voice{out: out, width: width, now: time.Now}
}

// Use changes the style, for what is said from now on.
func (v *Voice) Use(s Style) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.style, v.records = s, nil
	if s.JSON {
		v.records = slog.New(slog.NewJSONHandler(v.out, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: v.plain}))
	}
}

// plain has times in UTC and levels in lower case.
func (v *Voice) plain(groups []string, a slog.Attr) slog.Attr {
	switch {
	case len(groups) > 0:
	case a.Key == slog.TimeKey:
		a.Value = slog.StringValue(v.now().UTC().Format("2006-01-02T15:04:05.000Z07:00"))
	case a.Key == slog.LevelKey:
		a.Value = slog.StringValue(strings.ToLower(a.Value.String()))
	}
	return a
}

// Terminal is the stream itself, whatever the style.
func (v *Voice) Terminal() io.Writer { return v.out }

// Width is the columns of the terminal that it speaks on, zero for none.
func (v *Voice) Width() int { return v.width }

// Style is the one in use.
func (v *Voice) Style() Style {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.style
}

// Write narrates: text as it is, a record a line, or nothing at all.
func (v *Voice) Write(p []byte) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case v.style.Quiet:
		return len(p), nil
	case v.records == nil:
		return v.out.Write(p)
	}
	v.pending = append(v.pending, p...)
	for {
		line, rest, whole := bytes.Cut(v.pending, []byte("\n"))
		if !whole {
			return len(p), nil
		}
		v.say(string(line))
		v.pending = rest
	}
}

// say makes a record of a line; the caller holds the lock.
func (v *Voice) say(line string) {
	line = strings.TrimSpace(line)
	level := slog.LevelInfo
	if rest, is := strings.CutPrefix(line, "warning: "); is {
		line, level = rest, slog.LevelWarn
	}
	if line != "" {
		v.records.Log(context.Background(), level, line)
	}
}

// Detail says what is only told to those who asked for that level, or more.
func (v *Voice) Detail(level int, format string, args ...any) {
	v.mu.Lock()
	style, drawn := v.style, v.drawn
	v.mu.Unlock()
	text := oneLine(fmt.Sprintf(format, args...))
	switch {
	case level > style.Level || style.Quiet:
	case style.JSON:
		v.record(slog.LevelDebug, text)
	case drawn != nil:
		drawn.Note("%s", text)
	default:
		fmt.Fprintln(v.out, "      "+text)
	}
}

// Fail makes a record of a failure, with pairs of keys and values. It does
// nothing, and says so, where the style is text: the caller knows how to put it.
func (v *Voice) Fail(text string, pairs ...any) bool {
	if !v.Style().JSON {
		return false
	}
	v.record(slog.LevelError, text, pairs...)
	return true
}

func (v *Voice) record(level slog.Level, text string, pairs ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.records != nil && (!v.style.Quiet || level >= slog.LevelError) {
		v.records.Log(context.Background(), level, text, pairs...)
	}
}

// Close says what was begun and not ended by a newline.
func (v *Voice) Close() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.records != nil && !v.style.Quiet {
		v.say(string(v.pending))
	}
	v.pending = nil
}

// Progress tells how a plan goes on, in the style in use.
func (v *Voice) Progress() phase.Reporter {
	style := v.Style()
	switch {
	case style.JSON:
		return &records{voice: v}
	case style.Quiet:
		return silence{}
	}
	p := New(v.out, v.width)
	p.detailed = style.Level > 0
	v.mu.Lock()
	defer v.mu.Unlock()
	v.drawn = p
	return p
}
