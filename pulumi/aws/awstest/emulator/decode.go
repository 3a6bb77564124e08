package emulator

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/aws/awstest/api"
)

// call is one call of an operation.
type call struct {
	service, operation string
	described          *api.Service
	as                 api.Operation
	in                 message
}

func (c *call) name() string { return c.service + " " + c.operation }

// branch is a part of a form, whose names have dots.
type branch struct {
	value    string
	children map[string]*branch
}

func grow(form url.Values) *branch {
	root := &branch{children: map[string]*branch{}}
	for name, values := range form {
		at := root
		for part := range strings.SplitSeq(name, ".") {
			next, known := at.children[part]
			if !known {
				next = &branch{children: map[string]*branch{}}
				at.children[part] = next
			}
			at = next
		}
		at.value = values[0]
	}
	return root
}

// decodeForm makes a structure of a form, by the description.
func (c *call) decodeForm(form url.Values) (message, error) {
	form = parameters(form)
	if c.as.Input == nil {
		return message{}, nil
	}
	decoded, err := c.decode(c.as.Input.Shape, grow(form))
	if err != nil {
		return nil, err
	}
	return decoded.(message), nil
}

// parameters leaves out what names the call itself.
func parameters(form url.Values) url.Values {
	out := url.Values{}
	for name, values := range form {
		if name != "Action" && name != "Version" {
			out[name] = values
		}
	}
	return out
}

func (c *call) decode(name string, from *branch) (any, error) {
	shape := c.described.Shapes[name]
	switch shape.Type {
	case "structure":
		return c.decodeStructure(shape, from)
	case "list":
		return c.decodeList(shape, from)
	case "boolean":
		return strconv.ParseBool(from.value)
	case "integer", "long":
		return strconv.ParseInt(from.value, 10, 64)
	case "float", "double":
		return strconv.ParseFloat(from.value, 64)
	}
	return from.value, nil
}

func (c *call) decodeStructure(shape *api.Shape, from *branch) (any, error) {
	out, used := message{}, map[string]bool{}
	for member, reference := range shape.Members {
		wire := c.wireName(member, reference)
		child, set := from.children[wire]
		if !set {
			continue
		}
		used[wire] = true
		decoded, err := c.decode(reference.Shape, child)
		if err != nil {
			return nil, refuse("InvalidParameterValue", "%s: %v", member, err)
		}
		out[member] = decoded
	}
	for wire := range from.children {
		if !used[wire] {
			return nil, refuse("UnknownParameter", "%s has no parameter %q", c.name(), wire)
		}
	}
	return out, nil
}

// wireName is what a member is called in a form.
func (c *call) wireName(member string, reference api.Reference) string {
	ec2 := c.described.Metadata.Protocol == "ec2"
	switch {
	case reference.QueryName != "":
		return reference.QueryName
	case reference.LocationName != "" && ec2:
		return strings.ToUpper(reference.LocationName[:1]) + reference.LocationName[1:]
	case reference.LocationName != "":
		return reference.LocationName
	}
	return member
}

func (c *call) decodeList(shape *api.Shape, from *branch) (any, error) {
	items := from
	if c.described.Metadata.Protocol != "ec2" && !shape.Flattened {
		inner := "member"
		if shape.Member.LocationName != "" {
			inner = shape.Member.LocationName
		}
		if items = from.children[inner]; items == nil {
			return []any{}, nil
		}
	}
	var places []int
	for place := range items.children {
		n, err := strconv.Atoi(place)
		if err != nil {
			return nil, refuse("InvalidParameterValue", "%q is no place in a list", place)
		}
		places = append(places, n)
	}
	slices.Sort(places)
	out := []any{}
	for _, n := range places {
		decoded, err := c.decode(shape.Member.Shape, items.children[strconv.Itoa(n)])
		if err != nil {
			return nil, err
		}
		out = append(out, decoded)
	}
	return out, nil
}

// parseJSON decodes a call of a service that speaks JSON.
func (e *Emulator) parseJSON(target, body string) (*call, error) {
	prefix, operation, _ := strings.Cut(target, ".")
	c := &call{operation: operation}
	for name, service := range e.services {
		if service.Metadata.TargetPrefix == prefix {
			c.service, c.described = name, service
		}
	}
	if c.described == nil {
		return c, refuse("UnknownOperationException", "no service is called %q", prefix)
	}
	c.as = c.described.Operations[operation]
	decoder := json.NewDecoder(strings.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&c.in); err != nil {
		return c, refuse("SerializationException", "%v", err)
	}
	c.in = numbers(c.in).(message)
	return c, nil
}

// numbers makes the numbers of a document those that are checked.
func numbers(v any) any {
	switch v := v.(type) {
	case message:
		for key, inner := range v {
			v[key] = numbers(inner)
		}
	case []any:
		for i, inner := range v {
			v[i] = numbers(inner)
		}
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, _ := v.Float64()
		return f
	}
	return v
}
