package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// Of reads the config's structs, the blocks of the given targets among them;
// blocks is what config.Load takes.
func Of(blocks map[string]func() config.Block) *Schema {
	s := &Schema{Targets: slices.Sorted(maps.Keys(blocks))}
	r := reader{targets: s.Targets, blocks: blocks, defaults: map[string]any{}, choices: map[string]map[string]config.Choices{}}
	for _, target := range s.Targets {
		cluster := config.New(target, blocks)
		r.defaults[target] = plainly(cluster)
		r.choices[target] = cluster.Choices()
		r.choices[target]["spec.target"] = config.Choices{Values: s.Targets}
	}
	s.Root = r.field(reflect.TypeFor[config.Cluster](), "", "")
	return s
}

// reader walks the structs.
type reader struct {
	targets []string
	blocks  map[string]func() config.Block
	// defaults are the documents of those who write nothing, by target.
	defaults map[string]any
	// choices are those of that document, by target and path.
	choices map[string]map[string]config.Choices
}

// field describes a value of a type at a path.
func (r *reader) field(t reflect.Type, path, name string) *Field {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	f := &Field{Path: path, Name: name, Type: typeOf(t), Block: blockOf(path, r.targets)}
	f.Defaults = r.defaultsAt(path)
	r.choose(f)
	switch f.Type {
	case Object:
		f.Doc = prose()[docKey(t, "")]
		f.Fields = r.fields(t, path)
	case List:
		f.Item = r.field(t.Elem(), path+"[]", "")
	case Map:
		f.Item = r.field(t.Elem(), path+"{}", "")
	}
	return f
}

// fields are those of a struct; of one that is embedded, as its own.
func (r *reader) fields(t reflect.Type, path string) []*Field {
	var out []*Field
	names := documentNames(t)
	for i := range t.NumField() {
		declared := t.Field(i)
		name, _, _ := strings.Cut(declared.Tag.Get("json"), ",")
		if declared.Anonymous && name == "" {
			out = append(out, r.fields(declared.Type, path)...)
			continue
		}
		if !declared.IsExported() || name == "-" || name == "" {
			continue
		}
		f := r.field(declared.Type, strings.TrimPrefix(path+"."+name, "."), name)
		if doc := prose()[docKey(t, declared.Name)]; doc != "" {
			f.Doc = inItsOwnWords(doc, names)
		}
		f.Doc, f.DefaultWords = splitDefault(f.Doc)
		readTags(f, declared.Tag)
		r.settleDefaults(f)
		out = append(out, f)
	}
	if t == reflect.TypeFor[config.Spec]() {
		for _, target := range r.targets {
			block := reflect.TypeOf(r.blocks[target]())
			f := r.field(block, path+"."+target, target)
			f.Doc = inItsOwnWords(f.Doc, map[string]string{"Block": target})
			f.Required = slices.ContainsFunc(f.Fields, func(inner *Field) bool { return inner.Required })
			out = append(out, f)
		}
	}
	return out
}

func typeOf(t reflect.Type) Type {
	switch t.Kind() {
	case reflect.String:
		return String
	case reflect.Bool:
		return Boolean
	case reflect.Slice:
		return List
	case reflect.Struct:
		return Object
	case reflect.Map:
		return Map
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint16:
		return Integer
	}
	panic(fmt.Sprintf("the config has a field of type %s, which package schema has no word for", t))
}

// plainly is a config as JSON has it.
func plainly(c *config.Cluster) any {
	data, err := config.Marshal(c)
	if err != nil {
		panic(fmt.Sprintf("the defaults of target %q are no JSON: %v", c.Spec.Target, err))
	}
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		panic(fmt.Sprintf("the defaults of target %q are no JSON: %v", c.Spec.Target, err))
	}
	return value
}

func equal(a, b any) bool { return reflect.DeepEqual(a, b) }
