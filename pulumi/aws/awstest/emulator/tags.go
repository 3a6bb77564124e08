package emulator

import (
	"slices"
	"strings"
)

// tagHandlers answer what is asked of tags of what ec2 has.
func tagHandlers() map[string]handler {
	return map[string]handler{
		"CreateTags": func(e *Emulator, in message) (message, error) {
			return e.retag(in, func(o *object, member string) {
				o.data[member] = merged(structures(o.data, member), structures(in, "Tags"))
			})
		},
		"DeleteTags": func(e *Emulator, in message) (message, error) {
			return e.retag(in, func(o *object, member string) {
				for _, tag := range structures(in, "Tags") {
					o.data[member] = without(structures(o.data, member), "Key", text(tag, "Key"))
				}
			})
		},
		"DescribeTags": func(e *Emulator, in message) (message, error) {
			found := list[any]()
			for _, o := range e.store.all() {
				for _, tag := range structures(o.data, tagMember(o)) {
					item := message{"ResourceId": o.id, "ResourceType": o.kind, "Key": tag["Key"], "Value": tag["Value"]}
					if all(structures(in, "Filters"), item) {
						found = append(found, item)
					}
				}
			}
			return message{"Tags": found}, nil
		},
	}
}

// all tells whether a tag passes every filter: resource-id is ResourceId.
func all(filters []message, tag message) bool {
	for _, filter := range filters {
		member := ""
		for part := range strings.SplitSeq(text(filter, "Name"), "-") {
			member += strings.ToUpper(part[:1]) + part[1:]
		}
		if !slices.Contains(texts(filter, "Values"), text(tag, member)) {
			return false
		}
	}
	return true
}

// tagMember is where an object of ec2 keeps its tags.
func tagMember(o *object) string {
	if o.kind == kindCard {
		return "TagSet"
	}
	return "Tags"
}

// tagged gives a new object the tags of the request that makes it.
func tagged(o *object, in message) {
	for _, specification := range structures(in, "TagSpecifications") {
		if text(specification, "ResourceType") == o.kind {
			o.data[tagMember(o)] = deep(specification["Tags"])
		}
	}
}

func (e *Emulator) retag(in message, change func(*object, string)) (message, error) {
	for _, id := range texts(in, "Resources") {
		at := slices.IndexFunc(e.store.all(), func(o *object) bool { return o.id == id })
		if at < 0 {
			return nil, refuse("InvalidID", "there is no %q", id)
		}
		o := e.store.all()[at]
		change(o, tagMember(o))
	}
	return message{}, nil
}

// merged are tags with others put over them.
func merged(tags, over []message) []any {
	out := list(tags...)
	for _, tag := range over {
		at := slices.IndexFunc(out, func(old any) bool { return old.(message)["Key"] == tag["Key"] })
		if at < 0 {
			out = append(out, deep(tag))
			continue
		}
		out[at] = deep(tag)
	}
	return out
}
