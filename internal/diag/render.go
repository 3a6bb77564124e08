package diag

import (
	"fmt"
	"strings"
)

// columns is the width of the narrowest terminal we care for. It is not
// measured: a report reads the same in a log.
const columns = 80

// MostDrawn is how many problems a report draws. Whoever has more has given
// the wrong file, or makes the same mistake again and again.
const MostDrawn = 100

// fixLead stands before the fix of a problem.
const fixLead = "  fix: "

// Render writes every problem as
//
//	file:line:column: path: message
//	  5 | the line that is wrong
//	    |     ^~~~~
//	  fix: what to write instead
//
// with an empty line between two problems and no newline at the end. The
// source line is left out where its text was not given.
func (r *Report) Render(sources ...Source) string {
	if r.Empty() {
		return ""
	}
	texts := map[string][]string{}
	for _, source := range sources {
		texts[source.File] = strings.Split(strings.TrimPrefix(string(source.Text), "\ufeff"), "\n")
	}
	var all []string
	for i, problem := range r.Problems {
		if i == MostDrawn {
			all = append(all, fmt.Sprintf("… and %d more problems; mend these first", len(r.Problems)-i))
			break
		}
		all = append(all, strings.Join(problem.lines(texts), "\n"))
	}
	return strings.Join(all, "\n\n")
}

func (p Problem) lines(texts map[string][]string) []string {
	p.Message, p.Path = brief(p.Message), brief(p.Path)
	lines := wrap("", "    ", p.String())
	lines = append(lines, p.excerpt(texts[p.Position.File])...)
	if p.Fix != "" {
		lines = append(lines, wrap(fixLead, strings.Repeat(" ", len(fixLead)), p.Fix)...)
	}
	return lines
}

// excerpt is the source line of a problem with a caret below the column.
func (p Problem) excerpt(text []string) []string {
	at := p.Position
	if at.Line < 1 || at.Line > len(text) {
		return nil
	}
	line := strings.TrimSuffix(text[at.Line-1], "\r")
	if strings.TrimSpace(line) == "" {
		return nil
	}
	gutter := fmt.Sprintf("  %d | ", at.Line)
	shown, before, under := clip(line, max(at.Column-1, 0), max(p.Span, 1), columns-len(gutter))
	lines := []string{gutter + shown}
	if at.Column > 0 {
		caret := "^" + strings.Repeat("~", under-1)
		lines = append(lines, strings.Repeat(" ", len(gutter)-2)+"| "+strings.Repeat(" ", before)+caret)
	}
	return lines
}
