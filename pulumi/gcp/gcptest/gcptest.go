// Package gcptest is a Google Cloud in the memory of the test: it takes what
// the program of package gcp asks for, turns it into the requests that the
// published provider would send, and holds these against Google's own
// description of its APIs and against the rules that no description tells.
package gcptest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/gcp/gcptest/discovery"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
)

// New is an empty Google Cloud. What exists before the program runs, such as a
// network of the user's, is made by its method Have.
func New() *targettest.Cloud {
	w := &world{apis: map[string]*discovery.Description{}, ranges: map[string]string{}, taken: map[string]map[string]string{}}
	for _, name := range discovery.Names() {
		api, err := discovery.Load(name)
		if err != nil {
			panic(err) // the files are embedded: no input can lead here
		}
		w.apis[name] = api
	}
	kinds := map[string]targettest.Kind{}
	for token, k := range all() {
		kinds[token] = w.kind(token, k)
	}
	w.cloud = targettest.NewCloud(kinds)
	return w.cloud
}

// world is what the rules may look at.
type world struct {
	cloud *targettest.Cloud
	apis  map[string]*discovery.Description

	mu sync.Mutex
	// ranges are those of the subnets, by link.
	ranges map[string]string
	// taken tells by subnet and address whose it is.
	taken map[string]map[string]string
}

// kind is how one of Pulumi's types becomes requests.
type kind struct {
	// api and method are what makes an object.
	api, method string
	// moves tell where inputs stand in the request, if not where they are.
	moves []move
	// adds is what the provider writes into the request on its own.
	adds func(in object) map[string]any
	// rules are what the description does not tell; late are those that go by
	// what exists, which only counts once an object is made or changed.
	rules, late []rule
	// link is the id: a path with inputs in braces.
	link string
	// replace, immutable and references are as in targettest.Kind.
	replace, immutable, references []string
	deleteFirst                    bool
	// outputs are further ones; every object has its id, and one of Compute
	// Engine its self link.
	outputs func(w *world, o made) object
}

// made is an object that exists, for outputs.
type made struct {
	id, name string
	in       object
}

// rule tells what Google would refuse.
type rule func(w *world, in object) []targettest.Problem

// selfLinks is what the links of Compute Engine begin with.
const selfLinks = "https://www.googleapis.com/compute/v1/"

func (w *world) kind(token string, k kind) targettest.Kind {
	out := targettest.Kind{Replace: k.replace, Immutable: k.immutable, References: append([]string{"selfLink"}, k.references...), DeleteFirst: k.deleteFirst}
	rules := append(common(), k.rules...)
	out.Check = func(inputs targettest.Properties) []targettest.Problem {
		in := plain(inputs)
		problems := w.refused(k, in)
		for _, r := range rules {
			problems = append(problems, r(w, in)...)
		}
		slices.SortFunc(problems, func(a, b targettest.Problem) int { return strings.Compare(a.Property, b.Property) })
		return problems
	}
	out.Refuse = func(_ string, inputs targettest.Properties) error {
		in := plain(inputs)
		for _, r := range k.late {
			for _, p := range r(w, in) {
				return fmt.Errorf("googleapi: Error 400: Invalid value for field '%s': %s", p.Property, p.Reason)
			}
		}
		return nil
	}
	out.ID = func(name string, inputs targettest.Properties) string { return k.id(name, plain(inputs)) }
	out.Outputs = func(o targettest.Object) targettest.Properties {
		return properties(w.outputs(k, made{id: o.ID, name: o.ID[strings.LastIndex(o.ID, "/")+1:], in: plain(o.Inputs)}))
	}
	return out
}

// id fills the link's braces with inputs; an object without a name is named
// after its name in the program, as the provider does.
func (k kind) id(name string, in object) string {
	parts := strings.Split(k.link, "{")
	out := parts[0]
	for _, part := range parts[1:] {
		key, rest, _ := strings.Cut(part, "}")
		value := in.text(key)
		switch {
		case key == "name" && value == "":
			value = name + "-" + digest(name)[:7]
		case strings.Contains(value, "/") && key != "secret" && key != "role":
			value = value[strings.LastIndex(value, "/")+1:]
		}
		out += value + rest
	}
	return out
}

func (w *world) outputs(k kind, o made) object {
	out := object{}
	if k.api == discovery.Compute {
		out["selfLink"] = selfLinks + o.id
		out["creationTimestamp"] = "2026-01-02T03:04:05.000-08:00"
		out["name"] = o.name
	}
	if labels, ok := o.in["labels"].(map[string]any); ok {
		out["effectiveLabels"], out["pulumiLabels"] = labels, labels
		out["labelFingerprint"] = digest(fmt.Sprint(labels))[:11] + "="
	}
	if k.outputs != nil {
		maps.Copy(out, k.outputs(w, o))
	}
	return out
}

// refused is what the description does not allow, said in Pulumi's words.
func (w *world) refused(k kind, in object) []targettest.Problem {
	r := translate(in, k.moves)
	if k.adds != nil {
		for path, value := range k.adds(in) {
			r.set(parse(path), nil, value)
		}
	}
	var problems []targettest.Problem
	for _, p := range w.apis[k.api].Request(k.method, r.body) {
		problems = append(problems, targettest.Problem{Property: r.origin(p.Path), Reason: p.String()})
	}
	return problems
}

// all are the kinds, by Pulumi's type.
func all() map[string]kind {
	kinds := map[string]kind{}
	for _, of := range []map[string]kind{networks(), machines(), pools(), balancers(), identities()} {
		maps.Copy(kinds, of)
	}
	return kinds
}
