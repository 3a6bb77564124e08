package emulator

import (
	"fmt"
	"maps"
	"net/http"
)

// began is when everything here was made.
const began = "2026-01-01T00:00:00Z"

// message is a structure of the API, by the names of its members.
type message = map[string]any

// failure is an error as AWS answers it.
type failure struct {
	Code, Message string
	status        int
}

func (f *failure) Error() string { return f.Code + ": " + f.Message }

func refuse(code, format string, args ...any) error {
	return &failure{Code: code, Message: fmt.Sprintf(format, args...), status: http.StatusBadRequest}
}

// text is a member that is a string; empty when it is not there.
func text(in message, name string) string {
	value, _ := in[name].(string)
	return value
}

// texts are the items of a member that is a list of strings.
func texts(in message, name string) []string {
	var out []string
	items, _ := in[name].([]any)
	for _, item := range items {
		if s, ok := item.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// structures are the items of a member that is a list of structures.
func structures(in message, name string) []message {
	var out []message
	items, _ := in[name].([]any)
	for _, item := range items {
		if m, ok := item.(message); ok {
			out = append(out, m)
		}
	}
	return out
}

// structure is a member that is a structure; empty when it is not there.
func structure(in message, name string) message {
	m, _ := in[name].(message)
	if m == nil {
		return message{}
	}
	return m
}

// value is the Value of a member that wraps one.
func value(in message, name string) (any, bool) {
	inner, set := in[name].(message)
	if !set {
		return nil, false
	}
	v, set := inner["Value"]
	return v, set
}

// list makes a list of the API.
func list[T any](items ...T) []any {
	out := []any{}
	for _, item := range items {
		out = append(out, item)
	}
	return out
}

// with copies members, where they are set, from one structure to another.
func with(to, from message, names ...string) message {
	for _, name := range names {
		if v, set := from[name]; set {
			to[name] = v
		}
	}
	return to
}

// or is a member, or what it is when nobody says.
func or(in message, name string, otherwise any) any {
	if v, set := in[name]; set {
		return v
	}
	return otherwise
}

// deep copies a value, so that an answer that is written while the state
// changes is what it was.
func deep(v any) any {
	switch v := v.(type) {
	case message:
		out := maps.Clone(v)
		for key, inner := range out {
			out[key] = deep(inner)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, inner := range v {
			out[i] = deep(inner)
		}
		return out
	}
	return v
}
