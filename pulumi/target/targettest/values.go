package targettest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Plain takes every value out of its secret, and leaves out what is Pulumi's
// own: __defaults and its like.
func Plain(properties Properties) Properties {
	out := Properties{}
	for k, v := range properties {
		if !strings.HasPrefix(string(k), "__") {
			out[k] = open(v)
		}
	}
	return out
}

func open(value resource.PropertyValue) resource.PropertyValue {
	switch {
	case value.IsSecret():
		return open(value.SecretValue().Element)
	case value.IsOutput() && value.OutputValue().Known:
		return open(value.OutputValue().Element)
	case value.IsArray():
		items := []resource.PropertyValue{}
		for _, item := range value.ArrayValue() {
			items = append(items, open(item))
		}
		return resource.NewProperty(items)
	case value.IsObject():
		return resource.NewProperty(Plain(value.ObjectValue()))
	}
	return value
}

// Strings calls back with each string of a value and the path it stands at.
func Strings(path string, value resource.PropertyValue, found func(path, text string)) {
	switch {
	case value.IsSecret():
		Strings(path, value.SecretValue().Element, found)
	case value.IsOutput():
		Strings(path, value.OutputValue().Element, found)
	case value.IsString():
		found(path, value.StringValue())
	case value.IsArray():
		for i, item := range value.ArrayValue() {
			Strings(fmt.Sprintf("%s[%d]", path, i), item, found)
		}
	case value.IsObject():
		for k, item := range value.ObjectValue() {
			Strings(strings.TrimPrefix(path+"."+string(k), "."), item, found)
		}
	}
}

// refers tells whether a value is, or holds, one of the names.
func refers(value resource.PropertyValue, names []string) bool {
	found := false
	Strings("", value, func(_, text string) { found = found || slices.Contains(names, text) })
	return found
}

// nameIn is the input "name", where there is one and it is known.
func nameIn(inputs Properties) string {
	if value := open(inputs["name"]); value.IsString() {
		return value.StringValue()
	}
	return ""
}

// differing lists the paths at which two values differ: of objects each key,
// of lists of the same length each place, of others the list.
func differing(path string, was, wanted resource.PropertyValue) []string {
	var paths []string
	switch {
	case was.IsObject() && wanted.IsObject():
		keys := map[resource.PropertyKey]bool{}
		for k := range was.ObjectValue() {
			keys[k] = true
		}
		for k := range wanted.ObjectValue() {
			keys[k] = true
		}
		for k := range keys {
			at := strings.TrimPrefix(path+"."+string(k), ".")
			paths = append(paths, differing(at, was.ObjectValue()[k], wanted.ObjectValue()[k])...)
		}
	case was.IsArray() && wanted.IsArray() && len(was.ArrayValue()) == len(wanted.ArrayValue()):
		for i, item := range wanted.ArrayValue() {
			paths = append(paths, differing(fmt.Sprintf("%s[%d]", path, i), was.ArrayValue()[i], item)...)
		}
	case wanted.ContainsUnknowns() || !was.DeepEquals(wanted):
		paths = []string{path}
	}
	slices.Sort(paths)
	return paths
}

var places = regexp.MustCompile(`\[\d+\]`)

// covers tells whether a path is, is within, or holds a fixed one.
func covers(fixed, path string) bool {
	path = places.ReplaceAllString(path, "")
	return path == fixed || strings.HasPrefix(path, fixed+".") || strings.HasPrefix(fixed, path+".")
}
