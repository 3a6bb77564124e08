package ui

import (
	"fmt"
	"io"
	"strings"
)

// What a terminal is told (xterm's private mode 1049, ECMA-48 CUP, EL and ED).
const (
	otherScreen = "\x1b[?1049h"
	firstScreen = "\x1b[?1049l"
	home        = "\x1b[H"
	restOfLine  = "\x1b[K"
	restBelow   = "\x1b[J"
)

// Screen is a picture that is drawn over again, on the terminal's second
// screen: what was on the first is there again at the end.
type Screen struct {
	out  io.Writer
	size func() (columns, rows int)
	last string
}

// NewScreen takes a terminal; size is asked at every picture, for people pull at
// windows. Close gives it back.
func NewScreen(out io.Writer, size func() (columns, rows int)) *Screen {
	fmt.Fprint(out, otherScreen)
	return &Screen{out: out, size: size}
}

// Size is the terminal's, now.
func (s *Screen) Size() (columns, rows int) { return s.size() }

// Draw draws a picture over the one before. Lines that do not fit are cut, and
// those below the last are counted.
func (s *Screen) Draw(picture string) error {
	s.last = picture
	columns, rows := s.size()
	lines := strings.Split(strings.TrimRight(picture, "\n"), "\n")
	if hidden := len(lines) - rows; hidden > 0 && rows > 1 {
		lines = append(lines[:rows-1], fmt.Sprintf("(%d more lines)", hidden+1))
	}
	var drawn strings.Builder
	drawn.WriteString(home)
	for i, line := range lines {
		if i > 0 {
			drawn.WriteString("\r\n")
		}
		drawn.WriteString(cut(line, columns-1) + restOfLine)
	}
	drawn.WriteString(restBelow)
	_, err := io.WriteString(s.out, drawn.String()) // in one go, or it flickers
	if err != nil {
		return fmt.Errorf("drawing on the terminal: %w", err)
	}
	return nil
}

// Close returns to the first screen and leaves the last picture there.
func (s *Screen) Close() { fmt.Fprint(s.out, firstScreen+s.last) }
