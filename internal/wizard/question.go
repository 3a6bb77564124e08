package wizard

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/schema"
)

// Question is what a driver asks.
type Question struct {
	// ID is unique in the wizard: the path of the field, or a menu's own.
	ID string
	// Section is what part of the config it is about.
	Section string
	// Title is the question in a few words, Path the field it sets, if any.
	Title, Path string
	// Help says what the field is.
	Help string
	// Body is text to read before answering: the summary.
	Body string
	// Options are all answers there are; none where one is to be typed.
	Options []Option
	// Suggestions are usual answers of a question that others are possible to.
	Suggestions []string
	// Several tells that the answer is a list, with commas between its items.
	Several bool
	// Value is the answer as the config has it now, empty where it has none.
	Value string
	// Default is what an empty answer means, empty where it means nothing.
	Default string
	// Example is something that could be answered.
	Example string
	// Menu tells that answers lead somewhere, rather than into the config.
	Menu bool
}

// Option is one answer.
type Option struct {
	// Value is the answer itself, Label how it is shown.
	Value, Label string
}

// step is a question that is not worked out yet: what a frame is made of.
type step struct {
	id, section, title string
	// path and field are set where the step is about a field.
	path  string
	field *schema.Field
	// menu is set where it is not.
	menu *menu
}

// menu is a question whose answers lead somewhere.
type menu struct {
	help    string
	body    string
	choices []choice
}

// choice is one answer of a menu, and what it does; nil goes on.
type choice struct {
	value, label string
	do           func(*Wizard)
}

// ask works a step out, by the config as it is.
func (d *Draft) ask(s step) Question {
	q := Question{ID: s.id, Section: s.section, Title: s.title, Path: s.path}
	if s.menu != nil {
		q.Menu, q.Help, q.Body = true, s.menu.help, s.menu.body
		for _, c := range s.menu.choices {
			q.Options = append(q.Options, Option{Value: c.value, Label: c.label})
		}
		return q
	}
	f := s.field
	q.Help, q.Example = f.Doc, f.Example
	q.Value, _ = d.written(s.path)
	q.Default = show(d.defaultOf(s.path, f))
	if q.Default == "" {
		q.Default = f.DefaultWords
	}
	choices := d.choices(s.path, f)
	switch {
	case f.Type == schema.Boolean:
		choices.Values = []string{"false", "true"}
		q.Options = d.options(q, choices)
	case len(choices.Values) > 0 && !choices.Open && f.Type != schema.List:
		q.Options = d.options(q, choices)
	case f.Type == schema.List:
		q.Suggestions, q.Several = choices.Values, true
		q.Help += " Several with commas between them."
	default:
		q.Suggestions = choices.Values
	}
	if f.Type == schema.Map {
		q.Help += " Write key=value, several with commas between them."
	}
	return q
}

// choices are the values of a field by the config as it is.
func (d *Draft) choices(path string, f *schema.Field) config.Choices {
	if path == targetPath {
		return config.Choices{Values: d.schema.Targets}
	}
	cluster, _ := d.Cluster()
	all, pattern := cluster.Choices(), schema.Pattern(path)
	if f.Type == schema.List {
		pattern += "[]"
	}
	return all[pattern]
}

// options are closed choices as answers; one of them is to take what is the
// default, where that is not a value itself.
func (d *Draft) options(q Question, choices config.Choices) []Option {
	var out []Option
	if !slices.Contains(choices.Values, q.Default) {
		label := "none"
		if q.Default != "" {
			label = q.Default
		}
		out = append(out, Option{Value: "", Label: label})
	}
	for _, value := range choices.Values {
		label := value
		if value == q.Default {
			label += "  (default)"
		}
		out = append(out, Option{Value: value, Label: label})
	}
	return out
}

// needed is whether a step must be answered before the config is right.
func needed(s step, broken []string) bool {
	return slices.ContainsFunc(broken, func(path string) bool {
		return within(path, s.path) || (s.field.Required && within(s.path, path))
	})
}

// label is one line about an item of a list: its first required field, and
// whatever else is plain in it.
func label(f *schema.Field, item any) string {
	object, _ := item.(map[string]any)
	var name string
	var rest []string
	for _, inner := range f.Fields {
		value, there := object[inner.Name]
		switch {
		case !there || !scalar(value):
		case name == "" && inner.Required:
			name = show(value)
		case inner.Required || inner.Type != schema.Integer:
			rest = append(rest, fmt.Sprintf("%s %s", inner.Name, show(value)))
		}
	}
	if name == "" {
		name = "an unfinished one"
	}
	if len(rest) > 0 {
		name += " (" + strings.Join(rest, ", ") + ")"
	}
	return name
}
