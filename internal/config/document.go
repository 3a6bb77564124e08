package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"go.yaml.in/yaml/v3"
)

// Document is a config as a person wrote it, to be changed in one place and
// kept as it is everywhere else: the order of its fields, its comments, and
// fields that this program does not know.
type Document struct {
	// top is what is written; root the object in it.
	top, root *yaml.Node
	isJSON    bool
	// name is the file's, whose end tells how it is read again.
	name string
	// headline is a comment above all of it; see Describe.
	headline string
}

// ParseDocument reads JSON or YAML. The problem is a *diag.Error.
func ParseDocument(name string, data []byte) (*Document, error) {
	root, problem := parse(name, data)
	if problem == nil && root.Kind != yaml.MappingNode {
		problem = &diag.Problem{Position: diag.Position{File: name, Line: 1, Column: 1}, Message: "the document is no object", Fix: "write an object: { … }"}
	}
	if problem != nil {
		report := diag.Report{}
		report.Add(*problem)
		return nil, report.Err(diag.Source{File: name, Text: data})
	}
	if json.Valid(data) {
		return &Document{top: root, root: root, isJSON: true, name: name}, nil
	}
	// Once more, with the comments that stand outside of the object.
	var whole yaml.Node
	if err := yaml.Unmarshal(data, &whole); err != nil {
		return nil, fmt.Errorf("reading %q: %w", name, err)
	}
	return &Document{top: &whole, root: whole.Content[0], name: name}, nil
}

// Bytes is the document in the language that it was read in.
func (d *Document) Bytes() ([]byte, error) {
	var out bytes.Buffer
	if d.isJSON {
		writeJSON(&out, d.top, "")
		out.WriteByte('\n')
		return out.Bytes(), nil
	}
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := errors.Join(encoder.Encode(d.top), encoder.Close()); err != nil {
		return nil, fmt.Errorf("writing the config: %w", err)
	}
	// The encoder puts some comments where they take the rest of their line
	// with them.
	text := []byte(d.headed(out.String()))
	if _, problem := parse(d.name, text); problem != nil {
		return nil, errors.New("writing the config: a comment stands where it cannot be kept; take the comments out of braces and brackets, and run this again")
	}
	return text, nil
}

// ScalePool sets how many nodes a pool has, and between which bounds something
// else may scale it; zero bounds are left out.
func (d *Document) ScalePool(name string, count, min, max int) error {
	pool, err := d.pool(name)
	if err != nil {
		return err
	}
	for _, field := range []struct {
		name  string
		value int
	}{{"count", count}, {"min", min}, {"max", max}} {
		if field.value == 0 && field.name != "count" {
			remove(pool, field.name)
			continue
		}
		value, err := d.node(field.value)
		if err != nil {
			return err
		}
		set(pool, field.name, value)
	}
	return nil
}

// AddPool adds a pool at the end.
func (d *Document) AddPool(pool Pool) error {
	if _, err := d.pool(pool.Name); err == nil {
		return fmt.Errorf("there is a pool %q already; 'kubectl anywhere pool scale' changes its size", pool.Name)
	}
	value, err := d.node(pool)
	if err != nil {
		return err
	}
	pools, err := d.pools()
	if err != nil {
		return err
	}
	pools.Content = append(pools.Content, value)
	return nil
}

// RemovePool takes a pool out.
func (d *Document) RemovePool(name string) error {
	pool, err := d.pool(name)
	if err != nil {
		return err
	}
	pools, err := d.pools()
	if err != nil {
		return err
	}
	for i, item := range pools.Content {
		if item == pool {
			pools.Content = append(pools.Content[:i], pools.Content[i+1:]...)
			break
		}
	}
	if len(pools.Content) == 0 {
		pools.Style = yaml.FlowStyle // a list without items has no other
	}
	return nil
}

// pool finds a pool by its name.
func (d *Document) pool(name string) (*yaml.Node, error) {
	pools, err := d.pools()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, pool := range pools.Content {
		if pool.Kind != yaml.MappingNode {
			continue
		}
		value := get(pool, "name")
		if value == nil {
			continue
		}
		if value.Value == name {
			return pool, nil
		}
		names = append(names, value.Value)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("there is no pool %q, nor any other", name)
	}
	return nil, fmt.Errorf("there is no pool %q%s; there is %s", name, meant(name, names), strings.Join(names, ", "))
}

// pools is the list of pools; where the document leaves it to the default,
// that is written out first.
func (d *Document) pools() (*yaml.Node, error) {
	spec := get(d.root, "spec")
	if spec == nil || spec.Kind != yaml.MappingNode {
		spec = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		set(d.root, "spec", spec)
	}
	if pools := get(spec, "pools"); pools != nil && pools.Kind == yaml.SequenceNode {
		return pools, nil
	}
	pools, err := d.node(defaultPools())
	if err != nil {
		return nil, err
	}
	set(spec, "pools", pools)
	return pools, nil
}

// node is a value as a part of this document.
func (d *Document) node(value any) (*yaml.Node, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("writing the config: %w", err)
	}
	node, err := parseJSON(text)
	if err != nil {
		return nil, err
	}
	unplace(node, d.isJSON)
	return node, nil
}

// unplace forgets where a node stood, and in YAML how it was written.
func unplace(node *yaml.Node, keepStyle bool) {
	node.Line, node.Column = 0, 0
	if !keepStyle {
		node.Style = 0
	}
	for _, child := range node.Content {
		unplace(child, keepStyle)
	}
}
