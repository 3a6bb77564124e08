package config

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// modeline begins the comment by which editors find the schema of YAML.
const modeline = "# yaml-language-server: $schema="

// Describe says in the document where its schema is, for editors: in JSON by a
// field, the first, in YAML by a comment above all else, which is where editors
// look. A document that names a schema keeps it.
func (d *Document) Describe(url string) {
	if get(d.root, "$schema") != nil {
		return
	}
	if !d.isJSON {
		d.headline = modeline + url + "\n"
		return
	}
	key := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: "$schema", Line: d.root.Line}
	value := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: url, Line: d.root.Line}
	if !oneLine(d.root) || len(d.root.Content) == 0 {
		key.Line, value.Line = made, made
	}
	d.root.Content = slices.Insert(d.root.Content, 0, key, value)
}

// headed is a YAML document with the line that Describe puts above it.
func (d *Document) headed(text string) string {
	if d.headline == "" || strings.Contains(text, "yaml-language-server:") {
		return text
	}
	return d.headline + text
}
