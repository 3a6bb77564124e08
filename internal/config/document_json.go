package config

import (
	"bytes"
	"encoding/json"

	"go.yaml.in/yaml/v3"
)

// get is the value of a key of an object.
func get(object *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(object.Content); i += 2 {
		if object.Content[i].Value == key {
			return object.Content[i+1]
		}
	}
	return nil
}

// set gives a key of an object a value; comments beside the old one stay.
func set(object *yaml.Node, key string, value *yaml.Node) {
	for i := 0; i+1 < len(object.Content); i += 2 {
		if object.Content[i].Value == key {
			old := object.Content[i+1]
			value.HeadComment, value.LineComment, value.FootComment = old.HeadComment, old.LineComment, old.FootComment
			value.Line, value.Column = old.Line, old.Column
			object.Content[i+1] = value
			return
		}
	}
	// Where everything stands on one line, what is added does too.
	name := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key, Line: object.Line}
	if oneLine(object) {
		value.Line = object.Line
	}
	object.Content = append(object.Content, name, value)
}

// remove takes a key out of an object.
func remove(object *yaml.Node, key string) {
	for i := 0; i+1 < len(object.Content); i += 2 {
		if object.Content[i].Value == key {
			object.Content = append(object.Content[:i], object.Content[i+2:]...)
			return
		}
	}
}

// oneLine tells whether a value was written on one line, as far as that can be
// told: new values are, unless they hold others.
func oneLine(node *yaml.Node) bool {
	for _, child := range node.Content {
		if child.Line != node.Line || !oneLine(child) {
			return false
		}
	}
	return true
}

// writeJSON writes a tree with an indentation of two; what was on one line
// stays there.
func writeJSON(out *bytes.Buffer, node *yaml.Node, indent string) {
	if node.Kind == yaml.ScalarNode {
		writeScalar(out, node)
		return
	}
	opening, closing, step := "[", "]", 1
	if node.Kind == yaml.MappingNode {
		opening, closing, step = "{", "}", 2
	}
	newline, between := "\n"+indent+"  ", ",\n"+indent+"  "
	end := "\n" + indent
	if oneLine(node) {
		newline, between, end = "", ", ", ""
		if step == 2 {
			newline, end = " ", " "
		}
	}
	out.WriteString(opening)
	for i := 0; i < len(node.Content); i += step {
		if i == 0 {
			out.WriteString(newline)
		} else {
			out.WriteString(between)
		}
		if step == 2 {
			writeScalar(out, node.Content[i])
			out.WriteString(": ")
		}
		writeJSON(out, node.Content[i+step-1], indent+"  ")
	}
	if len(node.Content) > 0 {
		out.WriteString(end)
	}
	out.WriteString(closing)
}

// writeScalar writes a string as JSON has it, and all else as it was.
func writeScalar(out *bytes.Buffer, node *yaml.Node) {
	if node.Tag != "!!str" {
		out.WriteString(node.Value)
		return
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(node.Value) // a string always can be
	out.Truncate(out.Len() - 1)    // the line's end
}
