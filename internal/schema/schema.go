// Package schema is what the cluster config can hold, as data: each field of
// each block with its type, description, default and choices. The JSON Schema
// for editors, explain, the wizard and the shell's completion all read it, so
// that a target which brings a block brings its own questions and words.
package schema

import (
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// Type is what kind of value a field holds, in the words of JSON Schema, save
// that a Map is an object whose keys are the user's.
type Type string

// The types of values.
const (
	String  Type = "string"
	Integer Type = "integer"
	Boolean Type = "boolean"
	List    Type = "array"
	Object  Type = "object"
	Map     Type = "map"
)

// Field is one field of the config, or what stands in a list or a map.
type Field struct {
	// Path leads here from the document's root, items of lists as [] and of
	// maps as {}: spec.pools[].labels{}. The root's is empty.
	Path string
	// Name is the last step of the path; empty for the root and for items.
	Name string
	Type Type
	// Doc is the comment of the field in the source.
	Doc string
	// DefaultWords are what that comment says after "Default:", without the
	// dot; they may be more than a value ("three of the region").
	DefaultWords string
	// Required fields must be written.
	Required bool
	// Example is a value to propose, in JSON or, for a string, as it is.
	Example string
	// Defaults are what the field is where it is left out, by target; nil
	// where it stays out.
	Defaults map[string]any
	// Choices are the values there are; none where anything can be written.
	Choices config.Choices
	// TargetChoices are the values of a field whose targets differ in them, by
	// target, each with its own defaults elsewhere; Choices is then empty.
	TargetChoices map[string]config.Choices
	// Least and Most bound a number, and are nil where nothing does.
	Least, Most *int
	// Form is a regular expression that the whole of a string matches, and
	// Longest the most characters it has; empty and 0 where anything goes.
	Form    string
	Longest int
	// Block is the target whose block the field is in, or is; empty for what
	// all targets share.
	Block string
	// Fields are those of an object, in the order of the declaration.
	Fields []*Field
	// Item is what a list or a map holds.
	Item *Field
}

// Schema is the whole config.
type Schema struct {
	// Root is the document.
	Root *Field
	// Targets are the names of those that are linked in, in order.
	Targets []string
}

// Find is the field at a path, or nil. Positions and keys may be written out:
// spec.pools[0].labels["disk"] is spec.pools[].labels{}.
func (s *Schema) Find(path string) *Field {
	path = Pattern(path)
	for f := range s.All() {
		if f.Path == path {
			return f
		}
	}
	return nil
}

// All are the fields, each before those within it.
func (s *Schema) All() func(yield func(*Field) bool) {
	return func(yield func(*Field) bool) { s.Root.walk(yield) }
}

func (f *Field) walk(yield func(*Field) bool) bool {
	if !yield(f) {
		return false
	}
	for _, inner := range f.Fields {
		if !inner.walk(yield) {
			return false
		}
	}
	return f.Item == nil || f.Item.walk(yield)
}

// IsLeaf tells a field that holds one value, or a list or a map of such, from
// those with fields of their own.
func (f *Field) IsLeaf() bool {
	if f.Item != nil {
		return f.Item.IsLeaf()
	}
	return f.Type != Object
}

// Default is the default where all targets agree on it.
func (f *Field) Default() (value any, same bool) {
	first := true
	for _, v := range f.Defaults {
		if !first && !equal(v, value) {
			return nil, false
		}
		value, first = v, false
	}
	return value, !first
}

// Pattern is a path with its positions and keys left open.
func Pattern(path string) string {
	var out strings.Builder
	for path != "" {
		cut := strings.IndexByte(path, '[')
		if cut < 0 {
			break
		}
		out.WriteString(path[:cut])
		path = path[cut:]
		if strings.HasPrefix(path, `["`) {
			end := strings.Index(path[2:], `"]`)
			if end < 0 {
				break
			}
			out.WriteString("{}")
			path = path[end+4:]
			continue
		}
		end := strings.IndexByte(path, ']')
		if end < 0 {
			break
		}
		out.WriteString("[]")
		path = path[end+1:]
	}
	return out.String() + path
}

// blockOf is the target whose block a path is in.
func blockOf(path string, targets []string) string {
	rest, within := strings.CutPrefix(path, "spec.")
	if !within {
		return ""
	}
	name, _, _ := strings.Cut(rest, ".")
	if slices.Contains(targets, name) {
		return name
	}
	return ""
}
