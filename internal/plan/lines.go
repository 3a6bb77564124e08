package plan

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// lines is text in the making.
type lines struct{ strings.Builder }

func (w *lines) say(format string, args ...any) {
	fmt.Fprintf(w, format+"\n", args...)
}

// gap is an empty line between paragraphs.
func (w *lines) gap() {
	if w.Len() > 0 {
		w.WriteByte('\n')
	}
}

// clip says one line, cut to the width of the narrowest terminal.
func (w *lines) clip(format string, args ...any) {
	text := strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", " ")
	if utf8.RuneCountInString(text) > columns {
		text = string([]rune(text)[:columns-1]) + "…"
	}
	w.say("%s", text)
}

// wrap says text after a label, in as many lines as it takes; those that follow
// are indented, as far as there is room.
func (w *lines) wrap(label, text string) {
	indent := strings.Repeat(" ", min(utf8.RuneCountInString(label), 6))
	line, empty := label, true
	for _, word := range strings.Fields(text) {
		if !empty && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > columns {
			w.say("%s", line)
			line, empty = indent, true
		}
		if !empty {
			line += " "
		}
		line, empty = line+word, false
	}
	w.say("%s", strings.TrimRight(line, " "))
}

// table says rows in columns, as kubectl does: three spaces apart.
func (w *lines) table(rows [][]string) {
	wide := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			wide[i] = max(wide[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			line += cell + strings.Repeat(" ", wide[i]-utf8.RuneCountInString(cell)+3)
		}
		w.clip("%s", strings.TrimRight(line, " "))
	}
}
