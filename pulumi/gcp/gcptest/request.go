package gcptest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// move tells where an input stands in the request. Paths are members with dots
// between them; [] is every item of a list, [n] one of them, and [+n] the item
// n places further down.
type move struct {
	from string
	// to is empty for what the provider keeps to itself.
	to string
	// as changes the value; nil leaves it.
	as func(any) any
}

// keeps are inputs that the provider does not send in the body.
func keeps(names ...string) []move {
	var all []move
	for _, name := range names {
		all = append(all, move{from: name})
	}
	return all
}

// step is one member of a path, or an item of a list.
type step struct {
	member string
	item   int
	// list tells that it is an item; any that it is each of them, or, in the
	// target of a move, the one it was.
	list, any bool
}

func parse(path string) []step {
	var steps []step
	for _, part := range strings.Split(path, ".") {
		member, items, _ := strings.Cut(part, "[")
		steps = append(steps, step{member: member})
		for items != "" {
			text, rest, _ := strings.Cut(items, "]")
			s := step{list: true, any: text == "" || text[0] == '+'}
			s.item, _ = strconv.Atoi(text)
			steps = append(steps, s)
			items = strings.TrimPrefix(rest, "[")
		}
	}
	return steps
}

func format(steps []step) string {
	var out strings.Builder
	for i, s := range steps {
		switch {
		case s.list:
			fmt.Fprintf(&out, "[%d]", s.item)
		case i > 0:
			out.WriteString("." + s.member)
		default:
			out.WriteString(s.member)
		}
	}
	return out.String()
}

// request is the body that the provider would send, and where each part of it
// came from.
type request struct {
	body map[string]any
	from map[string]string
}

func translate(in object, moves []move) *request {
	r := &request{body: map[string]any{}, from: map[string]string{}}
	r.walk(nil, map[string]any(in), moves)
	return r
}

// walk moves a value: as a whole where a move names it, or else its parts.
func (r *request) walk(at []step, value any, moves []move) {
	m, rest := find(at, moves)
	if m != nil && m.to == "" {
		return
	}
	if m != nil && m.as != nil && rest == nil {
		r.set(fill(m.to, at), at, m.as(value))
		return
	}
	switch v := value.(type) {
	case map[string]any:
		for key, member := range v {
			r.walk(append(slices.Clone(at), step{member: key}), member, moves)
		}
		if len(v) > 0 || len(at) == 0 {
			return
		}
	case []any:
		for i, item := range v {
			r.walk(append(slices.Clone(at), step{list: true, item: i}), item, moves)
		}
		if len(v) > 0 {
			return
		}
	}
	if m == nil {
		r.set(at, at, value)
		return
	}
	r.set(append(fill(m.to, at), rest...), at, value)
}

// find is the longest move that a path begins with, and what follows it.
func find(at []step, moves []move) (*move, []step) {
	var best *move
	var rest []step
	longest := 0
	for _, m := range moves {
		from := parse(m.from)
		if len(from) <= longest || len(from) > len(at) || !slices.EqualFunc(from, at[:len(from)], matches) {
			continue
		}
		best, rest, longest = &m, nil, len(from)
		if len(at) > longest {
			rest = at[longest:]
		}
	}
	return best, rest
}

func matches(pattern, s step) bool {
	return pattern.list == s.list && (pattern.any || pattern.item == s.item) && pattern.member == s.member
}

// fill writes the items' places into the target of a move, in their order.
func fill(to string, at []step) []step {
	var places []int
	for _, s := range at {
		if s.list {
			places = append(places, s.item)
		}
	}
	steps := parse(to)
	for i := range steps {
		if steps[i].list && steps[i].any && len(places) > 0 {
			steps[i].item += places[0]
			places = places[1:]
		}
	}
	return steps
}

// set writes a value into the body, making what it stands in.
func (r *request) set(to, from []step, value any) {
	r.from[format(to)] = format(from)
	r.body, _ = place(r.body, to, value).(map[string]any)
}

func place(in any, to []step, value any) any {
	if len(to) == 0 {
		return value
	}
	if s := to[0]; s.list {
		items, _ := in.([]any)
		for len(items) <= s.item {
			items = append(items, nil)
		}
		items[s.item] = place(items[s.item], to[1:], value)
		return items
	}
	members, ok := in.(map[string]any)
	if !ok {
		members = map[string]any{}
	}
	members[to[0].member] = place(members[to[0].member], to[1:], value)
	return members
}

// origin is the input that a member of the body came from: its own, or that
// of what it stands in.
func (r *request) origin(path string) string {
	steps := parse(path)
	for n := len(steps); n > 0; n-- {
		from, found := r.from[format(steps[:n])]
		if !found {
			continue
		}
		if from == "" {
			break
		}
		return from + strings.TrimPrefix(format(steps), format(steps[:n]))
	}
	return path
}
