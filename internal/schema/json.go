package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// URL is where the JSON Schema is published: its $id, and what a config's
// $schema says.
const URL = "https://raw.githubusercontent.com/kubernetes-anywhere/kubernetes-anywhere/main/docs/reference/cluster.schema.json"

// node is a part of a JSON Schema of draft 7, the one that editors support
// best. Its fields are written in this order.
type node struct {
	Schema      string `json:"$schema,omitempty"`
	ID          string `json:"$id,omitempty"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	Type        string `json:"type,omitempty"`
	Const       any    `json:"const,omitempty"`
	Enum        []any  `json:"enum,omitempty"`
	Default     any    `json:"default,omitempty"`
	Examples    []any  `json:"examples,omitempty"`
	Minimum     *int   `json:"minimum,omitempty"`
	Maximum     *int   `json:"maximum,omitempty"`
	MaxLength   int    `json:"maxLength,omitempty"`
	Pattern     string `json:"pattern,omitempty"`

	Required   []string   `json:"required,omitempty"`
	Properties properties `json:"properties,omitempty"`
	// Additional is false, or what the values of a map are.
	Additional any     `json:"additionalProperties,omitempty"`
	Items      *node   `json:"items,omitempty"`
	AllOf      []*node `json:"allOf,omitempty"`
	If         *node   `json:"if,omitempty"`
	Then       *node   `json:"then,omitempty"`
}

// properties are those of an object in the order of the declaration; a nil
// node allows none of that name.
type properties []property

type property struct {
	name string
	node *node
}

// MarshalJSON writes an object.
func (p properties) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	for i, one := range p {
		if i > 0 {
			out.WriteByte(',')
		}
		var value any = one.node
		if one.node == nil {
			value = false
		}
		if err := encode(&out, one.name); err != nil {
			return nil, err
		}
		out.WriteByte(':')
		if err := encode(&out, value); err != nil {
			return nil, err
		}
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// encode writes JSON that leaves < and > as they are.
func encode(out *bytes.Buffer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

// JSON is the JSON Schema of the config, of draft 7.
func (s *Schema) JSON() []byte {
	root := s.node(s.Root)
	root.Schema = "http://json-schema.org/draft-07/schema#"
	root.ID = URL
	root.Title = "Cluster config of kubectl anywhere"
	root.Description = "What a cluster is to be. 'kubectl anywhere explain' says more of each field."
	var raw, out bytes.Buffer
	if err := encode(&raw, root); err != nil {
		panic(fmt.Sprintf("the schema is made of what is JSON: %v", err))
	}
	if err := json.Indent(&out, raw.Bytes(), "", "  "); err != nil {
		panic(fmt.Sprintf("the schema is JSON: %v", err))
	}
	return out.Bytes()
}

// node is the schema of a field.
func (s *Schema) node(f *Field) *node {
	n := &node{Description: f.Doc, Type: string(f.Type), Minimum: f.Least, Maximum: f.Most, MaxLength: f.Longest}
	if f.Form != "" {
		n.Pattern = "^" + f.Form + "$"
	}
	if value, same := f.Default(); same && f.IsLeaf() {
		n.Default = value
	} else if f.DefaultWords != "" && f.Type != Object {
		n.Description += " Default: " + f.DefaultWords + "."
	}
	switch f.Type {
	case Map:
		n.Type, n.Additional = string(Object), s.node(f.Item)
	case List:
		n.Items = s.node(f.Item)
	case Object:
		n.Additional = false
		for _, inner := range f.Fields {
			n.Properties = append(n.Properties, property{inner.Name, s.node(inner)})
			if inner.Required && !slices.Contains(s.Targets, inner.Name) {
				n.Required = append(n.Required, inner.Name)
			}
		}
	}
	if f.Path == "spec" {
		n.AllOf = s.branches(f)
	}
	n.choose(f.Type, f.Choices)
	if f.Example != "" && len(n.Enum)+len(n.Examples) == 0 {
		n.Examples = []any{typed(f.Type, f.Example)}
	}
	return n
}

// choose writes what can be chosen: all there is where the list is closed, and
// otherwise examples. What another field decides is neither here: the list is
// that of the defaults.
func (n *node) choose(t Type, choices config.Choices) {
	var values []any
	for _, value := range choices.Values {
		values = append(values, typed(t, value))
	}
	switch {
	case choices.Of != "":
	case choices.Open:
		n.Examples = values
	default:
		n.Enum = values
	}
}

// branches tie the blocks to spec.target: the chosen target's is allowed, and
// required where it has fields that are; the others are not.
func (s *Schema) branches(spec *Field) []*node {
	var all []*node
	for _, target := range s.Targets {
		chosen := &node{Properties: properties{{"target", &node{Const: target}}}}
		if target != config.DefaultTarget {
			chosen.Required = []string{"target"}
		}
		then := &node{}
		for _, f := range spec.Fields {
			switch {
			case f.Name == target && f.Required:
				then.Required = []string{target}
			case f.Name != target && slices.Contains(s.Targets, f.Name):
				then.Properties = append(then.Properties, property{f.Name, nil})
			}
		}
		all = append(all, &node{If: chosen, Then: then})
	}
	return all
}

// typed is a value that is written in a tag or a list as JSON has it.
func typed(t Type, text string) any {
	switch t {
	case Integer:
		if n, err := strconv.Atoi(text); err == nil {
			return n
		}
	case Boolean:
		return text == "true"
	case List, Map, Object:
		var value any
		if json.NewDecoder(strings.NewReader(text)).Decode(&value) == nil {
			return value
		}
	}
	return text
}
