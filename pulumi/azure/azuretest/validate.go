package azuretest

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// container is the property that ARM puts most of a body into, and whose
// content azure-native lifts one level up, in resources and in their parts.
const container = "properties"

// lists whose values are older than what there is: sizes of machines.
func outdated(path string) bool { return strings.HasSuffix(path, "vmSize") }

// validator holds inputs against a description, un-flattening them on the way:
// what ARM has in properties, Pulumi has beside it.
type validator struct {
	described *description
	problems  problems
}

// validate says what ARM's description refuses of a body's inputs.
func (d *description) validate(arm string, inputs object) problems {
	v := &validator{described: d}
	// A role's own type would be in the way of the resource's: azure-native
	// calls it roleType, and definitionRules look at it.
	v.object(d.body(arm), "", inputs, "id", "name", "type", "apiVersion", "roleType")
	return v.problems
}

func (v *validator) check(t *armType, path string, found any) {
	if _, is := found.(unknown); is || t == nil {
		return
	}
	switch t.Kind {
	case "ObjectType":
		v.objectOrKeys(t, path, found)
	case "ArrayType":
		list, is := found.([]any)
		if !is {
			v.problems.add(path, "must be a list")
		}
		for i, item := range list {
			v.check(v.described.at(t.Item), fmt.Sprintf("%s[%d]", path, i), item)
		}
	case "UnionType":
		v.union(t, path, found)
	case "StringType":
		v.string(t, path, found)
	case "IntegerType":
		v.integer(t, path, found)
	case "BooleanType":
		if _, is := found.(bool); !is {
			v.problems.add(path, "must be true or false")
		}
	}
}

// objectOrKeys takes a list of texts for a map of empty objects, as
// azure-native does: userAssignedIdentities.
func (v *validator) objectOrKeys(t *armType, path string, found any) {
	switch found := found.(type) {
	case object:
		v.object(t, path, found)
	case []any:
		if t.Additional == nil || slices.ContainsFunc(found, func(item any) bool { _, is := item.(object); return is }) {
			v.problems.add(path, "must be an object")
		}
	default:
		v.problems.add(path, "must be an object")
	}
}

// object checks the fields of a body, save those that are no part of it.
func (v *validator) object(t *armType, path string, found object, but ...string) {
	inner := &armType{}
	if lifted, has := t.Properties[container]; has && found[container] == nil {
		inner = v.described.at(lifted.Type)
		if inner == nil || inner.Kind != "ObjectType" {
			inner = &armType{}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(found)) {
		at := strings.TrimPrefix(path+"."+key, ".")
		property, known := t.Properties[key]
		// An extension's type is within; beside it is that of the resource.
		if lifted, has := inner.Properties[key]; has && (!known || property.ReadOnly) {
			property, known = lifted, true
		}
		switch {
		case slices.Contains(but, key):
		case known && property.ReadOnly:
			v.problems.add(at, "is set by Azure")
		case known:
			v.check(v.described.at(property.Type), at, found[key])
		case t.Additional != nil:
			v.check(v.described.at(t.Additional), at, found[key])
		default:
			v.problems.add(at, "%s has no such property", named(t))
		}
	}
	v.required(t, path, found, append(but, container))
	v.required(inner, path, found, but)
	if p := t.Properties[container]; p.Required && found[container] == nil && len(inner.Properties) == 0 {
		v.problems.add(strings.TrimPrefix(path+"."+container, "."), "is required")
	}
}

func (v *validator) required(t *armType, path string, found object, but []string) {
	for _, key := range slices.Sorted(maps.Keys(t.Properties)) {
		p := t.Properties[key]
		if p.Required && !p.ReadOnly && found[key] == nil && !slices.Contains(but, key) {
			v.problems.add(strings.TrimPrefix(path+"."+key, "."), "is required")
		}
	}
}

// union is a list of the values that there are. Azure lets some of them grow
// without a new description; a value that is not in it is refused all the
// same, as most often it is a mistake.
func (v *validator) union(t *armType, path string, found any) {
	var values []string
	for _, n := range t.Of {
		if element := v.described.Types[n]; element.Kind == "StringLiteralType" {
			values = append(values, element.Value)
		}
	}
	if text, is := found.(string); !is || len(values) > 0 && !slices.Contains(values, text) && !outdated(path) {
		v.problems.add(path, "%v is none of %s", found, strings.Join(values, ", "))
	}
}

func (v *validator) string(t *armType, path string, found any) {
	text, is := found.(string)
	switch {
	case !is:
		v.problems.add(path, "must be a text")
	case len(text) < t.MinLength:
		v.problems.add(path, "has %d characters, at least %d are needed", len(text), t.MinLength)
	case t.MaxLength > 0 && len(text) > t.MaxLength:
		v.problems.add(path, "has %d characters, at most %d are allowed", len(text), t.MaxLength)
	case t.Pattern != "" && !regexp.MustCompile(t.Pattern).MatchString(text):
		v.problems.add(path, "%q does not match %s", text, t.Pattern)
	}
}

func (v *validator) integer(t *armType, path string, found any) {
	n, is := found.(float64)
	switch {
	case !is || n != float64(int64(n)):
		v.problems.add(path, "must be a whole number")
	case t.Min != nil && int64(n) < *t.Min:
		v.problems.add(path, "%v is less than %d", n, *t.Min)
	case t.Max != nil && int64(n) > *t.Max:
		v.problems.add(path, "%v is more than %d", n, *t.Max)
	}
}

func named(t *armType) string {
	if t.Name == "" {
		return "the object"
	}
	return t.Name
}
