package doctor

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// width is the narrowest terminal that everything is readable on.
const width = 80

// nameColumn is where the details begin.
const nameColumn = 20

// Printer writes results for people, group by group, as they come.
type Printer struct {
	out io.Writer
	// signs are used where the terminal can draw them, else words.
	signs bool
	group string
	err   error
}

// NewPrinter prints to out: with signs (✓ ! ✗ -) where it can draw them.
func NewPrinter(out io.Writer, signs bool) *Printer { return &Printer{out: out, signs: signs} }

// mark is the sign or the word of a state; all are of the same width.
func (p *Printer) mark(s State) string {
	if p.signs {
		return map[State]string{OK: "✓", Skipped: "-", Unknown: "?", Warning: "!", Failed: "✗"}[s]
	}
	return fmt.Sprintf("%-7s", map[State]string{OK: "ok", Skipped: "skipped", Unknown: "unknown", Warning: "WARNING", Failed: "FAILED"}[s])
}

// Print writes the results of one check.
func (p *Printer) Print(results []Result) {
	for i, r := range results {
		if r.Group != p.group {
			if p.group != "" {
				p.line("")
			}
			p.group = r.Group
			p.line(titled(r.Group))
		}
		name := r.Check
		if i > 0 && results[i-1].Check == r.Check {
			name = "" // said one line above
		}
		p.result(name, r)
	}
}

func titled(group string) string {
	if group == "api" {
		return "API"
	}
	return strings.ToUpper(group[:1]) + strings.ReplaceAll(group[1:], "-", " ")
}

func (p *Printer) result(name string, r Result) {
	lead := fmt.Sprintf("  %s %-*s ", p.mark(r.State), nameColumn-5, name)
	detail := oneLine(r.Detail)
	if r.Subject != "" {
		detail = strings.TrimSuffix(r.Subject+": "+detail, ": ")
	}
	indent := strings.Repeat(" ", utf8.RuneCountInString(lead))
	for i, line := range wrap(detail, width-utf8.RuneCountInString(lead)) {
		if i == 0 {
			p.line(strings.TrimRight(lead+line, " "))
		} else {
			p.line(indent + line)
		}
	}
	if r.Fix == "" {
		return
	}
	fixLead := indent + "fix: "
	for i, line := range wrap(oneLine(r.Fix), width-utf8.RuneCountInString(fixLead)) {
		if i > 0 {
			fixLead = indent + "     "
		}
		p.line(fixLead + line)
	}
}

// Summary is the line that ends the report.
func (p *Printer) Summary(r *Report) error {
	var parts []string
	for _, state := range []State{OK, Warning, Failed, Skipped, Unknown} {
		if n := r.Summary[state]; n > 0 {
			word := string(state)
			if state == Warning && n > 1 {
				word = "warnings"
			}
			parts = append(parts, fmt.Sprintf("%d %s", n, word))
		}
	}
	p.line("")
	if len(parts) == 0 {
		parts = []string{"nothing was checked"}
	}
	p.line(strings.Join(parts, ", "))
	return p.err
}

func (p *Printer) line(text string) {
	if _, err := fmt.Fprintln(p.out, text); err != nil && p.err == nil {
		p.err = fmt.Errorf("printing what was found: %w", err)
	}
}

// wrap breaks a text at spaces into lines of at most room columns. A word that
// is longer is left whole: it is a path or part of a command.
func wrap(text string, room int) []string {
	lines, line := []string{}, ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > room:
			lines, line = append(lines, line), word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}
