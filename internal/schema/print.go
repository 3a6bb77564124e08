package schema

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// columns is how wide what is printed for people may be.
const columns = 80

// Print writes an explanation in the manner of 'kubectl explain'.
func (e *Explanation) Print(w io.Writer, recursive bool) error {
	p := &printer{}
	p.line("KIND:       %s", config.Kind)
	p.line("VERSION:    %s", config.APIVersion)
	p.line("")
	if e.Path != "" {
		name := e.Path[strings.LastIndexByte(e.Path, '.')+1:]
		p.line("FIELD: %s <%s>%s", name, e.Type, required(*e))
		p.line("")
	}
	p.section("DESCRIPTION", e.Description)
	if !recursive {
		e.details(p)
	}
	if len(e.Fields) > 0 {
		p.line("FIELDS:")
		p.fields(e.Fields, "  ", recursive)
		p.line("")
	}
	_, err := io.WriteString(w, strings.TrimRight(p.text.String(), "\n")+"\n")
	if err != nil {
		return fmt.Errorf("writing the explanation: %w", err)
	}
	return nil
}

// details are what is known of a value.
func (e *Explanation) details(p *printer) {
	p.section("DEFAULT", e.defaultLines()...)
	title := "ALLOWED VALUES"
	if e.Open {
		title = "USUAL VALUES"
	}
	p.section(title, e.valueLines()...)
	switch {
	case e.Minimum != nil && e.Maximum != nil:
		p.section("BOUNDS", fmt.Sprintf("%d to %d", *e.Minimum, *e.Maximum))
	case e.Minimum != nil:
		p.section("BOUNDS", fmt.Sprintf("%d or more", *e.Minimum))
	case e.MaximumLength > 0:
		p.section("BOUNDS", fmt.Sprintf("%d characters at most, of the form %s", e.MaximumLength, e.Form))
	}
	if e.Example != "" {
		p.section("EXAMPLE", e.Example)
	}
	if len(e.Targets) > 0 {
		p.section("USED BY TARGETS", strings.Join(e.Targets, ", "))
	}
	p.section("WHERE IT ENDS UP", e.placeLines()...)
}

// required marks a field that must be written; of a target's block, that this
// is so for that target only.
func required(e Explanation) string {
	switch {
	case !e.Required:
		return ""
	case len(e.Targets) == 1 && e.Path == "spec."+e.Targets[0]:
		return " -required by this target-"
	}
	return " -required-"
}

// printer gathers lines.
type printer struct{ text strings.Builder }

func (p *printer) line(format string, args ...any) { fmt.Fprintf(&p.text, format+"\n", args...) }

// section writes paragraphs below a title, and nothing where there are none.
func (p *printer) section(title string, paragraphs ...string) {
	if strings.Join(paragraphs, "") == "" {
		return
	}
	p.line("%s:", title)
	for _, paragraph := range paragraphs {
		hang := "    "
		if len(paragraphs) > 1 {
			hang = "      "
		}
		p.wrapped("    ", hang, paragraph)
	}
	p.line("")
}

// fields lists fields, with what they are; in a recursive list their names and
// types alone, as kubectl has it.
func (p *printer) fields(fields []Explanation, indent string, recursive bool) {
	for _, e := range fields {
		p.line("%s%s <%s>%s", indent, e.Path[strings.LastIndexByte(e.Path, '.')+1:], e.Type, required(e))
		if recursive {
			p.fields(e.Fields, indent+"  ", true)
			continue
		}
		words := e.Description
		if lines := e.defaultLines(); len(lines) == 1 {
			words += " Default: " + strings.TrimSuffix(lines[0], ".") + "."
		}
		p.wrapped(indent+"  ", indent+"  ", words)
		p.line("")
	}
}

// wrapped writes words in lines that fit, the later ones further in; a word
// that is longer than a line stays whole.
func (p *printer) wrapped(indent, hang, text string) {
	line, empty := indent, true
	for _, word := range strings.Fields(text) {
		switch {
		case empty:
			line += word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > columns:
			p.line("%s", line)
			line = hang + word
		default:
			line += " " + word
		}
		empty = false
	}
	p.line("%s", line)
}
