package wizard

import (
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/schema"
)

// How much of a part of the config is asked about without being asked for.
const (
	// most is what must be written, and what has few or usual values.
	most = iota
	// all is every field.
	all
	// nothing leaves the part to the menu of further settings.
	nothing
)

// depth is how much is asked of the parts of the spec; of the others, most.
func depth() map[string]int {
	return map[string]int{"spec.network": all, "spec.addons": nothing, "spec.logging": nothing, "spec.images": nothing}
}

// listsAsked are the lists of objects that are asked about although nothing
// of them must be written.
func listsAsked() []string { return []string{"spec.pools"} }

// part is a part of the config under its heading.
type part struct {
	title string
	path  string
	field *schema.Field
	depth int
}

// parts are those of the config, in the order to ask: what decides about the
// others first, then the target's own block, then the rest as it is declared.
func (d *Draft) parts() []part {
	spec := d.schema.Find("spec")
	target := d.target()
	head := &schema.Field{Type: schema.Object}
	head.Fields = append(head.Fields, d.schema.Find("metadata").Fields...)
	var block, rest []part
	for _, f := range spec.Fields {
		p := part{title: words(f.Name), path: f.Path, field: f, depth: depth()[f.Path]}
		switch {
		case f.Name == target:
			p.title = "Target " + target
			block = append(block, p)
		case slices.Contains(d.schema.Targets, f.Name):
		case f.IsLeaf():
			head.Fields = append(head.Fields, f)
		default:
			rest = append(rest, p)
		}
	}
	return slices.Concat([]part{{title: "Cluster", field: head, depth: all}}, block, rest)
}

// asked are the steps of a part that come without being asked for, and more
// those that do not.
func (d *Draft) asked(p part) (first, more []step) {
	required := func(s step) bool { return s.field.Required }
	if p.field.Type == schema.List {
		list := []step{d.listStep(p, p.path, p.field)}
		if p.depth == nothing {
			return nil, list
		}
		return list, nil
	}
	for _, s := range d.steps(p, p.path, p.field) {
		switch {
		case p.depth == all, p.depth == most && d.usual(p, s):
			first = append(first, s)
		default:
			more = append(more, s)
		}
	}
	// What must be written first; lists of objects last, for they may need
	// what the others say.
	slices.SortStableFunc(first, func(a, b step) int {
		return rank(a, required) - rank(b, required)
	})
	return d.inOrder(first), more
}

func rank(s step, required func(step) bool) int {
	switch {
	case s.menu != nil:
		return 2
	case required(s):
		return 0
	}
	return 1
}

// usual tells whether a field is asked about without being asked for.
func (d *Draft) usual(p part, s step) bool {
	direct := len(below(p.path, s.path)) == 1
	switch choices := d.choices(s.path, s.field); {
	case s.field.Required && direct, slices.Contains(listsAsked(), s.path):
		return true
	case s.menu != nil:
		return false
	case len(choices.Values) > 0:
		return true
	}
	// Without a default, and with an example: worth a look. In items of lists
	// that would be asked too often.
	inItem := strings.HasSuffix(p.path, "]")
	return direct && !inItem && s.field.Example != "" && d.byDefault(s.path) == nil && isNone(s.field.DefaultWords)
}

// isNone tells whether the words about a default say that there is none, or
// that of a switch which is off.
func isNone(words string) bool {
	first, _, _ := strings.Cut(words, ",")
	return slices.Contains([]string{"", "none", "false"}, first)
}

// steps are the questions of an object's fields, with those of the objects in
// it, save what the target has no use for.
func (d *Draft) steps(p part, path string, object *schema.Field) []step {
	target := d.target()
	machines, refused := d.makesMachines(target), ofMachines()
	var out []step
	for _, f := range object.Fields {
		at := strings.TrimPrefix(path+"."+f.Name, ".")
		if path == "" {
			at = f.Path
		}
		switch {
		case refused[schema.Pattern(at)] && !machines:
		case f.Type == schema.Object:
			out = append(out, d.steps(p, at, f)...)
		case f.Type == schema.List && f.Item.Type == schema.Object:
			out = append(out, d.listStep(p, at, f))
		default:
			title := words(f.Name)
			if p.path != "" {
				title = words(below(p.path, at)...)
			}
			out = append(out, step{id: at, section: p.title, title: title, path: at, field: f})
		}
	}
	return out
}

// inOrder puts a field whose values another decides after that one.
func (d *Draft) inOrder(steps []step) []step {
	out := slices.Clone(steps)
	for _, s := range steps {
		if s.menu != nil {
			continue
		}
		of := d.choices(s.path, s.field).Of
		from := slices.IndexFunc(out, func(o step) bool { return o.id == s.id })
		to := slices.IndexFunc(out, func(o step) bool { return of != "" && schema.Pattern(o.path) == of })
		if to > from {
			out = slices.Insert(slices.Delete(out, from, from+1), to, s)
		}
	}
	return out
}

// group is a set of questions that is asked about on its own.
type group struct {
	title string
	steps []step
}

// further are the settings that are asked about only when asked for, by the
// object they are in.
func (d *Draft) further() []group {
	var out []group
	for _, p := range d.parts() {
		if p.field.Type == schema.List {
			continue // the list's own menu leads there
		}
		_, more := d.asked(p)
		for _, s := range more {
			title := p.title
			if names := below(p.path, s.path); len(names) > 1 {
				title += ": " + inText(words(names[0]))
				s.title = words(names[1:]...)
			} else if p.depth != nothing {
				title += ": more"
			}
			i := slices.IndexFunc(out, func(g group) bool { return g.title == title })
			if i < 0 {
				i, out = len(out), append(out, group{title: title})
			}
			out[i].steps = append(out[i].steps, s)
		}
	}
	return out
}
