package config

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// made is the line of an object that did not stand in the file: another than
// that of what is put into it, so that writeJSON breaks its lines.
const made = -1

// Get is what the document says at a path, and whether it says anything there.
// Defaults are none of its business. The empty path is the whole document.
func (d *Document) Get(path string) (value any, found bool, err error) {
	steps, err := ParsePath(path)
	if err != nil {
		return nil, false, err
	}
	node := d.root
	for _, step := range steps {
		if node = inside(node, step); node == nil {
			return nil, false, nil
		}
	}
	if isNull(node) {
		return nil, false, nil
	}
	if err := node.Decode(&value); err != nil {
		return nil, false, fmt.Errorf("reading %s: %w", path, err)
	}
	return value, true, nil
}

// Set writes a value, one that JSON can hold, at a path. Objects that are
// missing on the way are made, and so is the item after a list's last, by its
// position or by a name that no item has.
func (d *Document) Set(path string, value any) error {
	steps, err := ParsePath(path)
	if err != nil {
		return err
	}
	if len(steps) == 0 {
		return fmt.Errorf("setting a value: there is no path; write one like spec.network.podCIDR")
	}
	d.writeOutPools(steps)
	node, err := d.node(value)
	if err != nil {
		return err
	}
	parent := d.root
	for i, step := range steps[:len(steps)-1] {
		child := inside(parent, step)
		if child == nil || isNull(child) {
			child = containerFor(steps[i+1])
			if err := d.put(parent, step, child); err != nil {
				return fmt.Errorf("setting %s: %w", path, err)
			}
		}
		parent = child
	}
	if err := d.put(parent, steps[len(steps)-1], node); err != nil {
		return fmt.Errorf("setting %s: %w", path, err)
	}
	return nil
}

// Unset takes out what stands at a path, and the objects around it that are
// left empty. Where nothing stands, nothing is done.
func (d *Document) Unset(path string) error {
	steps, err := ParsePath(path)
	if err != nil {
		return err
	}
	if len(steps) == 0 {
		return fmt.Errorf("removing a value: there is no path; write one like spec.network.podCIDR")
	}
	way := []*yaml.Node{d.root}
	for _, step := range steps {
		node := inside(way[len(way)-1], step)
		if node == nil {
			return nil
		}
		way = append(way, node)
	}
	for i := len(steps) - 1; i >= 0; i-- {
		drop(way[i], way[i+1])
		// The spec and the lists stay: an empty list is not the default.
		if len(way[i].Content) > 0 || way[i].Kind != yaml.MappingNode || i < 2 || steps[i-1].Index >= 0 || steps[i-1].Brackets {
			break
		}
	}
	return nil
}

// writeOutPools puts the default pool into a document that leaves it out and
// is about to have an item of it changed.
func (d *Document) writeOutPools(steps []Step) {
	if len(steps) < 3 || steps[0].Name != "spec" || steps[1].Name != "pools" || !steps[2].Brackets {
		return
	}
	// d.pools fails only where what is built in is no JSON.
	_, _ = d.pools()
}

// inside is what a step leads to, or nil.
func inside(node *yaml.Node, step Step) *yaml.Node {
	for node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	switch {
	case node.Kind == yaml.MappingNode:
		return get(node, step.Name)
	case node.Kind != yaml.SequenceNode:
		return nil
	case step.Index >= 0 && step.Index < len(node.Content):
		return node.Content[step.Index]
	case step.Index < 0:
		for _, item := range node.Content {
			if item.Kind != yaml.MappingNode {
				continue
			}
			if name := get(item, "name"); name != nil && name.Value == step.Name {
				return item
			}
		}
	}
	return nil
}

// containerFor is an empty object or list, whichever the next step goes into.
func containerFor(next Step) *yaml.Node {
	if next.Index >= 0 {
		return &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	}
	return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: made}
}

// put gives a step of an object or a list a value.
func (d *Document) put(parent *yaml.Node, step Step, value *yaml.Node) error {
	for parent.Kind == yaml.AliasNode {
		parent = parent.Alias
	}
	switch parent.Kind {
	case yaml.MappingNode:
		if len(parent.Content) == 0 && parent.Style == yaml.FlowStyle && !d.isJSON {
			parent.Style = 0
		}
		if parent.Line == made && get(parent, step.Name) == nil {
			key := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: step.Name}
			parent.Content = append(parent.Content, key, value)
			return nil
		}
		set(parent, step.Name, value)
		return nil
	case yaml.SequenceNode:
		return d.putItem(parent, step, value)
	}
	return fmt.Errorf("%q is a value of its own, in which there is no %s", parent.Value, strings.TrimPrefix(JoinPath([]Step{step}), "."))
}

// putItem gives an item of a list a value, or adds it.
func (d *Document) putItem(list *yaml.Node, step Step, value *yaml.Node) error {
	if len(list.Content) == 0 && !d.isJSON {
		list.Style = 0
	}
	switch {
	case step.Index > len(list.Content):
		return fmt.Errorf("the list has %d items; the next one is [%d]", len(list.Content), len(list.Content))
	case step.Index >= 0 && step.Index < len(list.Content):
		list.Content[step.Index] = value
		return nil
	case step.Index < 0:
		if value.Kind != yaml.MappingNode {
			return fmt.Errorf("the list has no item of the name %q", step.Name)
		}
		if old := inside(list, step); old != nil {
			*old = *value
			return nil
		}
		if get(value, "name") == nil {
			set(value, "name", &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: step.Name})
		}
	}
	if value.Kind == yaml.MappingNode && len(list.Content) > 0 && oneLine(list) {
		list.Line = made // several objects are read more easily below each other
	}
	list.Content = append(list.Content, value)
	return nil
}

// drop takes a child out of an object or a list.
func drop(parent, child *yaml.Node) {
	for i, node := range parent.Content {
		if node != child {
			continue
		}
		first := i
		if parent.Kind == yaml.MappingNode {
			first = i - 1
		}
		parent.Content = append(parent.Content[:first], parent.Content[i+1:]...)
		if len(parent.Content) == 0 && parent.Kind == yaml.SequenceNode {
			parent.Style = yaml.FlowStyle // a list without items has no other
		}
		return
	}
}
