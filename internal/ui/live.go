package ui

import (
	"fmt"
	"time"
	"unicode/utf8"
)

// clear returns to the first column and erases the line, up goes to the line
// above (ECMA-48 EL and CUU).
const (
	clear = "\r\x1b[K"
	up    = "\x1b[1A"
)

// frames are the spinner's pictures, in order.
const frames = `|/-\`

// draw writes the live lines anew: the step, and below it what is waited for,
// which has a line to itself since it is what one wants to read. The caller
// holds the lock.
func (p *Progress) draw() {
	if p.width == 0 || p.label == "" {
		return
	}
	step := fmt.Sprintf(" %c %s %s", frames[p.frame%len(frames)], p.label, short(p.now().Sub(p.begun)))
	drawn := p.erased() + cut(step, p.width-1)
	p.live = 1
	if p.wait != "" {
		drawn += "\n" + cut("      "+p.wait, p.width-1)
		p.live = 2
	}
	fmt.Fprint(p.out, drawn) // in one go, or it flickers
}

// erase takes the live lines off; the caller holds the lock.
func (p *Progress) erase() {
	fmt.Fprint(p.out, p.erased())
	p.live = 0
}

// erased is what takes the live lines off a terminal.
func (p *Progress) erased() string {
	switch p.live {
	case 0:
		return ""
	case 1:
		return clear
	}
	return clear + up + clear
}

// spin keeps the live line moving until halt; the caller holds the lock.
func (p *Progress) spin() {
	stopped, ticking := make(chan struct{}), make(chan struct{})
	p.stopped, p.ticking = stopped, ticking
	go func() {
		defer close(ticking)
		tick := time.NewTicker(frameEvery)
		defer tick.Stop()
		for {
			select {
			case <-stopped:
				return
			case <-tick.C:
				p.mu.Lock()
				p.frame++
				p.draw()
				p.mu.Unlock()
			}
		}
	}()
}

// halt ends the spinner and waits until it has written its last.
func (p *Progress) halt() {
	p.mu.Lock()
	stopped, ticking := p.stopped, p.ticking
	p.stopped = nil
	p.mu.Unlock()
	if stopped != nil {
		close(stopped)
		<-ticking
	}
}

// cut shortens a line to n columns, with an ellipsis where it cut.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	if n < 1 {
		return ""
	}
	return string([]rune(s)[:n-1]) + "…"
}
