package discovery

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Problem is one member of a request that the description does not allow.
type Problem struct {
	// Path is where it stands, such as disks[0].initializeParams.diskSizeGb.
	Path   string
	Reason string
}

// String is the problem as the API would word it.
func (p Problem) String() string {
	return fmt.Sprintf("Invalid value for field '%s': %s", p.Path, p.Reason)
}

// Request holds the body of a request of a method against the description:
// types, formats, patterns, enumerations, members that must be set and members
// that do not exist. The body is what encoding/json makes of JSON; values of
// the type Unknown are taken for right.
func (d *Description) Request(method string, body any) []Problem {
	m := d.Method(method)
	if m == nil {
		return []Problem{{Path: "", Reason: fmt.Sprintf("the trimmed description has no method %q: add it to Wanted and trim again", method)}}
	}
	if m.Request == nil {
		return nil
	}
	c := &checker{description: d, method: method}
	c.value("", m.Request, body)
	slices.SortFunc(c.problems, func(a, b Problem) int { return strings.Compare(a.Path, b.Path) })
	return c.problems
}

// Parameter holds one path or query parameter against its description.
func (d *Description) Parameter(name string, s *Schema, value string) []Problem {
	c := &checker{description: d}
	if s.Type == "string" {
		c.text(name, s, value)
	}
	return c.problems
}

// Unknown stands for a value that is not known yet.
type Unknown struct{}

// checker collects the problems of one request.
type checker struct {
	description *Description
	method      string
	problems    []Problem
}

func (c *checker) add(path, reason string, args ...any) {
	c.problems = append(c.problems, Problem{Path: path, Reason: fmt.Sprintf(reason, args...)})
}

func (c *checker) value(path string, s *Schema, value any) {
	s = c.description.resolve(s)
	if _, later := value.(Unknown); later || s == nil || value == nil {
		return
	}
	switch s.Type {
	case "object":
		c.object(path, s, value)
	case "array":
		items, ok := value.([]any)
		if !ok {
			c.add(path, "is %s, not a list", kindOf(value))
		}
		for i, item := range items {
			c.value(fmt.Sprintf("%s[%d]", path, i), s.Items, item)
		}
	case "string":
		c.scalar(path, s, value)
	case "integer", "number":
		c.number(path, s, value)
	case "boolean":
		if _, ok := value.(bool); !ok {
			c.add(path, "is %s, not true or false", kindOf(value))
		}
	}
}

func (c *checker) object(path string, s *Schema, value any) {
	members, ok := value.(map[string]any)
	if !ok {
		c.add(path, "is %s, not an object", kindOf(value))
		return
	}
	for name, member := range members {
		at := strings.TrimPrefix(path+"."+name, ".")
		switch {
		case member == nil: // as if it were not there
		case s.Properties[name] != nil:
			c.value(at, s.Properties[name], member)
		case s.AdditionalProperties != nil:
			c.value(at, s.AdditionalProperties, member)
		default:
			c.add(at, "there is no such member")
		}
	}
	if strings.HasSuffix(c.method, ".patch") {
		return // some are marked as needed there; none is, or it were no patch
	}
	for name, member := range s.Properties {
		if _, set := members[name]; !set && member.Annotations != nil && slices.Contains(member.Annotations.Required, c.method) {
			c.add(strings.TrimPrefix(path+"."+name, "."), "is required")
		}
	}
}

// scalar is a string, or a number of 64 bits, which JSON carries as a string
// and the API takes as a number too.
func (c *checker) scalar(path string, s *Schema, value any) {
	switch v := value.(type) {
	case string:
		c.text(path, s, v)
	case float64, json.Number:
		if s.Format != "int64" && s.Format != "uint64" {
			c.add(path, "is %s, not a string", kindOf(value))
			return
		}
		c.text(path, s, fmt.Sprint(number(v)))
	default:
		c.add(path, "is %s, not a string", kindOf(value))
	}
}

func (c *checker) text(path string, s *Schema, text string) {
	if len(s.Enum) > 0 && !slices.Contains(s.Enum, text) {
		c.add(path, "%q is none of %s", text, strings.Join(s.Enum, ", "))
	}
	if form := c.description.patterns[s.Pattern]; form != nil && !form.MatchString(text) {
		c.add(path, "%q does not match the pattern %s", text, s.Pattern)
	}
	switch s.Format {
	case "int64":
		if _, err := strconv.ParseInt(text, 10, 64); err != nil {
			c.add(path, "%q is no whole number of 64 bits", text)
		}
	case "uint64":
		if _, err := strconv.ParseUint(text, 10, 64); err != nil {
			c.add(path, "%q is no whole positive number of 64 bits", text)
		}
	case "byte":
		if _, err := base64.StdEncoding.DecodeString(text); err != nil {
			c.add(path, "is not base64")
		}
	}
}

func (c *checker) number(path string, s *Schema, value any) {
	var n float64
	switch v := value.(type) {
	case float64:
		n = v
	case json.Number:
		n = number(v)
	default:
		c.add(path, "is %s, not a number", kindOf(value))
		return
	}
	if s.Type == "integer" && n != math.Trunc(n) {
		c.add(path, "%v is no whole number", n)
	}
	least, most := math.Inf(-1), math.Inf(1)
	switch s.Format {
	case "int32":
		least, most = math.MinInt32, math.MaxInt32
	case "uint32":
		least, most = 0, math.MaxUint32
	}
	if v, err := strconv.ParseFloat(s.Minimum, 64); err == nil {
		least = max(least, v)
	}
	if v, err := strconv.ParseFloat(s.Maximum, 64); err == nil {
		most = min(most, v)
	}
	if n < least || n > most {
		c.add(path, "%v is not between %v and %v", n, least, most)
	}
}

func number(value any) float64 {
	switch v := value.(type) {
	case float64:
		return v
	case json.Number:
		n, _ := v.Float64()
		return n
	}
	return math.NaN()
}

func kindOf(value any) string {
	switch value.(type) {
	case string:
		return "a string"
	case float64, json.Number:
		return "a number"
	case bool:
		return "true or false"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	return fmt.Sprintf("%T", value)
}
