package schema

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// defaultsAt are what stands at a path in the documents of those who wrote
// nothing. Of lists only that of pools is in them: its first item is a pool of
// which nothing but the name was said.
func (r *reader) defaultsAt(path string) map[string]any {
	if path == "" || path == "metadata" || strings.HasPrefix(path, "metadata.") || strings.Contains(path, "{}") {
		return nil
	}
	out := map[string]any{}
	for target, document := range r.defaults {
		if block := blockOf(path, r.targets); block != "" && block != target {
			continue
		}
		value := document
		for step := range strings.SplitSeq(path, ".") {
			name, inList := strings.CutSuffix(step, "[]")
			object, _ := value.(map[string]any)
			value = object[name]
			if list, _ := value.([]any); inList {
				value = nil
				if len(list) > 0 {
					value = list[0]
				}
			}
		}
		if value != nil {
			out[target] = value
		}
	}
	return out
}

// settleDefaults corrects what the documents say of a field's default: what
// must be written has none, and what is filled in only where it is read has
// that which its comment says.
func (r *reader) settleDefaults(f *Field) {
	switch {
	case f.Path == "spec.target":
		for target := range f.Defaults {
			f.Defaults[target] = config.DefaultTarget
		}
	case f.Required:
		f.Defaults = nil
	case len(f.Defaults) == 0:
		value, plain := PlainValue(f.Type, f.DefaultWords)
		if !plain || value == zeroOf(f.Type) {
			return
		}
		f.Defaults = map[string]any{}
		for _, target := range r.targets {
			if f.Block == "" || f.Block == target {
				f.Defaults[target] = value
			}
		}
	}
}

// PlainValue reads the words of a default that are a value and not a
// description.
func PlainValue(t Type, words string) (value any, plain bool) {
	switch t {
	case Integer:
		n, err := strconv.Atoi(words)
		return float64(n), err == nil
	case Boolean:
		b, err := strconv.ParseBool(words)
		return b, err == nil
	case String:
		descriptions := []string{"", "none", "nobody", "nothing"}
		return words, !strings.ContainsAny(words, " ,") && !slices.Contains(descriptions, words)
	}
	return nil, false
}

func zeroOf(t Type) any {
	switch t {
	case Integer:
		return 0.0
	case Boolean:
		return false
	case String:
		return ""
	}
	return nil
}

// choose sets a field's choices: one list where the targets that have the field
// agree on it.
func (r *reader) choose(f *Field) {
	by := map[string]config.Choices{}
	have := 0
	for _, target := range r.targets {
		if f.Block != "" && f.Block != target {
			continue
		}
		have++
		if choices, some := r.choices[target][f.Path]; some {
			by[target] = choices
		}
	}
	for _, choices := range by {
		if len(by) == have && allSame(by, choices) {
			f.Choices = choices
			return
		}
	}
	if len(by) > 0 {
		f.TargetChoices = by
	}
}

func allSame(by map[string]config.Choices, as config.Choices) bool {
	for _, choices := range by {
		if choices.Open != as.Open || choices.Of != as.Of || !slices.Equal(choices.Values, as.Values) {
			return false
		}
	}
	return true
}
