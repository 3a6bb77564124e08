package config

import (
	"regexp"
	"strings"
)

// oddBreak are the characters that YAML takes for the end of a line and
// editors do not: with them, no two would agree on where a problem stands.
var oddBreak = regexp.MustCompile(`\x{0085}|\x{2028}|\x{2029}|\r(?:[^\n]|\z)`)

// yamlWords says in plain words what the YAML parser says in its own, and what
// to write; nothing for what it seldom says.
func yamlWords(message string) (what, fix string) {
	for _, known := range []struct{ said, what, fix string }{
		{"mapping values are not allowed in this context", "a colon stands where no key can",
			"indent the fields of one object alike; put a value with a colon and a space in it into double quotes"},
		{"found character that cannot start any token", "a value begins with a character that has a meaning of its own",
			"put the value into double quotes"},
		{"did not find expected key", "a line does not fit in with those above",
			"indent the fields of one object alike, and close every quote and bracket"},
		{"could not find expected ':'", "a line is no key with a value",
			"write a colon and a space behind the key, or close the quote above"},
		{"did not find expected '-' indicator", "a line does not fit into the list above",
			"begin each item with a hyphen, in the same column"},
		{"block sequence entries are not allowed in this context", "a list begins where none can",
			"put the list on lines of its own, below its key"},
		{"did not find expected ',' or ']'", "a list in brackets is not continued or closed", "write a comma before this line, or ]"},
		{"did not find expected ',' or '}'", "an object in braces is not continued or closed", "write a comma before this line, or }"},
		{"found unexpected end of stream", "a quote is not closed before the file ends", "close the quote"},
		{"found unknown escape character", "a backslash stands before something that it does not escape",
			`write \\ for one backslash, or single quotes around the value`},
		{"did not find expected node content", "a value is missing", "write the value, or remove what calls for it"},
		{"exceeded max depth", "objects and lists are nested too deep", "check the name of the file"},
	} {
		if strings.Contains(message, known.said) {
			return known.what, known.fix
		}
	}
	return "", ""
}
