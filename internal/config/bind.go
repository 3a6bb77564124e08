package config

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"go.yaml.in/yaml/v3"
)

// binder writes a tree into Go values by their json tags and notes where each
// field stands. It goes on after a problem, so that all are found at once.
type binder struct {
	file   string
	report *diag.Report
	// places tells where a problem of a field is shown, by its path.
	places map[string]diag.Position
	// faulty holds the paths of fields that could not be read. They keep
	// their defaults, so that what validation says of them proves nothing.
	faulty map[string]bool
	// foreign are fields that no struct here declares: the blocks of targets.
	// Their nodes are kept to be bound later.
	foreign map[string]*yaml.Node
	// blocks holds the block of the chosen target, by its path.
	blocks map[string]Block
	// fields are the paths of all fields there are, positions left open.
	fields []string
	// meant are the paths of fields that stand elsewhere in the file, by a
	// slip: they are not missing.
	meant map[string]bool
	// missing are the required fields that are not there.
	missing []diag.Problem
	// nodes are the keys and plain values by where they stand.
	nodes map[diag.Position]*yaml.Node
	// starts are where objects and lists begin: with their first key, perhaps,
	// which is not what is wrong with them.
	starts map[diag.Position]bool
	// visits counts the values that were bound, for aliases can repeat them;
	// most is how many may be.
	visits, most int
}

// repeats is how many values aliases may add to those that a file holds: more
// than any cluster has use for.
const repeats = 1 << 14

// exhausted tells that aliases repeat without end, or nearly so.
func (b *binder) exhausted() bool { return b.visits >= b.most }

func newBinder(file string, report *diag.Report) *binder {
	return &binder{
		file:    file,
		report:  report,
		places:  map[string]diag.Position{},
		faulty:  map[string]bool{},
		foreign: map[string]*yaml.Node{},
		meant:   map[string]bool{},
		nodes:   map[diag.Position]*yaml.Node{},
		starts:  map[diag.Position]bool{},
	}
}

func (b *binder) position(n *yaml.Node) diag.Position {
	at := diag.Position{File: b.file, Line: n.Line, Column: n.Column}
	if n.Kind == yaml.ScalarNode {
		b.nodes[at] = n
	} else {
		b.starts[at] = true
	}
	return at
}

// add reports a problem at the field's place, or at that of the nearest
// parent that stands in the file.
func (b *binder) add(path, message, fix string) {
	at, found := b.places[path]
	for up := path; !found && up != ""; {
		up = parent(up)
		at, found = b.places[up]
	}
	problem := diag.Problem{Position: at, Path: path, Message: message, Fix: fix}
	if b.starts[at] {
		problem.Span = 1
	}
	b.report.Add(problem)
}

func (b *binder) addAt(at diag.Position, path, message, fix string) {
	b.report.Add(diag.Problem{Position: at, Path: path, Message: message, Fix: fix})
}

// fault reports a field that could not be read.
func (b *binder) fault(path, message, fix string) {
	b.faulty[path] = true
	b.add(path, message, fix)
}

// unread tells whether a field, or something it is part of, could not be read.
func (b *binder) unread(path string) bool {
	for ; path != ""; path = parent(path) {
		if b.faulty[path] {
			return true
		}
	}
	return b.faulty[""]
}

// bind writes one node into one value. A null is a field left out.
func (b *binder) bind(n *yaml.Node, v reflect.Value, path string) {
	if b.visits++; b.exhausted() {
		return
	}
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if isNull(n) && path != "" {
		return
	}
	if text, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		b.bindText(n, text, path)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		b.bind(n, v.Elem(), path)
	case reflect.Struct:
		b.bindStruct(n, v, path)
	case reflect.Slice:
		b.bindSlice(n, v, path)
	case reflect.Map:
		b.bindMap(n, v, path)
	case reflect.Interface:
		b.bindAny(n, v, path)
	case reflect.String, reflect.Bool:
		b.bindPlain(n, v, path)
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint16, reflect.Float64:
		b.bindNumber(n, v, path)
	default:
		b.fault(path, fmt.Sprintf("cannot be set in a file: the program has no rule for %s", v.Type()), "remove the field and report this as a bug")
	}
}

// bindAny takes what is there, as it is: for a block that another program
// declares.
func (b *binder) bindAny(n *yaml.Node, v reflect.Value, path string) {
	var value any
	if err := n.Decode(&value); err != nil {
		b.fault(path, fmt.Sprintf("cannot be read: %v", err), "write plain values, lists and objects")
		return
	}
	v.Set(reflect.ValueOf(value))
}

func (b *binder) bindText(n *yaml.Node, text encoding.TextUnmarshaler, path string) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		b.wrongType(n, reflect.String, path)
		return
	}
	if err := text.UnmarshalText([]byte(n.Value)); err != nil {
		b.fault(path, fmt.Sprintf("%q cannot be read: %v", n.Value, err), "write it in the form that the field's description gives")
	}
}

func (b *binder) bindSlice(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.SequenceNode {
		b.wrongType(n, v.Kind(), path)
		return
	}
	out := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, item := range n.Content {
		at := fmt.Sprintf("%s[%d]", path, i)
		b.places[at] = b.position(item)
		if isNull(item) {
			b.fault(at, "is empty", "remove the item, or write it")
			continue
		}
		b.bind(item, out.Index(i), at)
	}
	v.Set(out)
}

func (b *binder) bindMap(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.MappingNode {
		b.wrongType(n, v.Kind(), path)
		return
	}
	out := reflect.MakeMap(v.Type())
	for _, entry := range b.entries(n, func(key string) string { return fmt.Sprintf("%s[%q]", path, key) }) {
		b.places[entry.path] = entry.place
		if isNull(entry.value) {
			b.fault(entry.path, "has no value", `write "" for an empty one`)
			continue
		}
		item := reflect.New(v.Type().Elem()).Elem()
		b.bind(entry.value, item, entry.path)
		out.SetMapIndex(reflect.ValueOf(entry.key.Value).Convert(v.Type().Key()), item)
	}
	v.Set(out)
}

func (b *binder) bindPlain(n *yaml.Node, v reflect.Value, path string) {
	switch tag := n.ShortTag(); {
	case v.Kind() == reflect.String && tag == "!!str" && n.Kind == yaml.ScalarNode:
		v.SetString(n.Value)
	case v.Kind() == reflect.Bool && tag == "!!bool" && n.Kind == yaml.ScalarNode:
		v.SetBool(strings.EqualFold(n.Value, "true"))
	case v.Kind() == reflect.String && path == "spec.kubernetesVersion" && n.Kind == yaml.ScalarNode:
		b.fault(path, "must be a string, but is "+nodeName(n), fmt.Sprintf("write %q", nearestVersion(n.Value)))
	default:
		b.wrongType(n, v.Kind(), path)
	}
}
