package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"go.yaml.in/yaml/v3"
)

// parse reads JSON or YAML into one kind of tree, whose nodes know where they
// stand. JSON is not left to the YAML parser: that refuses tabs and accepts
// much that is no JSON.
func parse(name string, data []byte) (*yaml.Node, *diag.Problem) {
	at := func(offset int) diag.Position {
		line, column := place(data, offset)
		return diag.Position{File: name, Line: line, Column: column}
	}
	if i := firstInvalid(data); i >= 0 {
		return nil, &diag.Problem{Position: at(i), Message: "the file is not UTF-8 text", Fix: "save it as UTF-8"}
	}
	text := bytes.TrimPrefix(data, []byte("\ufeff"))
	trimmed := bytes.TrimSpace(text)
	if len(trimmed) == 0 {
		return nil, emptyDocument(name)
	}
	if trimmed[0] == '{' || trimmed[0] == '[' {
		root, err := parseJSON(text)
		if err == nil {
			return root, nil
		}
		// YAML has braces too, and a file that calls itself so may use them.
		if ext := filepath.Ext(name); ext != ".yaml" && ext != ".yml" {
			return nil, syntaxProblem(text, err, func(offset int) diag.Position {
				return at(offset + len(data) - len(text))
			})
		}
	}
	return parseYAML(name, text)
}

func emptyDocument(name string) *diag.Problem {
	return &diag.Problem{
		Position: diag.Position{File: name, Line: 1, Column: 1},
		Message:  "the file is empty",
		Fix: fmt.Sprintf(`write at least {"apiVersion": %q, "kind": %q, "metadata": {"name": %q}}`,
			APIVersion, Kind, DefaultName),
	}
}

// place turns an offset into a line and a column, counted in characters as
// the YAML parser does.
func place(data []byte, offset int) (line, column int) {
	before := data[:min(max(offset, 0), len(data))]
	start := bytes.LastIndexByte(before, '\n') + 1
	head := bytes.TrimPrefix(before[start:], []byte("\ufeff"))
	return bytes.Count(before, []byte("\n")) + 1, utf8.RuneCount(head) + 1
}

func firstInvalid(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// syntaxProblem explains a JSON syntax error; the usual slips get a fix of
// their own.
func syntaxProblem(text []byte, err error, at func(int) diag.Position) *diag.Problem {
	problem := &diag.Problem{Position: at(0), Message: "the file is not valid JSON: " + err.Error(), Fix: "mend the JSON at this place"}
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return problem
	}
	offset := max(int(syntax.Offset)-1, 0)
	problem.Position = at(offset)
	before := bytes.TrimRight(text[:min(offset, len(text))], " \t\r\n")
	switch {
	case offset >= len(text)-1 && strings.Contains(err.Error(), "unexpected end"):
		problem.Position = at(len(text))
		problem.Fix = "close what was opened: a brace, a bracket or a quote is missing"
	case offset < len(text) && (text[offset] == '/' || text[offset] == '#'):
		problem.Fix = "remove the comment, for JSON has none, or write the file in YAML"
	case offset < len(text) && (text[offset] == '}' || text[offset] == ']') && bytes.HasSuffix(before, []byte(",")):
		problem.Fix = "remove the comma before this"
	case offset < len(text) && text[offset] == '"' && strings.Contains(err.Error(), "after"):
		problem.Fix = "put a comma before this"
	}
	return problem
}
