package schema

import (
	"fmt"
	"slices"
	"strings"
)

// Markdown is the reference of the config for people: a table for each object,
// a line for each field.
func (s *Schema) Markdown() []byte {
	var out strings.Builder
	out.WriteString(`# The cluster config, field by field

Made by 'make update' from the structs and their comments; the same words are in
[cluster.schema.json](cluster.schema.json), for editors, and in
'kubectl anywhere explain FIELD', which says also where each field ends up.
`)
	for f := range s.All() {
		if f.Type == Object {
			s.table(&out, f)
		}
	}
	return []byte(out.String())
}

// table describes the fields of an object.
func (s *Schema) table(out *strings.Builder, f *Field) {
	title := f.Path
	if title == "" {
		title = "The document"
	}
	fmt.Fprintf(out, "\n## %s\n\n", title)
	if targets := s.TargetsOf(f); len(targets) > 0 && len(targets) < len(s.Targets) {
		fmt.Fprintf(out, "On %s.\n\n", strings.Join(targets, ", "))
	}
	out.WriteString("| field | type | default | what it is |\n|---|---|---|---|\n")
	for _, inner := range f.Fields {
		fmt.Fprintf(out, "| `%s` | %s | %s | %s |\n", inner.Name, inner.TypeWords(), cell(s.defaultCell(inner)), cell(s.docCell(inner)))
	}
}

func (s *Schema) defaultCell(f *Field) string {
	if f.Required && !slices.Contains(s.Targets, f.Name) {
		return "required"
	}
	e := s.Explain(f, false)
	return strings.Join(e.defaultLines(), "; ")
}

func (s *Schema) docCell(f *Field) string {
	words := f.Doc
	if !f.Choices.Open && f.Choices.Of == "" && len(f.Choices.Values) > 1 {
		words += " One of " + strings.Join(f.Choices.Values, ", ") + "."
	}
	if f.Least != nil && f.Most != nil {
		words += fmt.Sprintf(" %d to %d.", *f.Least, *f.Most)
	}
	return words
}

// cell is text that can stand in a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
