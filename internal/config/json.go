package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// parseJSON builds the tree that the YAML parser would build of the same
// document.
func parseJSON(text []byte) (*yaml.Node, error) {
	// Checking first gives an exact offset for every syntax error and a limit
	// on depth; the walk below then meets valid JSON only.
	var whole json.RawMessage
	if err := json.Unmarshal(text, &whole); err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	tree := &jsonTree{text: text, decoder: decoder, line: 1, column: 1}
	return tree.node()
}

// jsonTree walks the tokens of a document and keeps count of the place.
type jsonTree struct {
	text    []byte
	decoder *json.Decoder
	// seen is the offset that line and column belong to.
	seen         int
	line, column int
}

// node reads one value.
func (t *jsonTree) node() (*yaml.Node, error) {
	t.advance()
	node := &yaml.Node{Line: t.line, Column: t.column}
	token, err := t.decoder.Token()
	if err != nil {
		return nil, fmt.Errorf("reading JSON: %w", err)
	}
	node.Kind = yaml.ScalarNode
	switch value := token.(type) {
	case json.Delim:
		return node, t.children(node, value)
	case string:
		node.Tag, node.Value, node.Style = "!!str", value, yaml.DoubleQuotedStyle
	case json.Number:
		node.Tag, node.Value = "!!int", value.String()
		if strings.ContainsAny(node.Value, ".eE") {
			node.Tag = "!!float"
		}
	case bool:
		node.Tag, node.Value = "!!bool", fmt.Sprint(value)
	case nil:
		node.Tag, node.Value = "!!null", "null"
	}
	return node, nil
}

// children reads what stands in braces or brackets; the keys of an object
// are nodes like its values.
func (t *jsonTree) children(node *yaml.Node, open json.Delim) error {
	node.Kind, node.Tag = yaml.SequenceNode, "!!seq"
	if open == '{' {
		node.Kind, node.Tag = yaml.MappingNode, "!!map"
	}
	node.Style = yaml.FlowStyle
	for t.decoder.More() {
		child, err := t.node()
		if err != nil {
			return err
		}
		node.Content = append(node.Content, child)
	}
	_, err := t.decoder.Token()
	return err
}

// advance moves the place to the start of the next token.
func (t *jsonTree) advance() {
	end := int(t.decoder.InputOffset())
	for end < len(t.text) && strings.IndexByte(" \t\r\n,:", t.text[end]) >= 0 {
		end++
	}
	for _, r := range string(t.text[t.seen:end]) {
		t.column++
		if r == '\n' {
			t.line, t.column = t.line+1, 1
		}
	}
	t.seen = end
}
