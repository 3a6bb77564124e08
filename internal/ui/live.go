package ui

import (
	"fmt"
	"time"
	"unicode/utf8"
)

// clear returns to the first column and erases the line (ECMA-48 EL).
const clear = "\r\x1b[K"

// frames are the spinner's pictures, in order.
const frames = `|/-\`

// draw writes the live line anew; the caller holds the lock.
func (p *Progress) draw() {
	if p.width == 0 || p.label == "" {
		return
	}
	now := p.now()
	line := fmt.Sprintf(" %c %s %s", frames[p.frame%len(frames)], p.label, short(now.Sub(p.begun)))
	if p.wait != "" {
		line += " · " + p.wait
	}
	fmt.Fprint(p.out, clear+cut(line, p.width-1))
	p.live = true
}

// erase takes the live line off; the caller holds the lock.
func (p *Progress) erase() {
	if p.live {
		fmt.Fprint(p.out, clear)
		p.live = false
	}
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
