package gcptest

import (
	"fmt"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
)

// refers wants a member to name an object that exists, by its link: of a
// collection such as networks. bare tells that its name alone will do.
func refers(path, collection string, bare bool) rule {
	return func(w *world, in object) []targettest.Problem {
		var problems []targettest.Problem
		for at, value := range values(in, path) {
			text, ok := value.(string)
			if !ok {
				continue
			}
			if reason := w.missing(text, collection, in, bare); reason != "" {
				problems = append(problems, problem(at, "%s", reason))
			}
		}
		return problems
	}
}

// missing tells why a reference leads nowhere.
func (w *world) missing(text, collection string, in object, bare bool) string {
	link := strings.TrimPrefix(text, selfLinks)
	if !strings.Contains(link, "/") {
		if !bare {
			return fmt.Sprintf("%q is no link to one of %s", text, collection)
		}
		link = "/" + collection + "/" + link
	} else if !strings.Contains(link, "/"+collection+"/") {
		return fmt.Sprintf("%q is no link to one of %s", text, collection)
	}
	for _, o := range w.cloud.Objects() {
		if o.ID == link || (!strings.HasPrefix(link, "projects/") && strings.HasSuffix(o.ID, link) && near(o, in)) {
			return ""
		}
	}
	return fmt.Sprintf("%q does not exist", text)
}

// near tells whether an object is where inputs without a link would look: in
// the same zone or region.
func near(o targettest.Object, in object) bool {
	of := plain(o.Inputs)
	for _, key := range []string{"zone", "region"} {
		if in.text(key) != "" && of.text(key) != "" && in.text(key) != of.text(key) {
			return false
		}
	}
	return true
}

// find is the inputs of the object that a link leads to; nil where it is not
// known.
func (w *world) find(link string) object {
	link = strings.TrimPrefix(link, selfLinks)
	for _, o := range w.cloud.Objects() {
		if link != "" && o.ID == link {
			return plain(o.Inputs)
		}
	}
	return nil
}

// values are the members that a path with [] in it leads to, by their own
// paths.
func values(in object, path string) map[string]any {
	found := map[string]any{}
	collect(found, nil, parse(path), map[string]any(in))
	return found
}

func collect(found map[string]any, at, rest []step, value any) {
	if value == nil {
		return
	}
	if len(rest) == 0 {
		found[format(at)] = value
		return
	}
	switch v := value.(type) {
	case map[string]any:
		if !rest[0].list {
			collect(found, append(at[:len(at):len(at)], rest[0]), rest[1:], v[rest[0].member])
		}
	case []any:
		if rest[0].list {
			for i, item := range v {
				collect(found, append(at[:len(at):len(at)], step{list: true, item: i}), rest[1:], item)
			}
		}
	}
}
