package awstest

import (
	"fmt"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/aws/awstest/api"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// values are inputs as plain values: what is not known yet is api.Unknown.
type values map[string]any

func valuesOf(properties targettest.Properties) values {
	in := values{}
	for key, value := range targettest.Plain(properties) {
		if plain := plainOf(value); plain != nil {
			in[string(key)] = plain
		}
	}
	return in
}

func plainOf(value resource.PropertyValue) any {
	switch {
	case value.IsNull():
		return nil
	case value.IsString():
		return value.StringValue()
	case value.IsBool():
		return value.BoolValue()
	case value.IsNumber():
		if n := value.NumberValue(); n == float64(int64(n)) {
			return int64(n)
		}
		return value.NumberValue()
	case value.IsArray():
		items := []any{}
		for _, item := range value.ArrayValue() {
			items = append(items, plainOf(item))
		}
		return items
	case value.IsObject():
		return map[string]any(valuesOf(value.ObjectValue()))
	}
	return api.Unknown{}
}

// text is an input as a string; empty when it is not set or not known.
func (in values) text(path string) string {
	for _, value := range in.at(path) {
		text, _ := value.(string)
		return text
	}
	return ""
}

// number is an input as a whole number.
func (in values) number(path string) (int64, bool) {
	for _, value := range in.at(path) {
		number, ok := value.(int64)
		return number, ok
	}
	return 0, false
}

// has tells whether an input is set, known or not.
func (in values) has(name string) bool {
	_, set := in[name]
	return set
}

// set counts those of some inputs that are set.
func (in values) set(names ...string) (count int) {
	for _, name := range names {
		if in.has(name) {
			count++
		}
	}
	return count
}

// at are the values at a path, in which [] is any place of a list, by the path
// of each.
func (in values) at(path string) map[string]any {
	found := map[string]any{}
	walk(map[string]any(in), "", strings.Split(path, "."), found)
	return found
}

func walk(value any, at string, rest []string, found map[string]any) {
	if len(rest) == 0 {
		found[at] = value
		return
	}
	fields, ok := value.(map[string]any)
	if !ok {
		return
	}
	name, list := strings.CutSuffix(rest[0], "[]")
	inner, set := fields[name]
	if !set {
		return
	}
	if !list {
		walk(inner, api.Join(at, name), rest[1:], found)
		return
	}
	items, _ := inner.([]any)
	for i, item := range items {
		walk(item, fmt.Sprintf("%s[%d]", api.Join(at, name), i), rest[1:], found)
	}
}
