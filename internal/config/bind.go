package config

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
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
}

func newBinder(file string, report *diag.Report) *binder {
	return &binder{
		file:    file,
		report:  report,
		places:  map[string]diag.Position{},
		faulty:  map[string]bool{},
		foreign: map[string]*yaml.Node{},
	}
}

func (b *binder) position(n *yaml.Node) diag.Position {
	return diag.Position{File: b.file, Line: n.Line, Column: n.Column}
}

// add reports a problem at the field's place, or at that of the nearest
// parent that stands in the file.
func (b *binder) add(path, message, fix string) {
	at, found := b.places[path]
	for up := path; !found && up != ""; {
		up = parent(up)
		at, found = b.places[up]
	}
	b.addAt(at, path, message, fix)
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
	default:
		b.wrongType(n, v.Kind(), path)
	}
}

// bindNumber takes decimal digits only: YAML reads 010 as eight, which nobody
// means.
func (b *binder) bindNumber(n *yaml.Node, v reflect.Value, path string) {
	tag := n.ShortTag()
	whole := v.Kind() != reflect.Float64
	if n.Kind != yaml.ScalarNode || (tag != "!!int" && (tag != "!!float" || whole)) {
		b.wrongType(n, v.Kind(), path)
		return
	}
	var err error
	switch {
	case v.CanInt():
		var number int64
		number, err = strconv.ParseInt(n.Value, 10, v.Type().Bits())
		v.SetInt(number)
	case v.CanUint():
		var number uint64
		number, err = strconv.ParseUint(n.Value, 10, v.Type().Bits())
		v.SetUint(number)
	default:
		var number float64
		number, err = strconv.ParseFloat(n.Value, 64)
		v.SetFloat(number)
	}
	if err == nil && whole && len(strings.TrimLeft(n.Value, "-+")) > 1 && strings.TrimLeft(n.Value, "-+")[0] == '0' {
		err = strconv.ErrSyntax
	}
	if err != nil {
		b.fault(path, fmt.Sprintf("%s is not a number that can stand here", n.Value), "write it in decimal digits, within reason")
	}
}
