package ui

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// script runs one failing step with a wait that goes on for a while.
func script(p *Progress, clock *time.Time) {
	p.now = func() time.Time { return *clock }
	p.Begin(2, 3, "Bootstrapping nodes")
	p.Wait("anywhere-workers-1", "docker.service")
	*clock = clock.Add(5 * time.Second)
	p.Wait("anywhere-workers-1", "docker.service")
	*clock = clock.Add(12 * time.Second)
	p.Wait("anywhere-workers-1", "docker.service")
	p.Note("host %s is up", "a")
	p.End(17*time.Second, errors.New("x"))
}

func TestProgress_PlainSaysAWaitOnceAndAgainAfterAWhile(t *testing.T) {
	var out bytes.Buffer
	clock := time.Unix(0, 0)
	script(New(&out, 0), &clock)
	want := `[2/3] Bootstrapping nodes
      waiting for anywhere-workers-1: docker.service
      waiting for anywhere-workers-1: docker.service (17s)
      host a is up
      failed in 17s
`
	if out.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", out.String(), want)
	}
}

func TestProgress_TerminalLeavesOneLineAStepWithinItsWidth(t *testing.T) {
	var out bytes.Buffer
	clock := time.Unix(0, 0)
	script(New(&out, 40), &clock)
	screen, widest := show(out.String())
	if want := "      host a is up\n ✗ [2/3] Bootstrapping nodes (17s)\n"; screen != want {
		t.Errorf("the screen ends as %q, want %q", screen, want)
	}
	if widest > 40 {
		t.Errorf("a line has %d columns on a terminal of 40", widest)
	}
}

func TestProgress_TerminalShowsTheWaitOnALineOfItsOwn(t *testing.T) {
	var out bytes.Buffer
	p := New(&out, 60)
	p.now = func() time.Time { return time.Unix(0, 0) }
	p.Begin(1, 2, "Starting")
	p.Wait("host-1", "docker.service")
	p.Wait("host-1", "kubelet.service")
	before, _ := show(out.String())
	p.Wait("", "")
	p.halt()
	if after, _ := show(out.String()); strings.Contains(after, "kubelet.service") {
		t.Errorf("a wait that is over stays on the screen: %q", after)
	}
	screen := before
	lines := strings.Split(screen, "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], "[1/2] Starting") || lines[1] != "      host-1: kubelet.service" {
		t.Errorf("the screen is %q", screen)
	}
}

// show is what a terminal shows in the end, and its widest line at any time.
func show(text string) (screen string, widest int) {
	lines, at := []string{""}, 0
	for text != "" {
		switch {
		case strings.HasPrefix(text, clear):
			lines[at], text = "", text[len(clear):]
		case strings.HasPrefix(text, up):
			at, text = at-1, text[len(up):]
		case text[0] == '\n':
			if at, text = at+1, text[1:]; at == len(lines) {
				lines = append(lines, "")
			}
		default:
			r, size := utf8.DecodeRuneInString(text)
			lines[at] += string(r)
			widest = max(widest, utf8.RuneCountInString(lines[at]))
			text = text[size:]
		}
	}
	return strings.Join(lines, "\n"), widest
}

func TestCut_CountsCharactersNotBytes(t *testing.T) {
	if got := cut("äöüß", 4); got != "äöüß" {
		t.Errorf("got %q", got)
	}
	if got := cut("äöüßa", 4); got != "äöü…" {
		t.Errorf("got %q", got)
	}
}

func TestProgress_KeepsAWaitOnOneLineAndIndentsANote(t *testing.T) {
	var out bytes.Buffer
	p := New(&out, 0)
	p.Begin(1, 1, "Waiting")
	p.Wait("a", "waiting for one\nand\ttwo")
	p.Note("first\nsecond %d%%\n", 5)
	p.End(time.Second, nil)
	want := `[1/1] Waiting
      waiting for a: one and two
      first
      second 5%
      done in 1.0s
`
	if out.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", out.String(), want)
	}
}
