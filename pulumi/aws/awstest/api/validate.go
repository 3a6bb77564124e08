package api

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Unknown stands for a value that is not known yet: it is right everywhere.
type Unknown struct{}

// Fault is one thing wrong with a request.
type Fault struct {
	// Path is the member in the API's words: TagSpecifications[0].Tags[1].Key.
	Path   string
	Reason string
}

// Validate tells what the service would refuse of a request for what it is
// made of. Values are strings, booleans, int64, float64, []any, map[string]any
// and Unknown.
func (s Services) Validate(service, operation string, request map[string]any) []Fault {
	described, found := s[service]
	if !found {
		return []Fault{{Reason: fmt.Sprintf("service %q is not described", service)}}
	}
	called, found := described.Operations[operation]
	if !found {
		return []Fault{{Reason: fmt.Sprintf("%s has no operation %q", service, operation)}}
	}
	if called.Input == nil {
		return nil
	}
	check := validator{service: described}
	check.value("", called.Input.Shape, request)
	slices.SortFunc(check.faults, func(a, b Fault) int { return strings.Compare(a.Path, b.Path) })
	return check.faults
}

// validator collects what is wrong.
type validator struct {
	service *Service
	faults  []Fault
}

func (v *validator) refuse(path, format string, args ...any) {
	v.faults = append(v.faults, Fault{Path: path, Reason: fmt.Sprintf(format, args...)})
}

// value checks a value against a shape.
func (v *validator) value(path, name string, value any) {
	shape := v.service.Shapes[name]
	switch given := value.(type) {
	case Unknown:
		return
	case map[string]any:
		switch shape.Type {
		case "structure":
			v.structure(path, shape, given)
		case "map":
			for key, item := range given {
				v.value(Join(path, key), shape.Key.Shape, key)
				v.value(Join(path, key), shape.Value.Shape, item)
			}
		default:
			v.refuse(path, "is an object, and %s is a %s", name, shape.Type)
		}
	case []any:
		if shape.Type != "list" {
			v.refuse(path, "is a list, and %s is a %s", name, shape.Type)
			return
		}
		v.bounds(path, shape, float64(len(given)), "%v items")
		for i, item := range given {
			v.value(fmt.Sprintf("%s[%d]", path, i), shape.Member.Shape, item)
		}
	default:
		v.scalar(path, name, shape, value)
	}
}

func (v *validator) structure(path string, shape *Shape, given map[string]any) {
	for _, member := range shape.Required {
		if _, set := given[member]; !set {
			v.refuse(Join(path, member), "is required")
		}
	}
	for member, value := range given {
		reference, known := shape.Members[member]
		if !known {
			v.refuse(Join(path, member), "there is no such member")
			continue
		}
		v.value(Join(path, member), reference.Shape, value)
	}
}

func (v *validator) scalar(path, name string, shape *Shape, value any) {
	switch given := value.(type) {
	case string:
		switch shape.Type {
		case "string":
			v.text(path, shape, given)
		case "blob", "timestamp":
		default:
			v.refuse(path, "is %q, and %s is a %s", given, name, shape.Type)
		}
	case bool:
		if shape.Type != "boolean" {
			v.refuse(path, "is %v, and %s is a %s", given, name, shape.Type)
		}
	case int64:
		v.number(path, name, shape, float64(given))
	case float64:
		v.number(path, name, shape, given)
	default:
		v.refuse(path, "is a %T, and %s is a %s", value, name, shape.Type)
	}
}

func (v *validator) number(path, name string, shape *Shape, given float64) {
	switch shape.Type {
	case "integer", "long":
		if given != math.Trunc(given) {
			v.refuse(path, "%v is no whole number", given)
		}
	case "float", "double", "timestamp":
	default:
		v.refuse(path, "is the number %v, and %s is a %s", given, name, shape.Type)
		return
	}
	v.bounds(path, shape, given, "%v")
}

func (v *validator) text(path string, shape *Shape, given string) {
	if len(shape.Enum) > 0 && !slices.Contains(shape.Enum, given) {
		v.refuse(path, "%q is none of %s", given, few(shape.Enum))
	}
	v.bounds(path, shape, float64(utf8.RuneCountInString(given)), "%v characters")
	if shape.Pattern == "" {
		return
	}
	form, err := Pattern(shape.Pattern)
	if err != nil {
		v.refuse(path, "cannot be checked: %v", err)
	} else if !form.MatchString(given) {
		v.refuse(path, "%q does not match %s", given, shape.Pattern)
	}
}

func (v *validator) bounds(path string, shape *Shape, size float64, what string) {
	if shape.Min != nil && size < *shape.Min {
		v.refuse(path, what+" is fewer than %v", size, *shape.Min)
	}
	if shape.Max != nil && size > *shape.Max {
		v.refuse(path, what+" is more than %v", size, *shape.Max)
	}
}

// Pattern makes an expression of the description one of Go's. Theirs are
// Java's, whose characters beyond 16 bits are pairs of surrogates.
func Pattern(text string) (*regexp.Regexp, error) {
	text = strings.NewReplacer(`\uD800\uDC00-\uDBFF\uDFFF`, `\x{10000}-\x{10FFFF}`).Replace(text)
	text = regexp.MustCompile(`\\u([0-9A-Fa-f]{4})`).ReplaceAllString(text, `\x{$1}`)
	return regexp.Compile(`^(?:` + text + `)$`)
}

// Join adds a member to a path.
func Join(path, member string) string {
	return strings.TrimPrefix(path+"."+member, ".")
}

// few lists values, but not eight hundred types of instance.
func few(values []string) string {
	if len(values) > 12 {
		return fmt.Sprintf("%s and %d more", strings.Join(values[:12], ", "), len(values)-12)
	}
	return strings.Join(values, ", ")
}
