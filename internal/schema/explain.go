package schema

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Explanation is all that is known of a field, as 'explain -o json' prints it.
type Explanation struct {
	Path        string `json:"path"`
	Type        string `json:"type"`
	Description string `json:"description,omitempty"`
	Required    bool   `json:"required,omitempty"`
	// Default is what the field is where it is left out, where all targets
	// agree; Defaults are by target where they do not; DefaultWords say it
	// where it is no value.
	Default      any            `json:"default,omitempty"`
	Defaults     map[string]any `json:"defaults,omitempty"`
	DefaultWords string         `json:"defaultWords,omitempty"`
	// Values are all there are, or where open is true the usual ones.
	Values []string `json:"values,omitempty"`
	Open   bool     `json:"open,omitempty"`
	// DecidedBy is the field that decides which values there are; those here go
	// with its default.
	DecidedBy       string              `json:"decidedBy,omitempty"`
	ValuesByTarget  map[string][]string `json:"valuesByTarget,omitempty"`
	Minimum         *int                `json:"minimum,omitempty"`
	Maximum         *int                `json:"maximum,omitempty"`
	MaximumLength   int                 `json:"maximumLength,omitempty"`
	Form            string              `json:"form,omitempty"`
	Example         string              `json:"example,omitempty"`
	Targets         []string            `json:"targets"`
	Places          []Place             `json:"places,omitempty"`
	ReadElsewhereBy string              `json:"readElsewhereBy,omitempty"`
	Fields          []Explanation       `json:"fields,omitempty"`
}

// Explain tells all that is known of a field and those within it; of the inner
// ones more than their first level where that is wanted.
func (s *Schema) Explain(f *Field, recursive bool) Explanation {
	e := Explanation{
		Path: f.Path, Type: f.TypeWords(), Description: f.Doc, Required: f.Required, DefaultWords: f.DefaultWords,
		Minimum: f.Least, Maximum: f.Most, MaximumLength: f.Longest, Form: f.Form, Example: f.Example,
		Targets: s.TargetsOf(f),
	}
	if use := f.Use(); use != nil {
		e.Places, e.ReadElsewhereBy = use.Places, use.Elsewhere
	}
	e.defaults(f)
	e.choices(f)
	holder := f
	for holder.Item != nil {
		holder = holder.Item
	}
	for _, inner := range holder.Fields {
		one := s.Explain(inner, recursive)
		if !recursive {
			one.Fields = nil
		}
		e.Fields = append(e.Fields, one)
	}
	return e
}

func (e *Explanation) defaults(f *Field) {
	if !f.IsLeaf() {
		return
	}
	value, same := f.Default()
	switch {
	case same && len(f.Defaults) >= len(e.Targets):
		e.Default = value
	default:
		e.Defaults = f.Defaults
	}
	if fmt.Sprint(e.Default) == e.DefaultWords {
		e.DefaultWords = ""
	}
}

func (e *Explanation) choices(f *Field) {
	choices, by := f.Choices, f.TargetChoices
	if f.Item != nil && f.Item.IsLeaf() {
		choices, by = f.Item.Choices, f.Item.TargetChoices
	}
	e.Values, e.Open, e.DecidedBy = choices.Values, choices.Open, choices.Of
	for target, one := range by {
		if e.ValuesByTarget == nil {
			e.ValuesByTarget = map[string][]string{}
		}
		e.ValuesByTarget[target], e.Open = one.Values, e.Open || one.Open
		e.DecidedBy = strings.ReplaceAll(one.Of, "."+target+".", ".TARGET.")
	}
}

// TypeWords are a type as kubectl writes it: []string, map[string]string.
func (f *Field) TypeWords() string {
	switch f.Type {
	case List:
		return "[]" + f.Item.TypeWords()
	case Map:
		return "map[string]" + f.Item.TypeWords()
	case Object:
		return "object"
	}
	return string(f.Type)
}

// valueWords are a value of a config on one line.
func valueWords(value any) string {
	if text, is := value.(string); is {
		return text
	}
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(data)
}

// How much is printed of places: of those of a phase and a target, and lines in
// all.
const (
	mostShown = 3
	mostLines = 8
)

// placeLines are the places of a field as they are printed: a line for each
// that all targets have, and one for all those of some targets.
func (e *Explanation) placeLines() []string {
	if e.ReadElsewhereBy != "" {
		return []string{"nothing that is rendered; it is read by " + e.ReadElsewhereBy}
	}
	type group struct{ phase, targets string }
	var order []group
	lists := map[group][]string{}
	for _, place := range e.Places {
		g := group{place.Phase, strings.Join(place.Targets, ", ")}
		if lists[g] == nil {
			order = append(order, g)
		}
		lists[g] = append(lists[g], place.words())
	}
	var out []string
	left := 0
	for _, g := range order {
		list := lists[g]
		more := max(0, len(list)-mostShown)
		left += more
		list = list[:len(list)-more]
		if g.targets != "" {
			list = []string{"on " + g.targets + ": " + strings.Join(list, "; ")}
		}
		for _, words := range list {
			out = append(out, g.phase+" "+words)
		}
	}
	if over := len(out) - mostLines; over > 0 {
		out, left = out[:mostLines], left+over
	}
	if left > 0 {
		out = append(out, fmt.Sprintf("and %d more, which -o json lists", left))
	}
	return out
}

// words are a place on one line.
func (p Place) words() string {
	what := p.What
	if more := len(what) - mostShown; more > 1 {
		what = append(slices.Clone(what[:mostShown]), fmt.Sprintf("%d more", more))
	}
	if len(what) == 0 {
		return p.In
	}
	return p.In + " " + strings.Join(what, ", ")
}

// defaultLines are the default as it is printed.
func (e *Explanation) defaultLines() []string {
	switch {
	case e.Default != nil:
		return []string{valueWords(e.Default)}
	case e.DefaultWords != "" && len(e.Defaults) == 0:
		return []string{e.DefaultWords}
	}
	// Targets with the same default share a line.
	by := map[string][]string{}
	for target, value := range e.Defaults {
		by[valueWords(value)] = append(by[valueWords(value)], target)
	}
	var out []string
	for value, targets := range by {
		slices.Sort(targets)
		out = append(out, fmt.Sprintf("%s (%s)", value, strings.Join(targets, ", ")))
	}
	slices.SortFunc(out, func(a, b string) int {
		return cmp.Or(strings.Compare(a[strings.LastIndexByte(a, '('):], b[strings.LastIndexByte(b, '('):]), strings.Compare(a, b))
	})
	return out
}

// valueLines are what can be chosen, as it is printed.
func (e *Explanation) valueLines() []string {
	var out []string
	if len(e.Values) > 0 {
		out = append(out, strings.Join(e.Values, ", "))
	}
	for _, target := range slices.Sorted(func(yield func(string) bool) {
		for target := range e.ValuesByTarget {
			if !yield(target) {
				return
			}
		}
	}) {
		out = append(out, target+": "+strings.Join(e.ValuesByTarget[target], ", "))
	}
	switch {
	case len(out) == 0:
	case e.DecidedBy != "" && e.Open:
		out = append(out, "These go with the default of "+e.DecidedBy+"; others are possible.")
	case e.DecidedBy != "":
		out = append(out, "These go with the default of "+e.DecidedBy+".")
	case e.Open:
		out = append(out, "Others are possible.")
	}
	return out
}
