package awstest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/aws/awstest/api"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
)

// spec is what one type of resource is.
type spec struct {
	// calls are the requests that the provider makes of the inputs.
	calls []call
	// own are inputs that the provider keeps for itself.
	own []string
	// needs are inputs that the provider demands, whatever the API says.
	needs []string
	// refers are the inputs that name other objects, as paths in which [] is
	// any place of a list.
	refers map[string]reference
	// rules are what the description does not hold. They look at inputs that
	// are known.
	rules []rule

	id         func(name string, inputs targettest.Properties) string
	outputs    func(targettest.Object) targettest.Properties
	replace    []string
	references []string
	// namesakes and renewed are as in targettest.Kind.
	namesakes bool
	renewed   []string
}

// call is a request of an operation.
type call struct {
	service, operation string
	// given are members that do not come from inputs.
	given map[string]any
	// fields are the inputs, and where in the request each of them goes. A
	// request other than the first is only made when it has one.
	fields fields
}

// reference says what an input names: one of these types, by its id or by one
// of its outputs.
type reference struct {
	output string
	types  []string
}

// rule is a check of known inputs.
type rule func(in values) []targettest.Problem

// check tells what AWS would refuse of the inputs of a resource.
func (w *world) check(token string, s spec, inputs targettest.Properties) []targettest.Problem {
	in := valuesOf(inputs)
	problems := s.unknownInputs(token, in)
	for _, need := range s.needs {
		if _, set := in[need]; !set {
			problems = append(problems, problem(need, "is required"))
		}
	}
	for i, c := range s.calls {
		problems = append(problems, w.checkCall(c, in, i == 0)...)
	}
	problems = append(problems, w.checkReferences(s, in)...)
	problems = append(problems, checkTags(in)...)
	for _, r := range s.rules {
		problems = append(problems, r(in)...)
	}
	slices.SortFunc(problems, func(a, b targettest.Problem) int {
		return strings.Compare(a.Property+a.Reason, b.Property+b.Reason)
	})
	return slices.Compact(problems)
}

// unknownInputs finds inputs that neither a request nor the provider has a use
// for.
func (s spec) unknownInputs(token string, in values) (problems []targettest.Problem) {
	for name := range in {
		used := slices.Contains(s.own, name)
		for _, c := range s.calls {
			_, has := c.fields[name]
			used = used || has
		}
		if !used {
			problems = append(problems, problem(name, "%s has no such input, or awstest does not know it yet", token))
		}
	}
	return problems
}

// checkCall holds a request against the description.
func (w *world) checkCall(c call, in values, always bool) (problems []targettest.Problem) {
	r := newRequest()
	for name, value := range c.given {
		if _, structure := value.(map[string]any); structure {
			value = map[string]any{} // it is filled from the inputs of one resource
		}
		r.values[name] = value
	}
	made := always
	for name, place := range c.fields {
		if value, set := in[name]; set {
			made = true
			problems = append(problems, place(r, name, value)...)
		}
	}
	if !made {
		return nil
	}
	for _, fault := range w.services.Validate(c.service, c.operation, r.values) {
		problems = append(problems, problem(r.inputOf(fault.Path, c.fields), "%s", c.operation+": "+fault.Reason))
	}
	return problems
}

// checkReferences finds inputs that name what does not exist.
func (w *world) checkReferences(s spec, in values) (problems []targettest.Problem) {
	exists := map[string]string{}
	for _, object := range w.cloud.Objects() {
		exists["id "+object.ID] = object.Type
		for key, value := range object.Outputs {
			if value.IsString() {
				exists[string(key)+" "+value.StringValue()] += " " + object.Type
			}
		}
	}
	for path, to := range s.refers {
		for at, value := range in.at(path) {
			name, isText := value.(string)
			if _, unknown := value.(api.Unknown); unknown || value == nil {
				continue
			}
			known := isText && slices.ContainsFunc(strings.Fields(exists[to.key()+" "+name]), func(t string) bool { return slices.Contains(to.types, t) })
			if !known {
				problems = append(problems, problem(at, "there is no %s whose %s is %v", strings.Join(to.types, " or "), to.key(), value))
			}
		}
	}
	return problems
}

func (r reference) key() string {
	if r.output == "" {
		return "id"
	}
	return r.output
}

// byID is a reference to an id of one of some types.
func byID(types ...string) reference { return reference{types: types} }

// by is a reference to an output.
func by(output string, types ...string) reference { return reference{output: output, types: types} }

func problem(property, format string, args ...any) targettest.Problem {
	return targettest.Problem{Property: property, Reason: fmt.Sprintf(format, args...)}
}
