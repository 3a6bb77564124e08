// Package complete knows what can be typed next where a path or a value of the
// cluster config is being typed. It reads the schema and, where there is one,
// the config of the folder; it asks nobody else.
package complete

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/schema"
)

// Word is one thing that can be typed.
type Word struct {
	// Text is the whole word, and Doc a few words about it, or none.
	Text, Doc string
	// More tells that the word goes on after Text: no space follows it.
	More bool
}

// Source is what words are taken from.
type Source struct {
	Schema *schema.Schema
	// Document is the config of the user, nil where there is none.
	Document *config.Document
	// Names tells that items of lists have to be named or counted, as in
	// spec.pools[workers]; otherwise they are left open: spec.pools[].
	Names bool
}

// Paths are the fields that a path can go on with, one step at a time.
func (s Source) Paths(typed string) []Word {
	open, _ := s.within(typed)
	field := s.Schema.Find(open)
	if field == nil {
		var err error
		if field, err = s.Schema.Resolve(open); err != nil { // it takes lists without brackets
			return nil
		}
	}
	for field.Item != nil && len(field.Fields) == 0 {
		field = field.Item
	}
	var words []Word
	for _, f := range field.Fields {
		if !s.chosen(f) {
			continue
		}
		words = append(words, s.steps(strings.TrimPrefix(open+"."+f.Name, "."), f)...)
	}
	return slices.DeleteFunc(words, func(w Word) bool { return !strings.HasPrefix(w.Text, typed) })
}

// within is the path of the object that the last step stands in, and that
// step as far as it is typed.
func (s Source) within(typed string) (open, last string) {
	quoted, bracket := false, 0
	cut := -1
	for i, r := range typed {
		switch {
		case r == '"':
			quoted = !quoted
		case quoted:
		case r == '[':
			bracket++
		case r == ']':
			bracket--
		case r == '.' && bracket == 0:
			cut = i
		}
	}
	if cut < 0 {
		return "", typed
	}
	return typed[:cut], typed[cut+1:]
}

// chosen leaves out the blocks of targets other than the config's.
func (s Source) chosen(f *schema.Field) bool {
	if f.Block == "" || s.Document == nil || !s.Names {
		return true
	}
	target, _, _ := s.Document.Get("spec.target")
	return f.Block == target || target == nil && f.Block == config.DefaultTarget
}

// steps are the words for one field: as it is, or for lists by item.
func (s Source) steps(path string, f *schema.Field) []Word {
	doc := brief(f.Doc)
	switch {
	case f.IsLeaf():
		return []Word{{Text: path, Doc: doc}}
	case f.Type == schema.Object:
		return []Word{{Text: path, Doc: doc}, {Text: path + ".", Doc: doc, More: true}}
	case !s.Names:
		return []Word{{Text: path, Doc: doc}, {Text: path + ".", Doc: doc, More: true}}
	}
	var words []Word
	for _, item := range s.items(path) {
		words = append(words, Word{Text: path + "[" + item + "]", Doc: doc}, Word{Text: path + "[" + item + "].", Doc: doc, More: true})
	}
	return words
}

// items are the names of what is in a list of the document, or the positions,
// and one position more.
func (s Source) items(path string) []string {
	var list []any
	if s.Document != nil {
		value, _, _ := s.Document.Get(path)
		list, _ = value.([]any)
	}
	if list == nil && path == "spec.pools" {
		return []string{config.DefaultPoolName}
	}
	var names []string
	for i, item := range list {
		object, _ := item.(map[string]any)
		if name, ok := object["name"].(string); ok && name != "" {
			names = append(names, name)
			continue
		}
		names = append(names, fmt.Sprint(i))
	}
	return append(names, fmt.Sprint(len(list)))
}

// Assignments are the words that PATH=VALUE can go on with: first the path,
// then the value where the field has few.
func (s Source) Assignments(typed string) []Word {
	path, value, assigned := strings.Cut(typed, "=")
	if !assigned {
		words := s.Paths(typed)
		for i := range words {
			if !words[i].More {
				words[i].Text, words[i].More = words[i].Text+"=", true
			}
		}
		return slices.DeleteFunc(words, func(w Word) bool { return strings.HasSuffix(w.Text, "=") && !s.settable(w.Text) })
	}
	var words []Word
	for _, choice := range s.Values(path) {
		if strings.HasPrefix(choice, value) {
			words = append(words, Word{Text: path + "=" + choice})
		}
	}
	return words
}

// settable tells the fields whose value one would type: no object.
func (s Source) settable(word string) bool {
	f := s.Schema.Find(strings.TrimSuffix(word, "="))
	return f != nil && f.Type != schema.Object
}

// Values are those that a field can have, or usually has: of the target that
// the document names, and depending on what else it says.
func (s Source) Values(path string) []string {
	f := s.Schema.Find(path)
	if f == nil {
		return nil
	}
	if f.Type == schema.List && f.Item != nil {
		f = f.Item
	}
	if f.Type == schema.Boolean {
		return []string{"true", "false"}
	}
	if len(f.Choices.Values) > 0 {
		return f.Choices.Values
	}
	if s.Document != nil {
		target, _, _ := s.Document.Get("spec.target")
		if name, ok := target.(string); ok {
			return f.TargetChoices[name].Values
		}
	}
	var all []string
	for _, target := range slices.Sorted(maps.Keys(f.TargetChoices)) {
		for _, value := range f.TargetChoices[target].Values {
			if !slices.Contains(all, value) {
				all = append(all, value)
			}
		}
	}
	return all
}

// Pools are the names of the config's pools.
func (s Source) Pools() []string {
	names := s.items("spec.pools")
	return slices.DeleteFunc(names, func(name string) bool { return strings.Trim(name, "0123456789") == "" })
}

// brief is the first sentence of a description, short enough for a line.
func brief(doc string) string {
	const most = 60
	if end := strings.Index(doc, ". "); end > 0 {
		doc = doc[:end]
	}
	doc = strings.TrimSuffix(doc, ".")
	if len([]rune(doc)) > most {
		doc = string([]rune(doc)[:most-1]) + "…"
	}
	return doc
}
