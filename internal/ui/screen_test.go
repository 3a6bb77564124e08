package ui

import (
	"bytes"
	"strings"
	"testing"
)

func TestScreen_DrawsWithinTheTerminalAndGivesItBack(t *testing.T) {
	var out bytes.Buffer
	rows := 3
	s := NewScreen(&out, func() (int, int) { return 10, rows })
	if out.String() != otherScreen {
		t.Errorf("it begins with %q", out.String())
	}
	out.Reset()
	if err := s.Draw("one\nthe second is long\nthree\nfour\n"); err != nil {
		t.Fatal(err)
	}
	want := home + "one" + restOfLine + "\r\nthe seco…" + restOfLine + "\r\n(2 more …" + restOfLine + restBelow
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
	out.Reset()
	rows = 24 // somebody pulled at the window
	if err := s.Draw("one\ntwo\n"); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != home+"one"+restOfLine+"\r\ntwo"+restOfLine+restBelow {
		t.Errorf("got %q", got)
	}
	if strings.Contains(out.String(), "\x1b[2J") {
		t.Error("a screen that is cleared first flickers")
	}
	out.Reset()
	s.Close()
	if out.String() != firstScreen+"one\ntwo\n" {
		t.Errorf("it ends with %q", out.String())
	}
}
