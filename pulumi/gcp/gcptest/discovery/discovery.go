// Package discovery reads Google's own descriptions of its APIs, trimmed to
// what the program uses, and holds requests against them.
package discovery

import (
	"embed"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

//go:embed cloudresourcemanager.json compute.json iam.json secretmanager.json
var files embed.FS

// Names of the APIs that are described here.
const (
	Compute         = "compute"
	IAM             = "iam"
	ResourceManager = "cloudresourcemanager"
	SecretManager   = "secretmanager"
)

// Names lists them.
func Names() []string { return []string{Compute, IAM, ResourceManager, SecretManager} }

// Description is one API, in the members of Google's discovery document.
type Description struct {
	Name      string               `json:"name"`
	Version   string               `json:"version"`
	Revision  string               `json:"revision"`
	Resources map[string]*Resource `json:"resources"`
	Schemas   map[string]*Schema   `json:"schemas"`

	// methods and patterns are what is looked up at every request.
	methods  map[string]*Method
	patterns map[string]*regexp.Regexp
}

// Resource is a collection of the API, and those within it.
type Resource struct {
	Methods   map[string]*Method   `json:"methods,omitempty"`
	Resources map[string]*Resource `json:"resources,omitempty"`
}

// Method is one call of the API.
type Method struct {
	// ID is the method's name with the API's, such as compute.networks.insert.
	ID         string             `json:"id"`
	HTTPMethod string             `json:"httpMethod"`
	FlatPath   string             `json:"flatPath,omitempty"`
	Path       string             `json:"path"`
	Parameters map[string]*Schema `json:"parameters,omitempty"`
	Request    *Schema            `json:"request,omitempty"`
	Response   *Schema            `json:"response,omitempty"`
}

// Schema is what a value may be.
type Schema struct {
	Ref                  string             `json:"$ref,omitempty"`
	Type                 string             `json:"type,omitempty"`
	Format               string             `json:"format,omitempty"`
	Pattern              string             `json:"pattern,omitempty"`
	Enum                 []string           `json:"enum,omitempty"`
	Minimum              string             `json:"minimum,omitempty"`
	Maximum              string             `json:"maximum,omitempty"`
	ReadOnly             bool               `json:"readOnly,omitempty"`
	Annotations          *Annotations       `json:"annotations,omitempty"`
	Properties           map[string]*Schema `json:"properties,omitempty"`
	AdditionalProperties *Schema            `json:"additionalProperties,omitempty"`
	Items                *Schema            `json:"items,omitempty"`
	// Location and Required are of parameters: path or query.
	Location string `json:"location,omitempty"`
	Required bool   `json:"required,omitempty"`
}

// Annotations name the methods in whose requests a member must be set.
type Annotations struct {
	Required []string `json:"required,omitempty"`
}

// Load reads the description of an API.
func Load(name string) (*Description, error) {
	data, err := files.ReadFile(name + ".json")
	if err != nil {
		return nil, fmt.Errorf("reading the description of API %q: %w; there are %s", name, err, strings.Join(Names(), ", "))
	}
	d := &Description{}
	if err := json.Unmarshal(data, d); err != nil {
		return nil, fmt.Errorf("reading the description of API %q: %w", name, err)
	}
	d.methods, d.patterns = map[string]*Method{}, map[string]*regexp.Regexp{}
	for _, m := range d.Methods() {
		d.methods[m.ID] = m
		for _, p := range m.Parameters {
			d.compile(p)
		}
	}
	for _, s := range d.Schemas {
		d.compile(s)
	}
	return d, nil
}

// compile prepares the patterns of a schema. One that Go cannot read is none.
func (d *Description) compile(s *Schema) {
	if s == nil {
		return
	}
	if s.Pattern != "" && d.patterns[s.Pattern] == nil {
		if form, err := regexp.Compile(`^(?:` + s.Pattern + `)$`); err == nil {
			d.patterns[s.Pattern] = form
		}
	}
	d.compile(s.Items)
	d.compile(s.AdditionalProperties)
	for _, p := range s.Properties {
		d.compile(p)
	}
}

// Methods are all methods of the API, sorted by their id.
func (d *Description) Methods() []*Method {
	methods := collect(d.Resources)
	slices.SortFunc(methods, func(a, b *Method) int { return strings.Compare(a.ID, b.ID) })
	return methods
}

func collect(resources map[string]*Resource) []*Method {
	var methods []*Method
	for _, r := range resources {
		for _, m := range r.Methods {
			methods = append(methods, m)
		}
		methods = append(methods, collect(r.Resources)...)
	}
	return methods
}

// Method is the method of an id; nil where the trimmed description has none.
func (d *Description) Method(id string) *Method {
	if d.methods != nil {
		return d.methods[id]
	}
	for _, m := range d.Methods() {
		if m.ID == id {
			return m
		}
	}
	return nil
}

// resolve follows a reference to the schema it names.
func (d *Description) resolve(s *Schema) *Schema {
	for s != nil && s.Ref != "" {
		s = d.Schemas[s.Ref]
	}
	return s
}
