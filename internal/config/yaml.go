package config

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"go.yaml.in/yaml/v3"
)

// parseYAML reads the one document of a YAML file.
func parseYAML(name string, text []byte) (*yaml.Node, *diag.Problem) {
	if odd := oddBreak.FindIndex(text); odd != nil {
		line, column := place(text, odd[0])
		return nil, &diag.Problem{Position: diag.Position{File: name, Line: line, Column: column},
			Message: "a line ends in a way that editors do not show", Fix: "save the file with line ends of LF or CRLF"}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document, second yaml.Node
	err := decoder.Decode(&document)
	if errors.Is(err, io.EOF) {
		return nil, emptyDocument(name)
	}
	if err != nil {
		return nil, yamlProblem(name, text, err)
	}
	if err = decoder.Decode(&second); errors.Is(err, io.EOF) {
		return document.Content[0], nil
	}
	if err != nil {
		return nil, yamlProblem(name, text, err)
	}
	return nil, &diag.Problem{
		Position: diag.Position{File: name, Line: second.Line, Column: second.Column},
		Message:  "the file holds more than one document",
		Fix:      "keep one cluster a file",
	}
}

var (
	// yamlLine is what the YAML parser puts before its messages.
	yamlLine = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?`)
	// yamlAnchor is its message, without a line, for an alias of nothing.
	yamlAnchor = regexp.MustCompile(`^unknown anchor '(.+)' referenced$`)
)

// yamlProblem finds the place of a syntax error, which the YAML parser tells
// in its message only, and not always rightly.
func yamlProblem(name string, text []byte, err error) *diag.Problem {
	match := yamlLine.FindStringSubmatch(err.Error())
	message := strings.TrimPrefix(err.Error(), match[0])
	problem := &diag.Problem{
		Position: diag.Position{File: name, Line: 1},
		Message:  "the file is not valid YAML: " + message,
		Fix:      "mend the YAML at this line, or just below it",
	}
	// Lines count from 0 in these messages and from 1 in all others; the
	// first line is not named at all.
	fromZero := []string{
		"did not find expected node content", "did not find expected '-' indicator", "did not find expected key",
		"did not find expected ',' or ']'", "did not find expected ',' or '}'", "did not find expected <document start>",
	}
	if line, err := strconv.Atoi(match[1]); err == nil {
		problem.Position.Line = line
		if slices.Contains(fromZero, message) {
			problem.Position.Line++
		}
	}
	if alias := yamlAnchor.FindStringSubmatch(message); alias != nil {
		problem.Position.Line, problem.Position.Column = place(text, bytes.Index(text, []byte("*"+alias[1])))
		problem.Fix = "define the anchor above this, or write the value out"
		return problem
	}
	if what, fix := yamlWords(message); what != "" {
		problem.Message, problem.Fix = "the file is not valid YAML: "+what, fix
	}
	if opened(problem, text, message) || indented(problem, text, message) {
		return problem
	}
	lines := bytes.Split(text, []byte("\n"))
	// At the end of the file, the last line that says something is the clue.
	n := min(problem.Position.Line, len(lines))
	for n > 1 && len(bytes.TrimSpace(lines[n-1])) == 0 {
		n--
	}
	column := max(bytes.IndexFunc(lines[n-1], func(r rune) bool { return r != ' ' }), 0)
	if tab := bytes.IndexByte(lines[n-1], '\t'); tab >= 0 {
		column = tab
		problem.Message, problem.Fix = "the file is not valid YAML: there is a tab here", "indent with spaces: YAML allows no tabs there"
	}
	problem.Position.Line, problem.Position.Column = n, utf8.RuneCount(lines[n-1][:column])+1
	return problem
}

// opened puts a problem of what is not closed to where it was opened, if that
// can be told: quotes and comments may hide more than openings sees.
func opened(problem *diag.Problem, text []byte, message string) bool {
	closing := message[max(0, len(message)-len("']'")):]
	open := map[string]byte{"']'": '[', "'}'": '{', "eam": '"'}[closing]
	all := openings(text)
	if open == 0 || len(all) == 0 || text[all[len(all)-1]] != open {
		return false
	}
	at := all[len(all)-1]
	problem.Position.Line, problem.Position.Column = place(text, at)
	problem.Span = 1
	what, fix, _ := unclosed(text)
	problem.Message, problem.Fix = "the file is not valid YAML: "+what, fix
	return true
}
