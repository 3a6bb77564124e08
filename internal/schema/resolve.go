package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// UnknownError is a path that leads to no field.
type UnknownError struct {
	// Path is what was asked for; Step the part of it that there is not.
	Path, Step string
	// At is the field that has no such one, Names those that it has.
	At    *Field
	Names []string
	// Meant is the whole path that was probably meant; empty where none is near.
	Meant string
}

// Error says what there is instead.
func (e *UnknownError) Error() string {
	where := e.At.Path
	if where == "" {
		where = "the config"
	}
	text := fmt.Sprintf("there is no field %q in %s", e.Step, where)
	if e.Meant != "" {
		text += fmt.Sprintf("; did you mean %q?", e.Meant)
	}
	if len(e.Names) == 0 {
		return text + fmt.Sprintf("\n%s holds a value and no fields", where)
	}
	return text + "\nThe fields there are " + strings.Join(e.Names, ", ")
}

// Resolve is the field at a path as people write it: with or without the
// brackets of lists, with positions, and with the keys of maps. The error is an
// *UnknownError.
func (s *Schema) Resolve(path string) (*Field, error) {
	at := s.Root
	pattern := Pattern(strings.Trim(path, "."))
	rest := strings.NewReplacer("[]", "", "{}", "").Replace(pattern)
	for rest != "" {
		at = at.inner()
		step, after, _ := strings.Cut(rest, ".")
		if at.Type == Map {
			at, rest = at.Item, "" // what follows is a key, which may have dots
			continue
		}
		next := at.field(step)
		if next == nil {
			return nil, s.unknown(path, step, at)
		}
		at, rest = next, after
	}
	if at.Item != nil && (strings.HasSuffix(pattern, "[]") || strings.HasSuffix(pattern, "{}")) {
		return at.Item, nil
	}
	return at, nil
}

// inner is what a list holds, and anything else itself.
func (f *Field) inner() *Field {
	if f.Type == List {
		return f.Item
	}
	return f
}

func (f *Field) field(name string) *Field {
	for _, inner := range f.Fields {
		if inner.Name == name {
			return inner
		}
	}
	return nil
}

func (s *Schema) unknown(path, step string, at *Field) error {
	e := &UnknownError{Path: path, Step: step, At: at}
	for _, inner := range at.Fields {
		e.Names = append(e.Names, inner.Name)
	}
	if near := config.Nearest(step, e.Names); near != "" {
		e.Meant = at.field(near).Path
		return e
	}
	if at == s.Root && !strings.HasPrefix(path, "spec.") {
		// What most paths begin with is soon forgotten.
		if f, err := s.Resolve("spec." + path); err == nil {
			e.Meant = f.Path
			return e
		}
	}
	// Perhaps the name is right and the way there is not.
	name := path[strings.LastIndexByte(path, '.')+1:]
	if other := config.OtherName(name); other != "" {
		name = other
	}
	var elsewhere []string
	for f := range s.All() {
		switch {
		case !strings.EqualFold(f.Name, name) && f.Path != name || slices.Contains(elsewhere, f.Path):
		case at.Path != "" && strings.HasPrefix(f.Path, at.Path+"."):
			elsewhere = slices.Insert(elsewhere, 0, f.Path) // below where it was looked for
		default:
			elsewhere = append(elsewhere, f.Path)
		}
	}
	if len(elsewhere) > 0 {
		e.Meant = elsewhere[0]
	}
	return e
}
