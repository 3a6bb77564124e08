package wizard

import (
	"strings"
	"unicode"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// words are the names of fields as one reads them: podCIDR is "Pod CIDR".
func words(names ...string) string {
	var out []string
	for _, name := range names {
		for _, word := range split(name) {
			out = append(out, spelled(word))
		}
	}
	text := []rune(strings.Join(out, " "))
	if len(text) > 0 {
		text[0] = unicode.ToUpper(text[0])
	}
	return string(text)
}

// split cuts a name where a capital begins a word; a run of capitals is one.
func split(name string) []string {
	var out []string
	letters := []rune(name)
	start := 0
	for i := 1; i < len(letters); i++ {
		before, here := unicode.IsUpper(letters[i-1]), unicode.IsUpper(letters[i])
		next := i+1 < len(letters) && unicode.IsLower(letters[i+1])
		plural := next && letters[i+1] == 's' && (i+2 == len(letters) || unicode.IsUpper(letters[i+2]))
		if here && (!before || next && !plural) {
			out = append(out, string(letters[start:i]))
			start = i
		}
	}
	return append(out, string(letters[start:]))
}

// spelled keeps what is written in capitals anyway and lowers the rest.
func spelled(word string) string {
	switch lower := strings.ToLower(word); lower {
	case "os", "id", "dns", "api", "ssh", "nat", "vm":
		return strings.ToUpper(lower)
	case "gb":
		return "in GB"
	}
	if strings.ToUpper(word[:min(2, len(word))]) == word[:min(2, len(word))] && len(word) > 1 {
		return word
	}
	return strings.ToLower(word)
}

// inText is a title in the midst of a sentence.
func inText(title string) string {
	letters := []rune(title)
	if len(letters) > 1 && unicode.IsUpper(letters[1]) {
		return title
	}
	return strings.ToLower(title[:1]) + title[1:]
}

// below are the names on the way from one path to another within it.
func below(root, path string) []string {
	steps, err := config.ParsePath(strings.TrimPrefix(strings.TrimPrefix(path, root), "."))
	if err != nil {
		return []string{path}
	}
	var names []string
	for _, step := range steps {
		names = append(names, step.Name)
	}
	return names
}
