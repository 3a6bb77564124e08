package gcp

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/credentials"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/gcp/gcptest"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// document is a config file, or a part of one.
type document = map[string]any

// written is a config as a user of this target would write it.
func written(edits ...func(whole, spec, block document)) document {
	block := document{"project": "my-project"}
	spec := document{"target": "gcp", "gcp": block}
	whole := document{"apiVersion": config.APIVersion, "kind": config.Kind, "metadata": document{"name": "demo"}, "spec": spec}
	for _, edit := range edits {
		edit(whole, spec, block)
	}
	return whole
}

// understood is what the config package makes of a document.
func understood(t *testing.T, whole document) (*config.Cluster, []string) {
	t.Helper()
	data, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	cluster, report := config.Load("test.json", data, map[string]func() config.Block{"gcp": New().Block})
	var problems []string
	for _, p := range report.Problems {
		problems = append(problems, fmt.Sprintf("%s: %s; %s", p.Path, p.Message, p.Fix))
	}
	return cluster, problems
}

// inputsOf are those of a program, for a document that must be right.
func inputsOf(t *testing.T, whole document) target.Inputs {
	t.Helper()
	cluster, problems := understood(t, whole)
	if len(problems) > 0 {
		t.Fatal(strings.Join(problems, "\n"))
	}
	return target.Inputs{Cluster: cluster, BootstrapImage: "registry.example.com/kubernetes-anywhere/bootstrap@sha256:" + strings.Repeat("ab", 32)}
}

// recorder answers a program as Google would, refuses what Google would, and
// keeps what the program asked the engine for.
type recorder struct {
	mu    sync.Mutex
	cloud *targettest.Cloud
	asked map[string]*pulumirpc.RegisterResourceRequest
}

// hidden are the outputs of the credentials, each of which says its name.
func hidden() []string {
	return []string{"caCertificate", "caKey", "etcdCACertificate", "etcdCAKey", "frontProxyCACertificate",
		"frontProxyCAKey", "serviceAccountKey", "encryptionKey", "bootstrapToken"}
}

func (r *recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked[args.TypeToken+" "+args.Name] = args.RegisterRPC
	if args.TypeToken == credentials.Type {
		state := resource.PropertyMap{}
		for _, key := range hidden() {
			state[resource.PropertyKey(key)] = resource.NewProperty("<" + key + ">")
		}
		return args.Name, state, nil
	}
	inputs := targettest.Plain(args.Inputs)
	if strings.HasPrefix(args.TypeToken, "pulumi:") {
		return args.Name, inputs, nil
	}
	if err := r.refused(args.TypeToken, args.Name, inputs); err != nil {
		return "", nil, err
	}
	made, err := r.cloud.Have(args.TypeToken, args.Name, inputs)
	return made.ID, made.Outputs, err
}

// refused is what Google would not take.
func (r *recorder) refused(kind, name string, inputs resource.PropertyMap) error {
	provider, err := r.cloud.Provider()
	if err != nil {
		return err
	}
	news, err := plugin.MarshalProperties(inputs, plugin.MarshalOptions{KeepUnknowns: true})
	if err != nil {
		return err
	}
	answer, err := provider.Check(context.Background(), &pulumirpc.CheckRequest{
		Urn: string(urn.New("stack", "project", "", tokens.Type(kind), name)), News: news,
	})
	for _, failure := range answer.GetFailures() {
		err = fmt.Errorf("%s %q is refused: %s: %s", kind, name, failure.GetProperty(), failure.GetReason())
	}
	return err
}

func (*recorder) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return nil, fmt.Errorf("the program looks something up: %s", args.Token)
}

// declared is what a program has declared.
type declared struct {
	*targettest.Cloud
	asked map[string]*pulumirpc.RegisterResourceRequest
}

// declare runs the program of a document.
func declare(t *testing.T, whole document) declared {
	t.Helper()
	seen := &recorder{cloud: gcptest.New(), asked: map[string]*pulumirpc.RegisterResourceRequest{}}
	if err := pulumi.RunErr(New().Program(inputsOf(t, whole)), pulumi.WithMocks("project", "stack", seen)); err != nil {
		t.Fatal(err)
	}
	return declared{seen.cloud, seen.asked}
}

// of are the objects of a type, named by the end of its token.
func (d declared) of(kind string) []targettest.Object {
	return slices.DeleteFunc(d.Objects(), func(o targettest.Object) bool { return !strings.HasSuffix(o.Type, ":"+kind) })
}

// one is the object of a type and name.
func (d declared) one(t *testing.T, kind, name string) targettest.Object {
	t.Helper()
	for _, o := range d.of(kind) {
		if o.Name == name {
			return o
		}
	}
	t.Fatalf("there is no %s %q", kind, name)
	return targettest.Object{}
}

// at is the input at a path of keys and numbers; nil where there is none.
func at(o targettest.Object, path ...any) any {
	value := resource.NewProperty(o.Inputs)
	for _, step := range path {
		switch step := step.(type) {
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
	}
	if value.IsNull() {
		return nil
	}
	return value.Mappable()
}

// word is the text at a path.
func word(o targettest.Object, path ...any) string {
	s, _ := at(o, path...).(string)
	return s
}

// words are the texts of the list at a path.
func words(o targettest.Object, path ...any) []string {
	list, _ := at(o, path...).([]any)
	var all []string
	for _, item := range list {
		all = append(all, fmt.Sprint(item))
	}
	return all
}
