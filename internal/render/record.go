package render

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Record is one resource: declared by a program, or recorded in a state.
type Record struct {
	Type string
	Name string
	// ID is the provider's own; empty where the resource does not exist.
	ID string
	// DependsOn are the URNs of the resources that it is made from.
	DependsOn []string
	// Inputs are what the program gives, Outputs what became of it. Secrets
	// are marked as such.
	Inputs, Outputs resource.PropertyMap
}

// file is how the file of the resource is called, and what other files call
// it: host-demo-workers-1.
func (r Record) file() string { return fileOf(r.Type, r.Name) }

func fileOf(typ, name string) string {
	return strings.ToLower(typ[strings.LastIndex(typ, ":")+1:]) + "-" + name
}

// needs are the files of what the resource is made from.
func (r Record) needs() []string {
	var out []string
	for _, text := range r.DependsOn {
		if of, err := urn.Parse(text); err == nil {
			out = append(out, fileOf(string(of.Type()), of.Name()))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Recall answers with the outputs of what is recorded: Options.Recorded.
func Recall(records []Record) func(typ, name string) (resource.PropertyMap, bool) {
	known := map[string]resource.PropertyMap{}
	for _, r := range records {
		outputs := resource.PropertyMap{}
		maps.Copy(outputs, r.Outputs)
		outputs[idOutput] = resource.NewProperty(r.ID)
		known[r.Type+" "+r.Name] = outputs
	}
	return func(typ, name string) (resource.PropertyMap, bool) {
		outputs, found := known[typ+" "+name]
		return outputs, found
	}
}

// idOutput is the output that holds the provider's own id.
const idOutput = "id"

// declaredBy is a registration as a record.
func declaredBy(args pulumi.MockResourceArgs) Record {
	return Record{Type: args.TypeToken, Name: args.Name, Inputs: args.Inputs, DependsOn: args.RegisterRPC.GetDependencies()}
}

// tidied are records in the order of declared ones, their inputs as a program
// gives them: providers that are made from Terraform's write beside those what
// they filled in themselves, and list it as __defaults.
func tidied(records []Record) []Record {
	out := make([]Record, 0, len(records))
	for _, r := range records {
		r.Inputs = withoutDefaults(r.Inputs)
		out = append(out, r)
	}
	sortRecords(out)
	return out
}

func sortRecords(records []Record) {
	slices.SortFunc(records, func(a, b Record) int {
		return cmp.Or(strings.Compare(a.Type, b.Type), strings.Compare(a.Name, b.Name))
	})
}

const defaultsInput = "__defaults"

func withoutDefaults(m resource.PropertyMap) resource.PropertyMap {
	filled := map[string]bool{defaultsInput: true}
	if list := m[defaultsInput]; list.IsArray() {
		for _, key := range list.ArrayValue() {
			if key.IsString() {
				filled[key.StringValue()] = true
			}
		}
	}
	out := resource.PropertyMap{}
	for key, value := range m {
		if !filled[string(key)] {
			out[key] = eachWithoutDefaults(value)
		}
	}
	return out
}

func eachWithoutDefaults(v resource.PropertyValue) resource.PropertyValue {
	switch {
	case v.IsSecret():
		return resource.MakeSecret(eachWithoutDefaults(v.SecretValue().Element))
	case v.IsArray():
		var list []resource.PropertyValue
		for _, item := range v.ArrayValue() {
			list = append(list, eachWithoutDefaults(item))
		}
		return resource.NewProperty(list)
	case v.IsObject():
		return resource.NewProperty(withoutDefaults(v.ObjectValue()))
	}
	return v
}
