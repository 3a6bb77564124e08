package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
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
		report.Add(*problem)
		return nil, report
	}
	b := newBinder(name, report)
	for target := range blocks {
		b.foreign[join("spec", target)] = nil
	}
	// Defaults come first and are written over, so that a zero which stands
	// in the file is seen as a mistake and not quietly replaced.
	cluster := &Cluster{Spec: Spec{Target: target}}
	cluster.Default()
	b.places[""] = b.position(root)
	b.bind(root, reflect.ValueOf(cluster).Elem(), "")
	b.bindBlock(cluster, blocks)
	for _, problem := range cluster.Validate() {
		if !b.unread(problem.Path) {
			b.add(problem.Path, problem.Message, problem.Fix)
		}
	}
	report.Sort()
	return cluster, report
}

// bindBlock reads the block of the chosen target and refuses those of others.
func (b *binder) bindBlock(cluster *Cluster, blocks map[string]func() Block) {
	if b.unread("spec.target") {
		return
	}
	target := cluster.Spec.Target
	known := slices.Sorted(maps.Keys(blocks))
	if !slices.Contains(known, target) {
		message := fmt.Sprintf("there is no target %q%s", target, meant(target, known))
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
	}
	cluster.Spec.Block = block
	block.Default(cluster)
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
