package config

import (
	"fmt"
	"strconv"
	"strings"
)

// Step is one step of a path into a document: a field, or what stands in
// brackets, an item's position, the name of an item, or the key of a map.
type Step struct {
	// Name is the field's, the item's or the key.
	Name string
	// Index is the position, counted from 0; -1 where the step is a name.
	Index int
	// Brackets tells pools[workers] from pools.workers.
	Brackets bool
}

// ParsePath reads a path as problems have it: spec.pools[0].count,
// spec.pools[workers].count, spec.pools[0].labels["a.b"].
func ParsePath(path string) ([]Step, error) {
	var steps []Step
	for rest := path; rest != ""; {
		if rest[0] == '[' {
			step, after, err := bracketed(rest)
			if err != nil {
				return nil, fmt.Errorf("reading the path %q: %w", path, err)
			}
			steps, rest = append(steps, step), after
		} else {
			end := strings.IndexAny(rest, ".[")
			if end < 0 {
				end = len(rest)
			}
			if end == 0 {
				return nil, fmt.Errorf("reading the path %q: there is nothing before a dot; write it like spec.network.podCIDR", path)
			}
			steps, rest = append(steps, Step{Name: rest[:end], Index: -1}), rest[end:]
		}
		if after, dot := strings.CutPrefix(rest, "."); dot {
			if rest = after; rest == "" || rest[0] == '[' {
				return nil, fmt.Errorf("reading the path %q: there is nothing after a dot; write it like spec.network.podCIDR", path)
			}
		} else if rest != "" && rest[0] != '[' {
			return nil, fmt.Errorf("reading the path %q: a dot is missing after a bracket", path)
		}
	}
	return steps, nil
}

// bracketed reads what begins with a bracket, and gives what follows.
func bracketed(text string) (Step, string, error) {
	if strings.HasPrefix(text, `["`) {
		quoted, err := strconv.QuotedPrefix(text[1:])
		if err != nil || !strings.HasPrefix(text[1+len(quoted):], "]") {
			return Step{}, "", fmt.Errorf("a quote or a bracket is not closed; write it like labels[\"a.b\"]")
		}
		key, err := strconv.Unquote(quoted)
		return Step{Name: key, Index: -1, Brackets: true}, text[len(quoted)+2:], err
	}
	inner, after, closed := strings.Cut(text[1:], "]")
	if !closed || inner == "" {
		return Step{}, "", fmt.Errorf("a bracket is empty or not closed; write it like pools[0] or pools[workers]")
	}
	step := Step{Name: inner, Index: -1, Brackets: true}
	if n, err := strconv.Atoi(inner); err == nil && n >= 0 {
		step.Index = n
	}
	return step, after, nil
}

// JoinPath is the path that ParsePath reads as these steps.
func JoinPath(steps []Step) string {
	var path strings.Builder
	for _, step := range steps {
		switch {
		case step.Index >= 0:
			fmt.Fprintf(&path, "[%d]", step.Index)
		case step.Brackets:
			fmt.Fprintf(&path, "[%q]", step.Name)
		default:
			if path.Len() > 0 {
				path.WriteByte('.')
			}
			path.WriteString(step.Name)
		}
	}
	return path.String()
}
