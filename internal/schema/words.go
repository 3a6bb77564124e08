package schema

import (
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// documentNames are what the fields of a struct are called in a document, by
// their names in Go.
func documentNames(t reflect.Type) map[string]string {
	names := map[string]string{}
	for _, field := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if field.IsExported() && name != "" && name != "-" {
			names[field.Name] = name
		}
	}
	return names
}

// goName is a word that may be the name of a field.
var goName = regexp.MustCompile(`\b[A-Z][A-Za-z0-9]*\b`)

// inItsOwnWords is a comment in which the fields have the names that they have
// in a document: those who read it write such documents.
func inItsOwnWords(doc string, names map[string]string) string {
	return goName.ReplaceAllStringFunc(doc, func(word string) string {
		if name, is := names[word]; is {
			return name
		}
		return word
	})
}

// readTags takes from a field's tags what the config's types tell of it.
func readTags(f *Field, tag reflect.StructTag) {
	number := func(key string) *int {
		if n, err := strconv.Atoi(tag.Get(key)); err == nil {
			return &n
		}
		return nil
	}
	f.Required = tag.Get("required") == "true"
	f.Example = tag.Get("example")
	f.Least, f.Most = number("minimum"), number("maximum")
	f.Form = tag.Get("pattern")
	if n := number("maxLength"); n != nil {
		f.Longest = *n
	}
}
