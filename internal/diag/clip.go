package diag

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// tabCells is how wide a tab is drawn. Real stops would move with what stands
// before the line.
const tabCells = 2

// cell is one character as it is drawn, and how many columns it takes.
type cell struct {
	text string
	wide int
}

// drawn is a character as a terminal can show it: a control character could
// move the cursor or worse.
func drawn(r rune) cell {
	switch {
	case r == '\t':
		return cell{strings.Repeat(" ", tabCells), tabCells}
	case unicode.In(r, unicode.Mn, unicode.Me):
		return cell{string(r), 0}
	case !unicode.IsPrint(r):
		return cell{string(unicode.ReplacementChar), 1}
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return cell{string(r), 2}
	}
	return cell{string(r), 1}
}

// cells is how many columns a text takes on a terminal.
func cells(text string) int {
	sum := 0
	for _, r := range text {
		sum += drawn(r).wide
	}
	return sum
}

// clip makes a line printable and cuts it to the room there is, in cells,
// keeping in view the character from, which begins what is marked. It tells
// how many cells stand before that, and how many below it to mark: at least
// one, and no more than are shown of span characters.
func clip(line string, from, span, room int) (text string, before, under int) {
	all, from, cutLeft, cutRight := window(line, from, room)
	start, end := 0, len(all)
	if cutLeft || cutRight || sum(all) > room {
		fit := room - 2 // for what stands for the rest
		start, end = from, from
		used := 0
		for start > 0 && used+all[start-1].wide <= fit/2 {
			start--
			used += all[start].wide
		}
		for end < len(all) && used+all[end].wide <= fit {
			used += all[end].wide
			end++
		}
		for start > 0 && used+all[start-1].wide <= fit {
			start--
			used += all[start].wide
		}
	}
	var out strings.Builder
	if cutLeft || start > 0 {
		out.WriteString("…")
		before = 1
	}
	for _, c := range all[start:end] {
		out.WriteString(c.text)
	}
	if cutRight || end < len(all) {
		out.WriteString("…")
	}
	before += sum(all[start:from])
	marked := min(from+span, end)
	return strings.TrimRight(out.String(), " "), before, max(1, sum(all[from:max(from, marked)]))
}

// window is the part of a line that can be in view: a line may be as long as
// the file.
func window(line string, from, room int) (all []cell, at int, cutLeft, cutRight bool) {
	i := 0
	for _, r := range line {
		switch {
		case i < from-room:
			cutLeft = true
		case i > from+room:
			return all, at, cutLeft, true
		default:
			if i < from {
				at++
			}
			all = append(all, drawn(r))
		}
		i++
	}
	return all, at, cutLeft, false
}

func sum(all []cell) int {
	n := 0
	for _, c := range all {
		n += c.wide
	}
	return n
}
