package health

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// wrapped writes words after a lead, further lines indented.
func wrapped(w io.Writer, lead, indent, text string, style Style) {
	line, width := lead, utf8.RuneCountInString(lead)
	empty := true
	for _, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		if !empty && !style.Wide && width+1+n > style.Columns {
			fmt.Fprintln(w, strings.TrimRight(line, " "))
			line, width, empty = indent, utf8.RuneCountInString(indent), true
		}
		if !empty {
			line, width = line+" ", width+1
		}
		line, width, empty = line+word, width+n, false
	}
	fmt.Fprintln(w, strings.TrimRight(line, " "))
}

// cut shortens a line to n columns, with an ellipsis where it cut.
func cut(line string, n int) string {
	if utf8.RuneCountInString(line) <= n {
		return line
	}
	return string([]rune(line)[:n-1]) + "…"
}
