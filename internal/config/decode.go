package config

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"go.yaml.in/yaml/v3"
)

// Load reads a config object in JSON or YAML, completes it with defaults and
// checks it. The name is what positions call the file; blocks makes the empty
// block of each registered target, by the target's name. The report holds
// every problem there is; the cluster is nil unless the report is empty.
func Load(name string, data []byte, blocks map[string]func() Block) (*Cluster, *diag.Report) {
	return LoadFor(DefaultTarget, name, data, blocks)
}

// LoadFor is Load where a config that names no target means the given one.
func LoadFor(target, name string, data []byte, blocks map[string]func() Block) (*Cluster, *diag.Report) {
	cluster, report := read(target, name, data, blocks)
	if !report.Empty() {
		return nil, report
	}
	return cluster, report
}

// LoadUnfinished is Load for a config that is being written: what can be read
// of it is returned in spite of the problems, with every default. The cluster
// is nil only where the document cannot be read at all.
func LoadUnfinished(name string, data []byte, blocks map[string]func() Block) (*Cluster, *diag.Report) {
	return read(DefaultTarget, name, data, blocks)
}

// read is the cluster as far as it can be read, and all that is wrong with it.
func read(target, name string, data []byte, blocks map[string]func() Block) (*Cluster, *diag.Report) {
	report := &diag.Report{}
	root, problem := parse(name, data)
	if problem != nil {
		problem.Position = inFile(problem.Position, data)
		report.Add(*problem)
		return nil, report
	}
	if root.Kind == yaml.MappingNode && (get(root, "phase1") != nil || get(root, "phase2") != nil) {
		report.Add(*ancestor(diag.Position{File: name, Line: root.Content[0].Line, Column: root.Content[0].Column}))
		return nil, report
	}
	b := newBinder(name, report)
	b.most = repeats + len(data)
	b.blocks = map[string]Block{}
	for target := range blocks {
		b.foreign[join("spec", target)] = nil
	}
	if chosen := chosenTarget(root, target); blocks[chosen] != nil {
		b.blocks[join("spec", chosen)] = blocks[chosen]()
	}
	// Defaults come first and are written over, so that a zero which stands
	// in the file is seen as a mistake and not quietly replaced.
	cluster := &Cluster{Spec: Spec{Target: target}}
	cluster.Default()
	b.places[""] = b.position(root)
	b.bind(root, reflect.ValueOf(cluster).Elem(), "")
	b.bindBlock(cluster, blocks)
	if b.exhausted() {
		report.Problems = nil
		b.add("", "the file repeats more by aliases than any cluster has", "write out what is meant")
		return nil, report
	}
	b.reportMissing()
	for _, problem := range cluster.Validate() {
		if !b.unread(problem.Path) && !b.inherited(problem.Path) {
			b.add(problem.Path, problem.Message, problem.Fix)
		}
	}
	report.Sort()
	if !report.Empty() {
		b.span(data)
	}
	return cluster, report
}

// inherited tells the zones of machines that nobody wrote: they are those of
// the target's block, of which the same is said.
func (b *binder) inherited(path string) bool {
	at := strings.Index(path, ".machine.zones")
	if at < 0 {
		return false
	}
	_, written := b.places[path[:at]+".machine.zones"]
	return !written && !b.report.Empty()
}

// chosenTarget is the target that a document names, or else the given one.
func chosenTarget(root *yaml.Node, target string) string {
	if root.Kind != yaml.MappingNode {
		return target
	}
	spec := get(root, "spec")
	if spec == nil || spec.Kind != yaml.MappingNode {
		return target
	}
	if chosen := get(spec, "target"); chosen != nil && chosen.Kind == yaml.ScalarNode {
		return chosen.Value
	}
	return target
}

// bindBlock reads the block of the chosen target and refuses those of others.
func (b *binder) bindBlock(cluster *Cluster, blocks map[string]func() Block) {
	if b.unread("spec.target") {
		return
	}
	target := cluster.Spec.Target
	known := slices.Sorted(maps.Keys(blocks))
	if !slices.Contains(known, target) {
		near := cmp.Or(otherTarget(target, known), nearest(target, known))
		message := fmt.Sprintf("there is no target %q", target)
		if near != "" {
			message += fmt.Sprintf("; did you mean %q?", near)
		}
		b.add("spec.target", message, "write one of "+strings.Join(known, ", "))
		return
	}
	for _, other := range known {
		path := join("spec", other)
		if other != target && b.foreign[path] != nil {
			b.add(path, fmt.Sprintf("this block is for target %q, but the target chosen is %q", other, target),
				fmt.Sprintf("remove the block, or write %q as spec.target", other))
		}
	}
	block := blocks[target]()
	path := join("spec", target)
	if node := b.foreign[path]; node != nil {
		b.bind(node, reflect.ValueOf(block).Elem(), path)
	} else {
		b.blockLeftOut(target, path, reflect.TypeOf(block).Elem())
	}
	cluster.Spec.Block = block
	block.Default(cluster)
}

// blockLeftOut reports a block that is not there although some of its fields
// have no default.
func (b *binder) blockLeftOut(target, path string, t reflect.Type) {
	if t.Kind() != reflect.Struct {
		return
	}
	fields, names := fieldsOf(t)
	var needed []string
	for _, name := range names {
		if fields[name].Tag.Get("required") == "true" {
			needed = append(needed, fmt.Sprintf("%q: %s", name, example(fields[name])))
		}
	}
	if len(needed) > 0 {
		b.fault(path, fmt.Sprintf("is missing: target %q cannot do without", target),
			fmt.Sprintf("add to spec: %q: {%s}", target, strings.Join(needed, ", ")))
	}
}

// Marshal writes the config as indented JSON that ends in a newline. Load
// reads it back to the same object.
func Marshal(c *Cluster) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(c); err != nil {
		return nil, fmt.Errorf("writing config of cluster %q: %w", c.Metadata.Name, err)
	}
	return out.Bytes(), nil
}
