package azuretest

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var source = flag.String("source", "", "folder internal/azure/generated of terraform-provider-azapi, to trim types.json from it anew")

// sources are the files that each API's types are in, by namespace and version.
var sources = map[string]string{
	"Microsoft.Authorization":                 "authorization/microsoft.authorization/2022-04-01",
	"Microsoft.Authorization/roleDefinitions": "authorization/microsoft.authorization/2022-05-01-preview",
	"Microsoft.KeyVault":                      "keyvault/microsoft.keyvault/2023-02-01",
	"Microsoft.ManagedIdentity":               "msi/microsoft.managedidentity/2023-01-31",
	"Microsoft.Resources":                     "resources/microsoft.resources/2022-09-01",
	"Microsoft.Compute/disks":                 "compute/microsoft.compute/2022-07-02",
	"Microsoft.Compute":                       "compute/microsoft.compute/2023-03-01",
	"Microsoft.Network":                       "network/microsoft.network/2023-02-01",
}

// vendorType is a type as the vendor's file writes it.
type vendorType struct {
	Kind       string `json:"$type"`
	Name       string
	Body       *vendorRef
	Properties map[string]struct {
		Type  *vendorRef
		Flags int
	}
	AdditionalProperties *vendorRef
	ItemType             *vendorRef
	Elements             json.RawMessage
	Value                string
	MinValue, MaxValue   *int64
	MinLength, MaxLength int
	Pattern              string
}

type vendorRef struct {
	Ref string `json:"$ref"`
}

func (r *vendorRef) index(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(strings.TrimPrefix(r.Ref, "#/"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// trimmer copies the types that are reached from the wanted resources.
type trimmer struct {
	t     *testing.T
	types []vendorType
	// moved is where types of this file stand in out.
	moved map[int]int
	out   *description
}

const (
	requiredFlag = 1
	readOnlyFlag = 2
)

func (m *trimmer) move(r *vendorRef) *int {
	if r == nil {
		return nil
	}
	n := r.index(m.t)
	if at, done := m.moved[n]; done {
		return &at
	}
	at := len(m.out.Types)
	m.moved[n] = at
	m.out.Types = append(m.out.Types, armType{})
	from := m.types[n]
	made := armType{Kind: from.Kind, Name: from.Name, Value: from.Value, Min: from.MinValue, Max: from.MaxValue,
		MinLength: from.MinLength, MaxLength: from.MaxLength, Pattern: from.Pattern}
	keys := []string{}
	for key := range from.Properties {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		property := from.Properties[key]
		p := armProperty{Required: property.Flags&requiredFlag != 0, ReadOnly: property.Flags&readOnlyFlag != 0}
		if !p.ReadOnly {
			p.Type = m.move(property.Type)
		}
		if made.Properties == nil {
			made.Properties = map[string]armProperty{}
		}
		made.Properties[key] = p
	}
	made.Additional, made.Item = m.move(from.AdditionalProperties), m.move(from.ItemType)
	if from.Kind == "UnionType" {
		var elements []vendorRef
		if err := json.Unmarshal(from.Elements, &elements); err != nil {
			m.t.Fatal(err)
		}
		for _, element := range elements {
			made.Of = append(made.Of, *m.move(&element))
		}
	}
	m.out.Types[at] = made
	return &at
}

func TestTypes_AreTrimmedFromTheVendors(t *testing.T) {
	if *source == "" {
		t.Skip("no -source: types.json stays as it is; see README.md")
	}
	out := &description{Resources: map[string]int{}}
	files := map[string]*trimmer{}
	all := kinds(nil)
	for _, token := range slices.Sorted(maps.Keys(all)) {
		kind, version, _ := strings.Cut(all[token].arm, "@")
		folder, found := sources[kind]
		if !found {
			folder = sources[kind[:strings.Index(kind, "/")]]
		}
		if files[folder] == nil {
			files[folder] = &trimmer{t: t, out: out, moved: map[int]int{}}
			data, err := os.ReadFile(filepath.Join(*source, folder, "types.json"))
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(data, &files[folder].types); err != nil {
				t.Fatal(err)
			}
		}
		for _, resource := range files[folder].types {
			if resource.Kind == "ResourceType" && resource.Name == kind+"@"+version {
				out.Resources[resource.Name] = *files[folder].move(resource.Body)
			}
		}
		if _, found := out.Resources[kind+"@"+version]; !found {
			t.Errorf("%s has no %s@%s", folder, kind, version)
		}
	}
	write(t, out)
}

// write writes one type a line, so that a change can be read.
func write(t *testing.T, out *description) {
	t.Helper()
	var text bytes.Buffer
	resources, err := json.MarshalIndent(out.Resources, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&text, "{\"resources\": %s,\n\"types\": [\n", resources)
	for i, each := range out.Types {
		line, err := json.Marshal(each)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(line)
		if i < len(out.Types)-1 {
			text.WriteByte(',')
		}
		text.WriteByte('\n')
	}
	text.WriteString("]}\n")
	if err := os.WriteFile("types.json", text.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
