package ui

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
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
	screen := ""
	for _, line := range strings.Split(out.String(), "\n") {
		redrawn := strings.Split(line, clear)
		for _, r := range redrawn {
			if n := len([]rune(r)); n > 40 {
				t.Errorf("a line of %d columns on a terminal of 40: %q", n, r)
			}
		}
		screen += redrawn[len(redrawn)-1] + "\n"
	}
	want := "      host a is up\n ✗ [2/3] Bootstrapping nodes (17s)\n\n"
	if screen != want {
		t.Errorf("the screen ends as %q, want %q", screen, want)
	}
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
