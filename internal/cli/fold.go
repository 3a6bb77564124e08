package cli

import "strings"

// fold breaks the lines of a text that are longer than a terminal is wide,
// between words. What stands between single quotes is there to be typed, and
// stays whole. A width of zero is that of no terminal, and changes nothing.
func fold(text string, width int) string {
	if width <= 0 {
		return text
	}
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, foldedLine(line, width)...)
	}
	return strings.Join(lines, "\n")
}

func foldedLine(line string, width int) (lines []string) {
	if len([]rune(line)) <= width {
		return []string{line}
	}
	row := ""
	for i, word := range unbroken(line) {
		switch {
		case i == 0:
			row = word
		case len([]rune(row))+1+len([]rune(word)) <= width:
			row += " " + word
		default:
			lines = append(lines, row)
			row = "  " + word
		}
	}
	return append(lines, row)
}

// unbroken are the words of a line; those between single quotes are one.
func unbroken(line string) (words []string) {
	within := false
	for word := range strings.SplitSeq(line, " ") {
		opens := strings.HasPrefix(strings.TrimLeft(word, "("), "'")
		closes := strings.HasSuffix(strings.TrimRight(word, ";,.:)?"), "'")
		if within {
			words[len(words)-1] += " " + word
		} else {
			words = append(words, word)
		}
		within = (within || opens) && !closes
	}
	return words
}
