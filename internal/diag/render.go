package diag

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// width is that of the narrowest terminal we care for. It is not measured: a
// report reads the same in a log.
const width = 80

// fixLead stands before the fix of a problem.
const fixLead = "  fix: "

// Render writes every problem as
//
//	file:line:column: path: message
//	  5 | the line that is wrong
//	    |     ^
//	  fix: what to write instead
//
// with an empty line between two problems and no newline at the end. The
// source line is left out where its text was not given.
func (r *Report) Render(sources ...Source) string {
	if r.Empty() {
		return ""
	}
	var all []string
	for _, problem := range r.Problems {
		all = append(all, strings.Join(problem.lines(sources), "\n"))
	}
	return strings.Join(all, "\n\n")
}

func (p Problem) lines(sources []Source) []string {
	lines := wrap("", "    ", p.String())
	lines = append(lines, excerpt(p.Position, sources)...)
	if p.Fix != "" {
		lines = append(lines, wrap(fixLead, strings.Repeat(" ", len(fixLead)), p.Fix)...)
	}
	return lines
}

// excerpt is the source line of a position with a caret below the column.
func excerpt(at Position, sources []Source) []string {
	line, found := sourceLine(at, sources)
	if !found || strings.TrimSpace(line) == "" {
		return nil
	}
	gutter := fmt.Sprintf("  %d | ", at.Line)
	text, caret := clip([]rune(line), max(at.Column-1, 0), width-len(gutter))
	lines := []string{gutter + text}
	if at.Column > 0 {
		lines = append(lines, strings.Repeat(" ", len(gutter)-2)+"| "+strings.Repeat(" ", caret)+"^")
	}
	return lines
}

func sourceLine(at Position, sources []Source) (string, bool) {
	for _, source := range sources {
		if source.File != at.File {
			continue
		}
		lines := strings.Split(string(source.Text), "\n")
		if at.Line < 1 || at.Line > len(lines) {
			return "", false
		}
		return strings.TrimSuffix(lines[at.Line-1], "\r"), true
	}
	return "", false
}

// clip makes a line printable and cuts it to the room there is, keeping the
// caret's place in view.
func clip(line []rune, caret, room int) (string, int) {
	caret = min(caret, len(line))
	text := make([]rune, 0, len(line))
	at := 0
	for i, r := range line {
		if i == caret {
			at = len(text)
		}
		switch {
		case r == '\t':
			text = append(text, ' ', ' ')
		case unicode.IsPrint(r):
			text = append(text, r)
		default:
			// A control character could move the cursor or worse.
			text = append(text, unicode.ReplacementChar)
		}
	}
	if caret == len(line) {
		at = len(text)
	}
	if len(text) <= room {
		return strings.TrimRight(string(text), " "), at
	}
	start := max(0, min(at-room/2, len(text)-room))
	end := min(len(text), start+room)
	shown := append([]rune{}, text[start:end]...)
	if start > 0 {
		shown[0] = '…'
	}
	if end < len(text) {
		shown[len(shown)-1] = '…'
	}
	return string(shown), min(at-start, room-1)
}

// wrap breaks text at spaces to fit the width, the first line after lead and
// the others after indent. A word that is too long is left whole, for it is
// a path or a command that someone will paste.
func wrap(lead, indent, text string) []string {
	var lines []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		line, empty := lead, true
		for _, word := range words(paragraph) {
			if !empty && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
				lines = append(lines, line)
				line, empty = indent, true
			}
			if !empty {
				line += " "
			}
			line += word
			empty = false
		}
		lines = append(lines, strings.TrimRight(line, " "))
		lead = indent
	}
	return lines
}

// words splits at spaces but keeps what stands in 'single quotes' together:
// by our convention that is something to type.
func words(text string) []string {
	var out []string
	for fields := strings.Fields(text); len(fields) > 0; {
		n := quoted(fields)
		out = append(out, strings.Join(fields[:n], " "))
		fields = fields[n:]
	}
	return out
}

// quoted counts the fields that the first one's quotation takes: 1 when it
// opens none, and when none is closed, as in "the hosts' own".
func quoted(fields []string) int {
	if !strings.HasPrefix(strings.TrimLeft(fields[0], "("), "'") {
		return 1
	}
	for i, field := range fields {
		closes := strings.HasSuffix(strings.TrimRight(field, ".,:;!?)"), "'")
		if closes && (i > 0 || strings.Count(field, "'") > 1) {
			return i + 1
		}
	}
	return 1
}
