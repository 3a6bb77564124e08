package config

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// unknown reports a field that is not declared where it stands. It returns the
// field of the same object that was meant, where it is a slip of the hand.
func (b *binder) unknown(e entry, path string, object *yaml.Node, names []string) string {
	written := e.key.Value
	near := nearest(written, names)
	if near != "" && get(object, near) != nil {
		near = "" // that one is there: this is another
	}
	if other := strings.TrimPrefix(otherName(written), path+"."); near == "" && slices.Contains(names, other) && get(object, other) == nil {
		near = other
	}
	elsewhere := b.elsewhere(path, written)
	slip := near != "" && (strings.EqualFold(near, written) || distance(strings.ToLower(near), strings.ToLower(written)) == 1)
	switch at := b.position(e.key); {
	case near != "" && (slip || len(elsewhere) == 0):
		b.addAt(at, e.path, fmt.Sprintf("there is no such field; did you mean %q?", near), fmt.Sprintf("write %q, or remove the field", near))
		return near
	case len(elsewhere) > 0:
		for _, there := range elsewhere {
			b.meant[there] = true
		}
		places := strings.Join(elsewhere, " or ")
		b.addAt(at, e.path, fmt.Sprintf("there is no such field here; did you mean %s?", places), "move it to "+places)
	case slices.Contains(b.allFields(), written):
		steps := strings.Split(written, ".")
		b.addAt(at, e.path, "there is no such field: the steps of a path are objects within one another",
			fmt.Sprintf(`write {"%s": …%s`, strings.Join(steps, `": {"`), strings.Repeat("}", len(steps))))
	default:
		b.addAt(at, e.path, "there is no such field", "remove it; "+fieldsHere(names))
	}
	return ""
}

func fieldsHere(names []string) string {
	if len(names) == 1 {
		return "the only field here is " + names[0]
	}
	return "the fields here are " + strings.Join(names, ", ")
}

// elsewhere are the places, two at most, where a field of this name would be
// right: those that have the most of the path in common with where it stands.
func (b *binder) elsewhere(path, written string) []string {
	name, within := written, ""
	if other := otherName(written); other != "" {
		name = other
		if !strings.Contains(other, ".") {
			within = path + "." // of such words every object has its own
		}
	}
	here := strings.Split(positions.ReplaceAllString(path, "[]"), ".")
	var best []string
	most := -1
	for _, there := range b.allFields() {
		if there != name && !strings.EqualFold(there[strings.LastIndexByte(there, '.')+1:], name) {
			continue
		}
		shared := shares(here, strings.Split(there, "."))
		if whole := b.reachable(path, there); whole == "" || parent(whole) == path || !strings.HasPrefix(whole, within) {
			continue
		} else if shared > most {
			best, most = []string{whole}, shared
		} else if shared == most {
			best = append(best, whole)
		}
	}
	if len(best) > 2 {
		return nil // a name for anything says nothing
	}
	return best
}

// positions are the items of lists in a path.
var positions = regexp.MustCompile(`\[\d+\]`)

// shares counts the steps that two paths begin with both.
func shares(a, b []string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// reachable is the path of a field with the positions of the place it is
// looked for from, or empty where it is in an item of another list.
func (b *binder) reachable(path, field string) string {
	at := strings.LastIndex(field, "[]")
	if at < 0 {
		return field
	}
	list := field[:at+len("[]")]
	open := positions.ReplaceAllString(path, "[]")
	if open != list && !strings.HasPrefix(open, list+".") {
		return ""
	}
	steps := strings.Split(path, ".")[:strings.Count(list, ".")+1]
	return strings.Join(steps, ".") + field[len(list):]
}

// allFields are the paths of all fields there are.
func (b *binder) allFields() []string {
	if b.fields == nil {
		b.fields = fieldPaths(reflect.TypeFor[Cluster](), "")
		for _, path := range slices.Sorted(maps.Keys(b.blocks)) {
			b.fields = append(b.fields, path)
			b.fields = append(b.fields, fieldPaths(reflect.TypeOf(b.blocks[path]), path)...)
		}
	}
	return b.fields
}

// fieldPaths are the paths of the fields within a type, items of lists as [].
func fieldPaths(t reflect.Type, path string) []string {
	var out []string
	switch t.Kind() {
	case reflect.Pointer:
		return fieldPaths(t.Elem(), path)
	case reflect.Slice:
		return fieldPaths(t.Elem(), path+"[]")
	case reflect.Struct:
		fields, names := fieldsOf(t)
		for _, name := range names {
			at := join(path, name)
			out = append(out, at)
			out = append(out, fieldPaths(fields[name].Type, at)...)
		}
	}
	return out
}
