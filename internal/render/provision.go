package render

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"go.yaml.in/yaml/v3"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/credentials"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// declared is one resource that a target's program declares.
type declared struct {
	Type   string         `yaml:"type"`
	Name   string         `yaml:"name"`
	Inputs map[string]any `yaml:"inputs"`
}

// recorder answers a program as an engine would, makes nothing, and keeps
// what was declared.
type recorder struct {
	cluster     string
	credentials resource.PropertyMap

	mu   sync.Mutex
	seen []pulumi.MockResourceArgs
}

func (r *recorder) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return resource.PropertyMap{}, nil
}

func (r *recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, args)
	if args.TypeToken == credentials.Type {
		return args.Name, r.credentials, nil
	}
	return args.Name, assumed(r.cluster, args), nil
}

// declarations runs a target's program against the recorder.
func declarations(t target.Target, in target.Inputs) ([]pulumi.MockResourceArgs, error) {
	sample, err := sampleCredentials()
	if err != nil {
		return nil, err
	}
	r := &recorder{cluster: in.Cluster.Metadata.Name, credentials: sample}
	err = pulumi.RunErr(t.Program(in), pulumi.WithMocks("kubernetes-anywhere", in.Cluster.Metadata.Name, r))
	if err != nil {
		return nil, err
	}
	slices.SortFunc(r.seen, func(a, b pulumi.MockResourceArgs) int {
		return strings.Compare(a.TypeToken+" "+a.Name, b.TypeToken+" "+b.Name)
	})
	return r.seen, nil
}

// provision writes a file for each resource that is declared.
func provision(seen []pulumi.MockResourceArgs) (map[string][]byte, error) {
	files := map[string][]byte{}
	digests := digestsOf(seen)
	for _, args := range seen {
		data, err := marshal(declared{args.TypeToken, args.Name, digests.plain(args.Inputs)})
		if err != nil {
			return nil, fmt.Errorf("writing resource %q: %w", args.Name, err)
		}
		kind := strings.ToLower(args.TypeToken[strings.LastIndex(args.TypeToken, ":")+1:])
		files[kind+"-"+args.Name+".yaml"] = data
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
	case v.IsSecret():
		return redacted(key)
	case v.IsOutput():
		return d.plainValue(key, v.OutputValue().Element)
	case v.IsComputed():
		return "<known once it exists>"
	case v.IsString() && isBundle(v.StringValue()):
		return redacted("the node bundle")
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
