package emulator

import (
	"fmt"
	"slices"
	"strings"
)

// store is what exists.
type store struct {
	byID map[string]*object
	made int
}

// object is one thing that exists.
type object struct {
	kind, id string
	order    int
	// data is the object as answers describe it.
	data message
	// kept is what answers tell apart from data: attributes, versions.
	kept message
	// owner is the object it comes and goes with: a network's own route table.
	owner string
}

// gone tells whether an object is only remembered, or came with another one.
func (o *object) gone() bool {
	state := text(o.data, "State")
	if state == "" {
		state = text(structure(o.data, "State"), "Name")
	}
	return o.owner != "" || state == "deleted" || state == "terminated"
}

// add makes an object, whose id is a prefix and a number.
func (s *store) add(kind, prefix, member string, data message) *object {
	s.made++
	o := s.put(kind, fmt.Sprintf("%s-%017x", prefix, s.made), data)
	o.data[member] = o.id
	return o
}

// put makes an object of a given id.
func (s *store) put(kind, id string, data message) *object {
	s.made++
	o := &object{kind: kind, id: id, order: s.made, data: data, kept: message{}}
	s.byID[kind+" "+id] = o
	return o
}

// get is an object by its id; nil where there is none.
func (s *store) get(kind, id string) *object { return s.byID[kind+" "+id] }

// remove forgets an object and what comes with it.
func (s *store) remove(o *object) {
	delete(s.byID, o.kind+" "+o.id)
	for key, other := range s.byID {
		if other.owner == o.id {
			delete(s.byID, key)
		}
	}
}

// all are all objects in the order they were made.
func (s *store) all() []*object {
	var out []*object
	for _, o := range s.byID {
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b *object) int { return a.order - b.order })
	return out
}

// of are the objects of a kind.
func (s *store) of(kind string) []*object {
	return slices.DeleteFunc(s.all(), func(o *object) bool { return o.kind != kind })
}

// where are the objects of a kind with a member of this value.
func (s *store) where(kind, member string, value any) []*object {
	return slices.DeleteFunc(s.of(kind), func(o *object) bool { return o.data[member] != value })
}

// datas are what answers say of objects.
func datas(objects []*object) []any {
	out := []any{}
	for _, o := range objects {
		out = append(out, deep(o.data))
	}
	return out
}

// selected are the objects of a kind that ids and filters choose. An id that
// does not exist is an error.
func (s *store) selected(kind, missing string, ids []string, filters []message, own map[string]string) ([]*object, error) {
	found := s.of(kind)
	if len(ids) > 0 {
		found = nil
		for _, id := range ids {
			o := s.get(kind, id)
			if o == nil {
				return nil, refuse(missing, "there is no %s %q", kind, id)
			}
			found = append(found, o)
		}
	}
	for _, filter := range filters {
		var err error
		found, err = filtered(found, filter, own)
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

func filtered(objects []*object, filter message, own map[string]string) ([]*object, error) {
	name, wanted := text(filter, "Name"), texts(filter, "Values")
	path, known := own[name]
	if key, isTag := strings.CutPrefix(name, "tag:"); isTag {
		return slices.DeleteFunc(objects, func(o *object) bool {
			return !slices.ContainsFunc(structures(o.data, "Tags"), func(tag message) bool {
				return text(tag, "Key") == key && slices.Contains(wanted, text(tag, "Value"))
			})
		}), nil
	}
	if !known {
		return nil, refuse("InvalidParameterValue", "The filter '%s' is invalid", name)
	}
	return slices.DeleteFunc(objects, func(o *object) bool {
		return !slices.ContainsFunc(reach(o.data, strings.Split(path, ".")), func(v any) bool { return slices.Contains(wanted, fmt.Sprint(v)) })
	}), nil
}

// reach are the values at a path through structures and lists.
func reach(v any, path []string) []any {
	switch v := v.(type) {
	case []any:
		var out []any
		for _, item := range v {
			out = append(out, reach(item, path)...)
		}
		return out
	case message:
		if len(path) == 0 {
			return nil
		}
		inner, set := v[path[0]]
		if !set {
			return nil
		}
		return reach(inner, path[1:])
	}
	if len(path) > 0 {
		return nil
	}
	return []any{v}
}
