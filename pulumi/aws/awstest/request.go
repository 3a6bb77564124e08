package awstest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/aws/awstest/api"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
)

// request is a request as it is filled from inputs. origin knows which input
// each of its members came from.
type request struct {
	values map[string]any
	path   string
	origin map[string]string
}

func newRequest() *request {
	return &request{values: map[string]any{}, origin: map[string]string{}}
}

// fields are inputs, and where each goes.
type fields map[string]place

// place puts an input into a request.
type place func(r *request, from string, value any) []targettest.Problem

// put sets a member, A.B being B of the structure A.
func (r *request) put(name string, value any, from string) {
	outer, rest, nested := strings.Cut(name, ".")
	if nested {
		r.child(outer).put(rest, value, from)
		return
	}
	r.values[name] = value
	r.origin[api.Join(r.path, name)] = from
}

// child is the structure that is a member, made if it must be.
func (r *request) child(name string) *request {
	if outer, rest, nested := strings.Cut(name, "."); nested {
		return r.child(outer).child(rest)
	}
	inner, ok := r.values[name].(map[string]any)
	if !ok {
		inner = map[string]any{}
		r.values[name] = inner
	}
	return &request{values: inner, path: api.Join(r.path, name), origin: r.origin}
}

// inputOf is the input that a member came from or, if it is missing, should
// have come from.
func (r *request) inputOf(path string, of fields) string {
	for at := path; at != ""; {
		if from, known := r.origin[at]; known {
			return from
		}
		cut := max(strings.LastIndex(at, "."), strings.LastIndex(at, "["))
		at = at[:max(cut, 0)]
	}
	for name, place := range of {
		probe := newRequest()
		place(probe, name, api.Unknown{})
		if _, set := probe.origin[path]; set {
			return name
		}
	}
	return path
}

// to puts a value where it belongs, as it is.
func to(name string) place {
	return func(r *request, from string, value any) []targettest.Problem {
		r.put(name, value, from)
		return nil
	}
}

// truth is a boolean that the provider takes as text, "true" or "false".
func truth(name string) place {
	return func(r *request, from string, value any) []targettest.Problem {
		if text, ok := value.(string); ok {
			parsed, err := strconv.ParseBool(text)
			if err != nil {
				return []targettest.Problem{problem(from, `%q is neither "true" nor "false"`, text)}
			}
			value = parsed
		}
		r.put(name, value, from)
		return nil
	}
}

// count is a number that the provider takes as text.
func count(name string) place {
	return func(r *request, from string, value any) []targettest.Problem {
		if text, ok := value.(string); ok {
			parsed, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return []targettest.Problem{problem(from, "%q is no whole number", text)}
			}
			value = parsed
		}
		r.put(name, value, from)
		return nil
	}
}

// wrapped puts a value into a structure that holds nothing else, as ec2 does
// with attributes that are changed one by one.
func wrapped(name string) place { return to(name + ".Value") }

// object is a structure with fields of its own.
func object(name string, inner fields) place {
	return func(r *request, from string, value any) []targettest.Problem {
		given, ok := value.(map[string]any)
		if !ok {
			r.put(name, value, from)
			return nil
		}
		r.put(name, map[string]any{}, from)
		return inner.fill(r.child(name), from, given)
	}
}

// list is a list of structures.
func list(name string, inner fields) place {
	return func(r *request, from string, value any) (problems []targettest.Problem) {
		given, ok := value.([]any)
		if !ok {
			r.put(name, value, from)
			return nil
		}
		at, member := r, name
		if cut := strings.LastIndex(name, "."); cut >= 0 {
			at, member = r.child(name[:cut]), name[cut+1:]
		}
		items := []any{}
		for i, item := range given {
			place := &request{values: map[string]any{}, path: fmt.Sprintf("%s[%d]", api.Join(at.path, member), i), origin: at.origin}
			where := fmt.Sprintf("%s[%d]", from, i)
			at.origin[place.path] = where
			if structure, ok := item.(map[string]any); ok {
				problems = append(problems, inner.fill(place, where, structure)...)
				item = place.values
			}
			items = append(items, item)
		}
		at.put(member, items, from)
		return problems
	}
}

// fill puts every input of a structure where it belongs.
func (f fields) fill(r *request, from string, given map[string]any) (problems []targettest.Problem) {
	for name, value := range given {
		place, known := f[name]
		if !known {
			problems = append(problems, problem(api.Join(from, name), "there is no such input, or awstest does not know it yet"))
			continue
		}
		problems = append(problems, place(r, api.Join(from, name), value)...)
	}
	return problems
}

// tags is a map of tags as a list of keys and values.
func tags(name string) place {
	return func(r *request, from string, value any) []targettest.Problem {
		given, ok := value.(map[string]any)
		if !ok {
			r.put(name, value, from)
			return nil
		}
		r.put(name, pairs(given), from)
		return nil
	}
}

// tagsOf is a map of tags as ec2 takes them, with the type they are for.
func tagsOf(kind string) place {
	return func(r *request, from string, value any) []targettest.Problem {
		specification := map[string]any{"ResourceType": kind, "Tags": value}
		if given, ok := value.(map[string]any); ok {
			specification["Tags"] = pairs(given)
		}
		r.put("TagSpecifications", []any{specification}, from)
		return nil
	}
}

func pairs(of map[string]any) []any {
	list := []any{}
	for key, value := range of {
		list = append(list, map[string]any{"Key": key, "Value": value})
	}
	return list
}
