package gcptest

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/gcp/gcptest/discovery"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// object is a resource's inputs as plain values; discovery.Unknown stands for
// what is not known yet.
type object map[string]any

// plain turns Pulumi's values into plain ones.
func plain(properties targettest.Properties) object {
	out := object{}
	for key, value := range properties {
		if v := open(value); v != nil && key != "__defaults" {
			out[string(key)] = v
		}
	}
	return out
}

func open(value resource.PropertyValue) any {
	switch {
	case value.IsSecret():
		return open(value.SecretValue().Element)
	case value.IsComputed():
		return discovery.Unknown{}
	case value.IsOutput():
		if !value.OutputValue().Known {
			return discovery.Unknown{}
		}
		return open(value.OutputValue().Element)
	case value.IsArray():
		items := []any{}
		for _, item := range value.ArrayValue() {
			items = append(items, open(item))
		}
		return items
	case value.IsObject():
		return map[string]any(plain(value.ObjectValue()))
	case value.IsNull():
		return nil
	}
	return value.V
}

// properties turns plain values into Pulumi's.
func properties(o object) targettest.Properties {
	return resource.NewPropertyMapFromMap(o)
}

// text is a member that is a string; empty where it is none, or not known yet.
func (o object) text(key string) string {
	s, _ := o[key].(string)
	return s
}

// has tells whether a member is given at all.
func (o object) has(key string) bool { return o[key] != nil }

// known tells whether members, where they are given, are known by now.
func (o object) known(keys ...string) bool {
	for _, key := range keys {
		if _, later := o[key].(discovery.Unknown); later {
			return false
		}
	}
	return true
}

// number is a member that is a number, and whether it is known.
func (o object) number(key string) (float64, bool) {
	n, ok := o[key].(float64)
	return n, ok
}

// object is a member that is an object; empty where it is none.
func (o object) object(key string) object {
	m, _ := o[key].(map[string]any)
	return m
}

// objects are the members of a list of objects.
func (o object) objects(key string) []object {
	var all []object
	items, _ := o[key].([]any)
	for _, item := range items {
		m, _ := item.(map[string]any)
		all = append(all, m)
	}
	return all
}

// texts are the known strings of a list.
func (o object) texts(key string) []string {
	var all []string
	items, _ := o[key].([]any)
	for _, item := range items {
		if s, ok := item.(string); ok {
			all = append(all, s)
		}
	}
	return all
}

// digest is what ids are made of, so that they are the same each time.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
