package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"golang.org/x/term"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/health"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/ui"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

const (
	// watchPause is between two looks; each look at a cloud costs calls of its
	// API, of which there is a quota.
	watchPause      = 2 * time.Second
	watchCloudPause = 10 * time.Second
	// readEvery is how often the state is read anew: a create may have changed
	// which hosts there are.
	readEvery = 30 * time.Second
)

// watchStatus looks until it is interrupted, which is how it ends: with no
// error. On a terminal the picture is redrawn; elsewhere it is printed when
// something in it has changed.
func (s *session) watchStatus(ctx context.Context, flags statusFlags) error {
	w := &watching{session: s, flags: flags}
	if size := s.terminal(); size != nil && flags.format == "" {
		w.screen = ui.NewScreen(s.env.Out, size)
		defer w.screen.Close()
	}
	for {
		if err := w.look(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(w.every()):
		}
	}
}

// terminal tells the size of the terminal that standard output is; it is nil
// where that is none, or a dumb one.
func (s *session) terminal() func() (columns, rows int) {
	file, ok := s.env.Out.(interface{ Fd() uintptr })
	if !ok || s.env.Width == 0 || !term.IsTerminal(int(file.Fd())) {
		return nil
	}
	return func() (int, int) {
		columns, rows, err := term.GetSize(int(file.Fd()))
		if err != nil {
			return 80, 24
		}
		return columns, rows
	}
}

// watching is one 'status --watch'.
type watching struct {
	*session
	flags  statusFlags
	screen *ui.Screen // nil where nothing is redrawn

	lookout *lookout
	read    time.Time
	last    string // what was printed last, without what changes by itself
}

// look looks once. That it could not be told is shown as well: the next look
// may.
func (w *watching) look(ctx context.Context) error {
	report, err := w.report(ctx)
	if ctx.Err() != nil {
		return nil
	}
	var usage *usageError
	if errors.As(err, &usage) {
		return err
	}
	if err != nil {
		return w.show(err.Error(), func() error {
			if w.screen != nil {
				return w.screen.Draw(err.Error() + "\n")
			}
			w.narrate(err.Error())
			return nil
		})
	}
	same, err := signature(report)
	if err != nil {
		return err
	}
	return w.show(same, func() error { return w.print(report) })
}

// show has something printed where it is other than before, or redrawn.
func (w *watching) show(same string, print func() error) error {
	if w.screen == nil && same == w.last {
		return nil
	}
	w.last = same
	return print()
}

func (w *watching) report(ctx context.Context) (health.Report, error) {
	if w.lookout == nil || time.Since(w.read) > readEvery {
		out, err := w.outputs(ctx)
		if report, is := w.inTheMaking(err); is {
			return report, nil
		}
		if err != nil {
			return health.Report{}, err
		}
		w.lookout, w.read = w.session.lookout(out), time.Now()
	}
	return w.lookout.report(ctx)
}

// signature is a report without what changes by itself: how long answers took.
func signature(report health.Report) (string, error) {
	report.API.Took, report.API.Milliseconds = 0, 0
	planes := report.Planes
	report.Planes = nil
	for _, p := range planes {
		if p.Direct != nil {
			direct := *p.Direct
			direct.Took, direct.Milliseconds = 0, 0
			p.Direct = &direct
		}
		report.Planes = append(report.Planes, p)
	}
	// A silent node's problem counts its seconds; what is wrong is in the node.
	report.Problems = nil
	text, err := json.Marshal(report)
	if err != nil {
		return "", fmt.Errorf("comparing two looks: %w", err)
	}
	return string(text), nil
}

func (w *watching) print(report health.Report) error {
	if w.screen != nil {
		var text bytes.Buffer
		columns, _ := w.screen.Size()
		if err := health.Print(&text, report, health.Style{Wide: w.flags.Output == wide, Columns: columns - 1}); err != nil {
			return err
		}
		fmt.Fprintf(&text, "\n%s, every %s; Ctrl-C ends\n", report.At.Format(time.TimeOnly), w.every())
		return w.screen.Draw(text.String())
	}
	if w.flags.format == "" {
		fmt.Fprintf(w.env.Out, "--- %s\n", report.At.Format(time.RFC3339))
	}
	return w.printStatus(report, w.flags)
}

func (w *watching) every() time.Duration {
	if _, pulls := w.target.(target.Pulling); pulls {
		return watchCloudPause
	}
	return watchPause
}
