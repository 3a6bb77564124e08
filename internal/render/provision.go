package render

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"go.yaml.in/yaml/v3"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/credentials"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// declared is the file of one resource.
type declared struct {
	Type      string         `yaml:"type"`
	Name      string         `yaml:"name"`
	DependsOn []string       `yaml:"dependsOn,omitempty"`
	Inputs    map[string]any `yaml:"inputs"`
}

// recorder answers a program as an engine would, makes nothing, and keeps
// what was declared.
type recorder struct {
	cluster     string
	credentials resource.PropertyMap
	recorded    func(typ, name string) (resource.PropertyMap, bool)

	mu   sync.Mutex
	seen []Record
}

func (r *recorder) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return resource.PropertyMap{}, nil
}

func (r *recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, declaredBy(args))
	if r.recorded != nil {
		if known, found := r.recorded(args.TypeToken, args.Name); found {
			id, outputs := changed(known, args.Inputs)
			return id, outputs, nil
		}
	}
	if args.TypeToken == credentials.Type {
		return args.Name, r.credentials, nil
	}
	return args.Name, assumed(r.cluster, args), nil
}

// changed is what exists as the inputs would have it: of a resource that the
// inputs would replace it says what the one before is.
func changed(known, inputs resource.PropertyMap) (string, resource.PropertyMap) {
	outputs, id := resource.PropertyMap{}, ""
	maps.Copy(outputs, known)
	if value := outputs[idOutput]; value.IsString() {
		id = value.StringValue()
	}
	maps.Copy(outputs, inputs)
	return id, outputs
}

// providerTypes is how the types of providers begin, as resources.
const providerTypes = "pulumi:providers:"

// declarations runs a target's program against the recorder.
func declarations(t target.Target, in target.Inputs, o Options) ([]Record, error) {
	sample, err := sampleCredentials()
	if err != nil {
		return nil, err
	}
	r := &recorder{cluster: in.Cluster.Metadata.Name, credentials: sample, recorded: o.Recorded}
	err = pulumi.RunErr(t.Program(in), pulumi.WithMocks("kubernetes-anywhere", in.Cluster.Metadata.Name, r))
	if err != nil {
		return nil, err
	}
	sortRecords(r.seen)
	if o.Recorded != nil {
		// What a state records leaves out how the provider is configured.
		r.seen = slices.DeleteFunc(r.seen, func(r Record) bool { return strings.HasPrefix(r.Type, providerTypes) })
	}
	return r.seen, nil
}

// provision writes a file for each resource.
func provision(records []Record) (map[string][]byte, error) {
	files := map[string][]byte{}
	digests := digestsOf(records)
	for _, r := range records {
		data, err := marshal(declared{r.Type, r.Name, r.needs(), digests.plain(r.Inputs)})
		if err != nil {
			return nil, fmt.Errorf("writing resource %q: %w", r.Name, err)
		}
		name := r.file() + ".yaml"
		if files[name] != nil {
			return nil, fmt.Errorf("writing resource %q of type %q: another one has the file %q; give it another name in the target's program", r.Name, r.Type, name)
		}
		files[name] = data
	}
	return files, nil
}

// marshal writes YAML in which a text of several lines, such as the
// first-boot script, is a block that one can read.
func marshal(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return out.Bytes(), encoder.Close()
}

// plain turns Pulumi's values into what YAML can hold, secrets redacted.
func (d digests) plain(m resource.PropertyMap) map[string]any {
	out := map[string]any{}
	for key, value := range m {
		out[string(key)] = d.plainValue(string(key), value)
	}
	return out
}

func (d digests) plainValue(key string, v resource.PropertyValue) any {
	switch {
	case v.IsSecret() && holdsBundle(v), v.IsString() && isBundle(v.StringValue()):
		return redacted("the node bundle", "made from the config and the credentials in the encrypted state")
	case v.IsSecret():
		return redacted(key, "from the encrypted state")
	case v.IsOutput():
		return d.plainValue(key, v.OutputValue().Element)
	case v.IsComputed():
		return later(key, "known once it exists")
	case v.IsString():
		return d.readable(v.StringValue())
	case v.IsArray():
		var list []any
		for _, item := range v.ArrayValue() {
			list = append(list, d.plainValue(key, item))
		}
		return list
	case v.IsObject():
		return d.plain(v.ObjectValue())
	}
	return v.Mappable()
}

// holdsBundle tells whether a secret is a node bundle.
func holdsBundle(v resource.PropertyValue) bool {
	for text := range texts(v) {
		if plain, _ := decoded(text); isBundle(plain) {
			return true
		}
	}
	return false
}
