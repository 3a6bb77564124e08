package render

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"sigs.k8s.io/yaml"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/credentials"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// declared is one resource that a target's program declares.
type declared struct {
	Type   string         `json:"type"`
	Name   string         `json:"name"`
	Inputs map[string]any `json:"inputs"`
}

// recorder answers a program as an engine would, makes nothing, and keeps
// what was declared.
type recorder struct {
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
	return args.Name, args.Inputs, nil
}

// declarations runs a target's program against the recorder.
func declarations(t target.Target, in target.Inputs) ([]pulumi.MockResourceArgs, error) {
	sample, err := sampleCredentials()
	if err != nil {
		return nil, err
	}
	r := &recorder{credentials: sample}
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
	for _, args := range seen {
		data, err := yaml.Marshal(declared{args.TypeToken, args.Name, plain(args.Inputs)})
		if err != nil {
			return nil, fmt.Errorf("writing resource %q: %w", args.Name, err)
		}
		kind := strings.ToLower(args.TypeToken[strings.LastIndex(args.TypeToken, ":")+1:])
		files[kind+"-"+args.Name+".yaml"] = data
	}
	return files, nil
}

// plain turns Pulumi's values into what YAML can hold, secrets redacted.
func plain(m resource.PropertyMap) map[string]any {
	out := map[string]any{}
	for key, value := range m {
		out[string(key)] = plainValue(string(key), value)
	}
	return out
}

func plainValue(key string, v resource.PropertyValue) any {
	switch {
	case v.IsSecret():
		return redacted(key)
	case v.IsComputed():
		return "<known once it exists>"
	case v.IsString() && isBundle(v.StringValue()):
		return redacted("the node bundle")
	case v.IsArray():
		var list []any
		for _, item := range v.ArrayValue() {
			list = append(list, plainValue(key, item))
		}
		return list
	case v.IsObject():
		return plain(v.ObjectValue())
	}
	return v.Mappable()
}
