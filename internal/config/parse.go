package config

import (
	"bytes"
	"fmt"
	"path/filepath"

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
	if problem := badText(data, at); problem != nil {
		return nil, problem
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
