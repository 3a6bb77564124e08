package schema

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
)

// rendered holds where each field ends up. It is found out, not written by
// hand: a test changes each field by itself, renders the cluster before and
// after on each target, and records what differs ('make update').
//
//go:embed places.json
var rendered []byte

// Use is what becomes of a field.
type Use struct {
	// Targets read the field, in order.
	Targets []string `json:"targets"`
	// Places are where its value ends up; the ones nearest to phase 1 first.
	Places []Place `json:"places,omitempty"`
	// Elsewhere says, of a field that is in nothing that is rendered, what
	// reads it.
	Elsewhere string `json:"elsewhere,omitempty"`
}

// Place is a resource or a file that differs where a field does.
type Place struct {
	// Phase is the folder of 'kubectl anywhere render'.
	Phase string `json:"phase"`
	// In is a type of resource (phase 1), hosts and a path on them (phase 2),
	// or an object (phase 3). NAME is the cluster's, POOL the pool's.
	In string `json:"in"`
	// What differs in it: inputs, flags, keys. Empty where all of it is there
	// or not by the field.
	What []string `json:"what,omitempty"`
	// Targets are those on which it does, where these are not all that read
	// the field.
	Targets []string `json:"targets,omitempty"`
}

var uses = sync.OnceValue(func() map[string]*Use {
	out := map[string]*Use{}
	if err := json.Unmarshal(rendered, &out); err != nil {
		panic(fmt.Sprintf("places.json, which is built in, cannot be read: %v", err))
	}
	return out
})

// Use is what becomes of a field, or of what a list or a map holds; nil for
// objects, whose fields have it.
func (f *Field) Use() *Use {
	if f.Type == Object || (f.Item != nil && f.Item.Type == Object) {
		return nil
	}
	for _, path := range []string{f.Path, trimItem(f.Path)} {
		if use := uses()[path]; use != nil {
			return use
		}
	}
	return nil
}

// trimItem is the path of the list or map that an item is of.
func trimItem(path string) string {
	if len(path) > 2 && (path[len(path)-2:] == "[]" || path[len(path)-2:] == "{}") {
		return path[:len(path)-2]
	}
	return path
}

// TargetsOf are the targets that read a field, or any of those within it.
func (s *Schema) TargetsOf(f *Field) []string {
	read := map[string]bool{}
	f.walk(func(inner *Field) bool {
		if use := inner.Use(); use != nil {
			for _, target := range use.Targets {
				read[target] = true
			}
		}
		return true
	})
	return slices.DeleteFunc(slices.Clone(s.Targets), func(target string) bool { return !read[target] })
}
