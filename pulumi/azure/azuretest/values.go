package azuretest

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// unknown stands for what a preview does not know yet.
type unknown struct{}

// object is an input of several fields, of Go's own types: maps, slices,
// texts, numbers, booleans and unknown.
type object = map[string]any

// plain are inputs as Go values.
func plain(inputs targettest.Properties) object {
	out := object{}
	for k, v := range targettest.Plain(inputs) {
		out[string(k)] = value(v)
	}
	return out
}

func value(v resource.PropertyValue) any {
	switch {
	case v.IsComputed(), v.IsOutput():
		return unknown{}
	case v.IsArray():
		items := []any{}
		for _, item := range v.ArrayValue() {
			items = append(items, value(item))
		}
		return items
	case v.IsObject():
		out := object{}
		for k, item := range v.ObjectValue() {
			out[string(k)] = value(item)
		}
		return out
	}
	return v.V
}

// get is what stands at a path such as "ipConfigurations[0].subnet.id"; nil
// where nothing does. What is within something unknown is unknown too.
func get(from any, path string) any {
	for _, step := range steps(path) {
		switch at := from.(type) {
		case unknown:
			return unknown{}
		case object:
			from = at[step]
		case []any:
			n, err := strconv.Atoi(step)
			if err != nil || n >= len(at) {
				return nil
			}
			from = at[n]
		default:
			return nil
		}
	}
	return from
}

func steps(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
}

// text is the text at a path; ok is false where there is none or it is not
// known yet.
func text(from any, path string) (found string, ok bool) {
	found, ok = get(from, path).(string)
	return found, ok
}

// number is the number at a path.
func number(from any, path string) (found int, ok bool) {
	n, ok := get(from, path).(float64)
	return int(n), ok
}

// items is the list at a path, each with its own path.
func items(from any, path string) map[string]any {
	all := map[string]any{}
	list, _ := get(from, path).([]any)
	for i, item := range list {
		all[fmt.Sprintf("%s[%d]", path, i)] = item
	}
	return all
}

// absent tells that nothing stands at a path.
func absent(from any, path string) bool { return get(from, path) == nil }

// open tells that what stands at a path is not known yet.
func open(from any, path string) bool {
	_, is := get(from, path).(unknown)
	return is
}

// other tells that a text is not the one that is wanted, as far as is known.
func other(from any, path, wanted string) bool {
	found, _ := text(from, path)
	return found != wanted && !open(from, path)
}

// none tells that a list is empty, as far as is known.
func none(from any, path string) bool {
	return len(items(from, path)) == 0 && !open(from, path)
}

// problems collects what ARM would refuse.
type problems []targettest.Problem

func (p *problems) add(property, format string, args ...any) {
	*p = append(*p, targettest.Problem{Property: property, Reason: fmt.Sprintf(format, args...)})
}

// form refuses a text that is not of a form; what is not there is let pass.
func (p *problems) form(from any, path string, form *regexp.Regexp, is string) {
	if found, ok := text(from, path); ok && !form.MatchString(found) {
		p.add(path, "%q is not %s", found, is)
	}
}

func resourceOf(properties targettest.Properties) resource.PropertyValue {
	return resource.NewProperty(properties)
}

// fields are those of an object, whether or not it is secret; none of anything
// else.
func fields(v resource.PropertyValue) targettest.Properties {
	if v.IsSecret() {
		v = v.SecretValue().Element
	}
	if v.IsObject() {
		return v.ObjectValue()
	}
	return targettest.Properties{}
}

// listed are the items of a list; none of anything else.
func listed(v resource.PropertyValue) []resource.PropertyValue {
	if v.IsSecret() {
		v = v.SecretValue().Element
	}
	if v.IsArray() {
		return v.ArrayValue()
	}
	return nil
}
