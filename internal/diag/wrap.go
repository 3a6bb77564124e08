package diag

import "strings"

// longest is how many columns of one word a message shows. What is longer is
// not read but recognised, by how it begins and ends.
const longest = 60

// brief cuts the words of a message that nobody reads to the end. Fixes are
// left as they are: they are for pasting.
func brief(message string) string {
	if cells(message) <= longest {
		return message
	}
	all := strings.Split(message, " ")
	for i, word := range all {
		runes := []rune(word)
		if len(runes) > longest || cells(word) > longest {
			head, tail := runes[:longest/3], runes[len(runes)-longest/6:]
			all[i] = string(head) + "…" + string(tail)
		}
	}
	return strings.Join(all, " ")
}

// Wrap breaks text at spaces into lines of at most 80 columns, the first after
// lead and the others after indent. What stands in 'single quotes', a command
// to paste, is kept whole.
func Wrap(lead, indent, text string) []string { return wrap(lead, indent, text) }

// wrap breaks text at spaces to fit the width, the first line after lead and
// the others after indent. A word that is too long is left whole, for it is
// a path or a command that someone will paste.
func wrap(lead, indent, text string) []string {
	var lines []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		line, empty := lead, true
		for _, word := range words(paragraph) {
			if !empty && cells(line)+1+cells(word) > columns {
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
