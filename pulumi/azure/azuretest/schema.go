package azuretest

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"sync"
)

//go:embed types.json
var typesJSON []byte

// description is Microsoft's description of ARM resources: types that refer to
// each other by their place in the list.
type description struct {
	// Resources are the types of bodies, by resource type and API version.
	Resources map[string]int `json:"resources"`
	Types     []armType      `json:"types"`
}

// armType is one type.
type armType struct {
	// Kind is the vendor's word: ObjectType, ArrayType, UnionType, …
	Kind       string                 `json:"kind"`
	Name       string                 `json:"name,omitempty"`
	Properties map[string]armProperty `json:"properties,omitempty"`
	// Additional is the type of properties that are not listed.
	Additional *int `json:"additional,omitempty"`
	// Item is the type of an array's items, Of are a union's types.
	Item *int  `json:"item,omitempty"`
	Of   []int `json:"of,omitempty"`
	// Value is a literal's.
	Value                string `json:"value,omitempty"`
	Min, Max             *int64 `json:",omitempty"`
	MinLength, MaxLength int    `json:",omitempty"`
	Pattern              string `json:"pattern,omitempty"`
}

// armProperty is one property of an object.
type armProperty struct {
	// Type is nil where the property is read-only.
	Type     *int `json:"type,omitempty"`
	Required bool `json:"required,omitempty"`
	ReadOnly bool `json:"readOnly,omitempty"`
}

// described reads the description once.
var described = sync.OnceValue(func() *description {
	d := &description{}
	if err := json.Unmarshal(typesJSON, d); err != nil {
		panic(fmt.Sprintf("reading types.json: %v", err))
	}
	return d
})

// at is the type at a place; nil where there is none.
func (d *description) at(place *int) *armType {
	if place == nil {
		return nil
	}
	return &d.Types[*place]
}

// body is the type of a resource's body.
func (d *description) body(arm string) *armType {
	place, found := d.Resources[arm]
	if !found {
		panic(fmt.Sprintf("types.json describes no %s: trim it anew", arm))
	}
	return d.at(&place)
}
