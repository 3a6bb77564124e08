package config

import (
	"fmt"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// join appends a field to a path. What starts with a bracket is an item of
// a list or a map and needs no dot.
func join(path, name string) string {
	if path == "" || name == "" || name[0] == '[' {
		return path + name
	}
	return path + "." + name
}

// step is join for a key of the user's: one that is no plain word is written
// as it would be within a map, and a very long one is cut short.
func step(path, key string) string {
	const longest = 40
	runes := []rune(key)
	if len(runes) > longest {
		key = string(runes[:longest]) + "…"
	}
	if odd := strings.IndexFunc(key, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("$_-<…", r)
	}); odd >= 0 || key == "" {
		return fmt.Sprintf("%s[%q]", path, key)
	}
	return join(path, key)
}

// parent cuts the last step off a path: a field, an item [0] or a key ["a"].
func parent(path string) string {
	cut := strings.LastIndexByte(path, '.')
	switch {
	case strings.HasSuffix(path, `"]`):
		cut = strings.LastIndex(path, `["`)
	case strings.HasSuffix(path, "]"):
		cut = strings.LastIndexByte(path, '[')
	}
	return path[:max(cut, 0)]
}

// isNull tells whether a node is null, in whatever way it is written.
func isNull(n *yaml.Node) bool {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}

// meant is "; did you mean …?" when a candidate is near to what was written.
func meant(written string, candidates []string) string {
	if near := nearest(written, candidates); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}

// nearest finds the candidate that a slip of the hand turns into what was
// written, or nothing. Case does not count: apiversion is a slip too. Words
// that differ in three letters are the same only where they begin alike: future
// is no slip for azure.
func nearest(written string, candidates []string) string {
	const longest = 64 // no field is longer, and the search is quadratic
	if len(written) > longest {
		return ""
	}
	best, least := "", min(len(written)/3+2, 4)
	for _, candidate := range candidates {
		a, b := strings.ToLower(written), strings.ToLower(candidate)
		if d := distance(a, b); d < least && (d < 3 || strings.HasPrefix(b, a[:1])) {
			best, least = candidate, d
		}
	}
	return best
}

// distance is Levenshtein's: the fewest letters to insert, delete or replace.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
