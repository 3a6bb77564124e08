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
	var slips []string
	for _, entry := range b.entries(n, func(key string) string { return join(path, key) }) {
		b.places[entry.path] = entry.place
		name := entry.key.Value
		if _, foreign := b.foreign[entry.path]; foreign {
			b.foreign[entry.path] = entry.value
			continue
		}
		field, known := fields[name]
		if !known {
			b.addAt(b.position(entry.key), entry.path, "there is no such field"+meant(name, names), unknownFix(name, names))
			slips = append(slips, nearest(name, names))
			continue
		}
		present[name] = !isNull(entry.value)
		b.bind(entry.value, v.FieldByIndex(field.Index), entry.path)
	}
	for _, name := range slips {
		if name != "" && !present[name] {
			b.faulty[join(path, name)] = true
		}
	}
	for _, name := range names {
		field, declared := fields[name]
		// A field whose name was mistyped has been reported by that name.
		if !declared || present[name] || field.Tag.Get("required") != "true" || b.faulty[join(path, name)] {
			continue
		}
		b.fault(join(path, name), "is missing", fmt.Sprintf("add %q: %s", name, example(field)))
	}
}

func unknownFix(name string, names []string) string {
	if near := nearest(name, names); near != "" {
		return fmt.Sprintf("write %q, or remove the field", near)
	}
	return "remove it; the fields here are " + strings.Join(names, ", ")
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
