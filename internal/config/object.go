package config

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"go.yaml.in/yaml/v3"
)

// entry is one key of an object and its value.
type entry struct {
	key, value *yaml.Node
	path       string
	place      diag.Position
}

// entries lists the keys of an object, each once. Keys that stand twice or
// are no strings are reported.
func (b *binder) entries(n *yaml.Node, pathOf func(string) string) []entry {
	first := map[string]int{}
	var out []entry
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		path := pathOf(key.Value)
		if key.Kind != yaml.ScalarNode {
			path = strings.TrimSuffix(pathOf(""), `[""]`)
		}
		if key.Kind != yaml.ScalarNode || key.ShortTag() != "!!str" {
			b.addAt(b.position(key), path, "a key must be a string", keyFix(key))
			continue
		}
		if line, twice := first[key.Value]; twice {
			b.addAt(b.position(key), path, fmt.Sprintf("is written twice; the first is on line %d", line), "remove one of the two")
			continue
		}
		first[key.Value] = key.Line
		at := b.position(key)
		// The value is what is wrong in a plain field; of an object or a list
		// the key is easier to find.
		if value.Kind == yaml.ScalarNode {
			at = b.position(value)
		}
		out = append(out, entry{key: key, value: value, path: path, place: at})
	}
	return out
}

func keyFix(key *yaml.Node) string {
	switch {
	case key.Kind != yaml.ScalarNode:
		return "write a plain word as the key"
	case key.ShortTag() == "!!merge":
		return "write the fields out: merging is not supported"
	default:
		return fmt.Sprintf("write %q, in double quotes", key.Value)
	}
}

// bindStruct writes an object into a struct: no unknown field, none missing.
func (b *binder) bindStruct(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.MappingNode {
		b.wrongType(n, v.Kind(), path)
		return
	}
	fields, names := fieldsOf(v.Type())
	for _, foreign := range slices.Sorted(maps.Keys(b.foreign)) {
		if parent(foreign) == path {
			names = append(names, strings.TrimPrefix(foreign, path+"."))
		}
	}
	present := map[string]bool{}
	for _, entry := range b.entries(n, func(key string) string { return step(path, key) }) {
		name := entry.key.Value
		at := join(path, name)
		if !slices.Contains(names, name) {
			// Where the name is a slip, the value is read all the same, so
			// that what is wrong with it is told in the same run.
			name = b.unknown(entry, path, n, names)
			if at = join(path, name); name == "" {
				continue
			}
			if field, declared := fields[name]; present[name] || declared && !suits(entry.value, field.Type) {
				b.faulty[at] = true
				continue
			}
		}
		b.places[at] = entry.place
		if _, foreign := b.foreign[at]; foreign {
			b.foreign[at] = entry.value
			continue
		}
		present[name] = !isNull(entry.value)
		b.bind(entry.value, v.FieldByIndex(fields[name].Index), at)
	}
	for _, name := range names {
		field, declared := fields[name]
		at := join(path, name)
		// A field whose name was mistyped has been reported by that name.
		if !declared || present[name] || field.Tag.Get("required") != "true" || b.faulty[at] {
			continue
		}
		b.lacks(at, fmt.Sprintf("add %q: %s", name, example(field)))
	}
}

// lacks notes a required field that is not there, or is empty. It is reported
// once all is read, unless it was found elsewhere by then.
func (b *binder) lacks(path, fix string) {
	b.faulty[path] = true
	message := "is missing"
	if _, written := b.places[path]; written {
		message, fix = "has no value", strings.Replace(fix, "add ", "write ", 1)
	}
	b.missing = append(b.missing, diag.Problem{Path: path, Message: message, Fix: fix})
}

// reportMissing adds the required fields that nobody has written anywhere.
func (b *binder) reportMissing() {
	for _, problem := range b.missing {
		elsewhere := slices.ContainsFunc(slices.Collect(maps.Keys(b.meant)), func(path string) bool {
			return path == problem.Path || strings.HasPrefix(path, problem.Path+".")
		})
		if !elsewhere {
			b.add(problem.Path, problem.Message, problem.Fix)
		}
	}
}

// suits tells whether a value can be that of a field, as far as its kind goes.
func suits(n *yaml.Node, t reflect.Type) bool {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		return n.Kind == yaml.MappingNode
	case reflect.Slice:
		return n.Kind == yaml.SequenceNode
	}
	return n.Kind == yaml.ScalarNode
}

// fieldsOf gives the fields of a struct by the names they have in a document,
// and those names in the order of the declaration.
func fieldsOf(t reflect.Type) (map[string]reflect.StructField, []string) {
	fields := map[string]reflect.StructField{}
	var names []string
	for _, field := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if !field.IsExported() || name == "-" || name == "" {
			continue
		}
		fields[name] = field
		names = append(names, name)
	}
	return fields, names
}

// example is what to write for a field that is missing.
func example(field reflect.StructField) string {
	text := field.Tag.Get("example")
	switch field.Type.Kind() {
	case reflect.Struct:
		fields, names := fieldsOf(field.Type)
		var inner []string
		for _, name := range names {
			if fields[name].Tag.Get("required") == "true" {
				inner = append(inner, fmt.Sprintf("%q: %s", name, example(fields[name])))
			}
		}
		return "{" + strings.Join(inner, ", ") + "}"
	case reflect.String:
		return fmt.Sprintf("%q", cmp.Or(text, "…"))
	default:
		return cmp.Or(text, "…")
	}
}
