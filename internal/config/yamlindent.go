package config

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
)

// indented puts a problem of lines that do not fit together to the line that is
// indented otherwise than all above it: the YAML parser names the object or the
// list that it is in, which may begin far above.
func indented(problem *diag.Problem, text []byte, message string) bool {
	if !strings.Contains(message, "did not find expected key") && !strings.Contains(message, "did not find expected '-' indicator") &&
		!strings.Contains(message, "mapping values are not allowed") {
		return false
	}
	line, indent, levels := misfit(text)
	if line == 0 {
		return false
	}
	problem.Position.Line, problem.Position.Column = line, indent+1
	problem.Message = fmt.Sprintf("the file is not valid YAML: this line is indented by %d, which fits nothing above it", indent)
	problem.Fix = "indent it by " + likeliest(levels, indent) + ", as what it belongs to"
	return true
}

// misfit is the first line that is indented otherwise than every object and
// list that is open there, its indentation and those that it could have: of
// items where it is one, and else of fields. Line 0 where there is none, or
// where that cannot be told for sure.
func misfit(text []byte) (line, indent int, levels []int) {
	open := []level{{}}
	opens := true // the line before begins an object or a list
	block := -1   // the indentation of what a block of text belongs to
	for number, raw := range bytes.Split(text, []byte("\n")) {
		said := strings.TrimSpace(string(raw))
		at := len(raw) - len(bytes.TrimLeft(raw, " "))
		if said == "" || strings.HasPrefix(said, "#") || block >= 0 && at > block {
			continue
		}
		if goesOn(said) {
			return 0, 0, nil
		}
		before := slices.Clone(open)
		for len(open) > 1 && open[len(open)-1].indent > at {
			open = open[:len(open)-1]
		}
		switch top := open[len(open)-1]; {
		case top.indent == at:
		case opens && len(open) == len(before):
			open = append(open, level{indent: at})
		default:
			return number + 1, at, suiting(before, strings.HasPrefix(said, "-"))
		}
		inner := at
		for strings.HasPrefix(said, "- ") {
			rest := strings.TrimLeft(said[1:], " ")
			open[len(open)-1].items = true
			inner += len(said) - len(rest)
			open = append(open, level{indent: inner})
			said = rest
		}
		opens, block = begins(said), -1
		if last := said[strings.LastIndexByte(said, ' ')+1:]; strings.HasPrefix(last, "|") || strings.HasPrefix(last, ">") {
			block = inner
		}
	}
	return 0, 0, nil
}

// level is an object or list that is open, by how far it is indented.
type level struct {
	indent int
	items  bool
}

// goesOn tells of a line that is indented with tabs, or has braces or quotes
// that are not closed on it: what follows goes by other rules.
func goesOn(said string) bool {
	odd := strings.Count(said, `"`)%2 + strings.Count(said, "'")%2
	return odd > 0 || strings.Count(said, "{") != strings.Count(said, "}") || strings.Count(said, "[") != strings.Count(said, "]") ||
		strings.Contains(said, "\t") || strings.HasPrefix(said, "---") || strings.HasPrefix(said, "%")
}

// begins tells whether something may stand below a line, further in.
func begins(said string) bool {
	said, _, _ = strings.Cut(said, " #")
	said = strings.TrimSpace(said)
	return strings.HasSuffix(said, ":") || said == "-" || strings.Contains(said, ": &") || strings.Contains(said, ": !")
}

// suiting are the levels of items, or those of fields; all, where there is none.
func suiting(open []level, items bool) []int {
	var fit, all []int
	for _, l := range open {
		all = append(all, l.indent)
		if l.items == items {
			fit = append(fit, l.indent)
		}
	}
	if len(fit) == 0 {
		return all
	}
	return fit
}

// likeliest is the level that is likeliest meant, or the two.
func likeliest(levels []int, indent int) string {
	best := levels[0]
	text := fmt.Sprint(best)
	for _, level := range levels[1:] {
		switch far, farthest := max(level-indent, indent-level), max(best-indent, indent-best); {
		case far < farthest:
			best, text = level, fmt.Sprint(level)
		case far == farthest && level != best:
			text = fmt.Sprintf("%d or %d", best, level)
		}
	}
	return text
}
