package plan

import (
	"strings"
	"unicode/utf8"
)

// longest is how many letters of a value are kept in a plan: a first-boot
// script has thousands, and what differs is seen in less.
const longest = 240

// Change is one property of a resource that would be another.
type Change struct {
	// Path names it as Pulumi does: bootDisk.size, versions[0].name.
	Path string `json:"path"`
	// Old and New are its values in one line, cut where they are long; none
	// where there is no such value, both where they do not show what differs.
	Old string `json:"old,omitempty"`
	New string `json:"new,omitempty"`
}

// ChangeOf is a change of a property; of long values the part is kept in which
// they differ.
func ChangeOf(path, old, new string) Change {
	old, new = Shorten(old, new, longest)
	return Change{Path: path, Old: old, New: new}
}

// Changes are the fields of an object that differ, read from the lines of
// kube.Change: spec.replicas: 1 -> 2.
func (o Object) Changes() []Change {
	var out []Change
	for _, field := range o.Fields {
		c := Change{Path: field}
		if path, values, ok := strings.Cut(field, ": "); ok {
			if old, new, ok := strings.Cut(values, " -> "); ok {
				c = Change{Path: path, Old: old, New: new}
			}
		}
		out = append(out, c)
	}
	return out
}

// Shown is the change in one line of a width: size: 50 -> 100.
func (c Change) Shown(width int) string {
	if c.Old == "" && c.New == "" {
		return c.Path
	}
	const around = len(": ") + len(" -> ")
	old, new := c.Old, c.New
	if old == "" {
		old = "(none)"
	}
	if new == "" {
		new = "(none)"
	}
	room := width - utf8.RuneCountInString(c.Path) - around
	// What the shorter value leaves goes to the longer one.
	each := max(room/2, leastShown)
	each = max(each, room-min(utf8.RuneCountInString(old), utf8.RuneCountInString(new)))
	if utf8.RuneCountInString(old)+utf8.RuneCountInString(new) > room {
		old, new = Shorten(old, new, each)
	}
	return c.Path + ": " + old + " -> " + new
}

// change says a change in one line, or where its path leaves too little room
// for the values, in two.
func (w *lines) change(indent string, c Change) {
	width := columns - len(indent)
	one := c.Shown(width)
	if long := utf8.RuneCountInString(c.Path) > width/2; !long || c.Old == "" && c.New == "" || one == c.Shown(10*longest) {
		w.clip("%s%s", indent, one)
		return
	}
	w.clip("%s%s:", indent, c.Path)
	c.Path = ""
	w.clip("%s  %s", indent, strings.TrimPrefix(c.Shown(width), ": "))
}

// leastShown is what of a value is shown however long its path is.
const leastShown = 12

// Shorten cuts two values to a number of letters each, so that what differs
// between them stays: what they have in common at their ends goes first, and
// then their middles.
func Shorten(a, b string, most int) (string, string) {
	first, second := []rune(a), []rune(b)
	if len(first) <= most && len(second) <= most {
		return a, b
	}
	if len(first) > 0 && len(second) > 0 {
		begin := 0
		for begin < min(len(first), len(second)) && first[begin] == second[begin] {
			begin++
		}
		end := 0
		for end < min(len(first), len(second))-begin && first[len(first)-1-end] == second[len(second)-1-end] {
			end++
		}
		context := most / 4
		begin, end = max(0, begin-context), max(0, end-context)
		first, second = inner(first, begin, end), inner(second, begin, end)
	}
	return string(middleOut(first, most)), string(middleOut(second, most))
}

// inner leaves out so many letters at either end, and says so.
func inner(text []rune, begin, end int) []rune {
	var out []rune
	if begin > 1 {
		out = append(out, '…')
	} else {
		begin = 0
	}
	if end <= 1 {
		return append(out, text[begin:]...)
	}
	return append(append(out, text[begin:len(text)-end]...), '…')
}

// middleOut cuts the middle out of a text that is longer than that.
func middleOut(text []rune, most int) []rune {
	if len(text) <= most {
		return text
	}
	head := most / 2
	tail := most - head - 1
	return append(append(append([]rune{}, text[:head]...), '…'), text[len(text)-tail:]...)
}
