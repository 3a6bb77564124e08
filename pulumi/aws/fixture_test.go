package aws

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// object is part of a config document.
type object = map[string]any

// written is a config document for this target, as a user would write it.
func written(edits ...func(spec, block object)) object {
	block := object{}
	spec := object{"target": "aws", "aws": block}
	for _, edit := range edits {
		edit(spec, block)
	}
	return object{
		"apiVersion": config.APIVersion, "kind": config.Kind,
		"metadata": object{"name": "demo"}, "spec": spec,
	}
}

// read is what the config package makes of a document.
func read(t *testing.T, document object) (*config.Cluster, []string) {
	t.Helper()
	data, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	cluster, report := config.Load("test.json", data, map[string]func() config.Block{"aws": func() config.Block { return &Block{} }})
	var problems []string
	for _, p := range report.Problems {
		problems = append(problems, fmt.Sprintf("%s: %s; %s", p.Path, p.Message, p.Fix))
	}
	return cluster, problems
}

// inputs are those of a program for a document that must be right.
func inputs(t *testing.T, document object) target.Inputs {
	t.Helper()
	cluster, problems := read(t, document)
	if len(problems) > 0 {
		t.Fatal(strings.Join(problems, "\n"))
	}
	return target.Inputs{Cluster: cluster, BootstrapImage: "registry.example.org/kubernetes-anywhere/bootstrap:v1.37.1@sha256:" + strings.Repeat("0", 64)}
}

// recorder answers a program as the cloud would and keeps what it declared.
type recorder struct {
	mu        sync.Mutex
	resources map[string]resource.PropertyMap
}

// secretWords are what the credentials hold here; public ones end in
// Certificate.
func secretWords() []string {
	return []string{"caCertificate", "caKey", "etcdCACertificate", "etcdCAKey", "frontProxyCACertificate",
		"frontProxyCAKey", "serviceAccountKey", "encryptionKey", "bootstrapToken"}
}

func (r *recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.resources[args.TypeToken+" "+args.Name] = args.Inputs
	state := args.Inputs.Copy()
	more := map[string]string{}
	switch kind := args.TypeToken[strings.LastIndexByte(args.TypeToken, ':')+1:]; kind {
	case "Credentials":
		for _, word := range secretWords() {
			more[word] = "<" + word + ">"
		}
	case "NetworkInterface":
		more["privateIp"] = fmt.Sprintf("10.240.0.%d", 10+len(r.resources))
	case "Eip":
		more["allocationId"], more["publicIp"] = "eipalloc-"+args.Name, "203.0.113.7"
	case "LoadBalancer":
		more["dnsName"] = args.Name + ".elb.example.com"
		more["arn"] = "arn:" + args.Name
	case "LaunchTemplate":
		state["latestVersion"] = resource.NewProperty(3.0)
	case "Secret", "TargetGroup", "InstanceProfile":
		more["arn"] = "arn:aws:secretsmanager:us-east-2:123456789012:secret:" + args.Inputs["name"].StringValue() + "-AbCdEf"
	}
	for key, value := range more {
		state[resource.PropertyKey(key)] = resource.NewProperty(value)
	}
	return args.Name + "-id", state, nil
}

func (*recorder) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return nil, fmt.Errorf("the program looks something up: %s", args.Token)
}

// declared is what a program declares, by type and name; the types without
// their module.
type declared map[string]resource.PropertyMap

func declare(t *testing.T, in target.Inputs) declared {
	t.Helper()
	seen := &recorder{resources: map[string]resource.PropertyMap{}}
	if err := pulumi.RunErr(New().Program(in), pulumi.WithMocks("project", "stack", seen)); err != nil {
		t.Fatal(err)
	}
	out := declared{}
	for key, inputs := range seen.resources {
		kind, name, _ := strings.Cut(key, " ")
		out[kind[strings.LastIndexByte(kind, ':')+1:]+" "+name] = inputs
	}
	return out
}

// of are the resources of a type, by name.
func (d declared) of(kind string) map[string]resource.PropertyMap {
	out := map[string]resource.PropertyMap{}
	for key, inputs := range d {
		if name, is := strings.CutPrefix(key, kind+" "); is {
			out[name] = inputs
		}
	}
	return out
}

// names of a type's resources, sorted.
func (d declared) names(kind string) []string { return slices.Sorted(maps.Keys(d.of(kind))) }

// plain is the value at a path of keys and numbers, out of whatever it is
// wrapped in; nil where there is none.
func plain(of resource.PropertyMap, path ...any) any {
	value := resource.NewProperty(of)
	for {
		for value.IsSecret() || value.IsOutput() {
			if value.IsSecret() {
				value = value.SecretValue().Element
			} else {
				value = value.OutputValue().Element
			}
		}
		if len(path) == 0 {
			break
		}
		switch step := path[0].(type) {
		case string:
			if !value.IsObject() {
				return nil
			}
			value = value.ObjectValue()[resource.PropertyKey(step)]
		case int:
			if !value.IsArray() || len(value.ArrayValue()) <= step {
				return nil
			}
			value = value.ArrayValue()[step]
		}
		path = path[1:]
	}
	if value.IsNull() {
		return nil
	}
	return value.Mappable()
}

// text is a string at a path; empty where there is none.
func text(of resource.PropertyMap, path ...any) string {
	s, _ := plain(of, path...).(string)
	return s
}
