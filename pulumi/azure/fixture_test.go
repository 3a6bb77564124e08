package azure

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/credentials"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const someSubscription = "11111111-2222-3333-4444-555555555555"

// demo is a cluster of defaults that a change was made to. Defaults come last,
// as for a config that is read.
func demo(change func(*config.Cluster, *Block)) *config.Cluster {
	cluster, block := &config.Cluster{}, &Block{Subscription: someSubscription}
	cluster.Metadata.Name = "demo"
	cluster.Spec.Target, cluster.Spec.Block = name, block
	if change != nil {
		change(cluster, block)
	}
	cluster.Default()
	return cluster
}

// longest is the cluster with the longest names that there can be.
func longest(cluster *config.Cluster, _ *Block) {
	cluster.Metadata.Name = strings.Repeat("c", 32)
	cluster.Spec.ControlPlane.Count = 5
	cluster.Spec.Pools = []config.Pool{{Name: strings.Repeat("p", 20), Count: 3}}
}

// everything is a cluster with something of all that a config can ask for.
func everythingAsked(cluster *config.Cluster, b *Block) {
	cluster.Spec.ControlPlane.Count = 3
	cluster.Spec.Pools = []config.Pool{
		{Name: "workers", Count: 2},
		{Name: "cheap", Count: 1, Min: 1, Max: 9, Spot: true, Machine: config.Machine{Arch: target.ARM64}},
	}
	b.SSHPublicKey = nobodysKey
	b.Access.SSHCIDRs = []string{"203.0.113.0/24"}
}

func inputs(cluster *config.Cluster) target.Inputs {
	return target.Inputs{Cluster: cluster, BootstrapImage: "example.org/bootstrap@sha256:" + strings.Repeat("a", 64)}
}

// declared is what a program declared, in plain.
type declared struct {
	pulumi.MockResourceArgs
	inputs map[string]any
}

// recorder answers a program as the providers would and keeps what it declared.
type recorder struct {
	mu   sync.Mutex
	seen map[string]declared
}

func (r *recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kind := args.TypeToken[strings.LastIndex(args.TypeToken, ":")+1:]
	r.seen[kind+" "+args.Name] = declared{MockResourceArgs: args, inputs: plainMap(args.Inputs)}
	state := args.Inputs.Copy()
	set := func(key, value string) { state[resource.PropertyKey(key)] = resource.NewProperty(value) }
	if args.TypeToken == credentials.Type {
		for _, key := range []string{"caCertificate", "caKey", "etcdCACertificate", "etcdCAKey", "frontProxyCACertificate",
			"frontProxyCAKey", "serviceAccountKey", "encryptionKey", "bootstrapToken"} {
			set(key, "<"+key+">")
		}
	}
	set("name", args.Name)
	set("clientId", "client-of-"+args.Name)
	set("principalId", "principal-of-"+args.Name)
	set("tenantId", "99999999-0000-0000-0000-000000000000")
	set("ipAddress", "198.51.100.7")
	return "/subscriptions/" + someSubscription + "/" + kind + "/" + args.Name, state, nil
}

func (r *recorder) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	r.seen["Call "+args.Token] = declared{}
	return nil, nil
}

// declare runs the program, without Azure: declaring must need none.
func declare(t *testing.T, in target.Inputs) map[string]declared {
	t.Helper()
	seen := &recorder{seen: map[string]declared{}}
	connect := func(context.Context, *config.Cluster) (API, error) { t.Error("it asked for Azure"); return nil, nil }
	if err := pulumi.RunErr(New(WithAPI(connect)).Program(in), pulumi.WithMocks("project", "stack", seen)); err != nil {
		t.Fatal(err)
	}
	return seen.seen
}

// ofKind are the declared resources of a kind, by name.
func ofKind(all map[string]declared, kind string) map[string]declared {
	found := map[string]declared{}
	for key, one := range all {
		if name, is := strings.CutPrefix(key, kind+" "); is {
			found[name] = one
		}
	}
	return found
}

// at is the value at a path of keys and places in lists.
func (d declared) at(t *testing.T, path ...any) any {
	t.Helper()
	var value any = d.inputs
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, ok := value.(map[string]any)
			if !ok || object[step] == nil {
				t.Fatalf("%s %s has no %v: %v", d.TypeToken, d.Name, path, value)
			}
			value = object[step]
		case int:
			list, ok := value.([]any)
			if !ok || len(list) <= step {
				t.Fatalf("%s %s has no %v: %v", d.TypeToken, d.Name, path, value)
			}
			value = list[step]
		}
	}
	return value
}

// plainMap takes every value out of its secret.
func plainMap(properties resource.PropertyMap) map[string]any {
	plain, _ := open(resource.NewProperty(properties)).(map[string]any)
	return plain
}

func open(value resource.PropertyValue) any {
	switch {
	case value.IsSecret():
		return open(value.SecretValue().Element)
	case value.IsOutput():
		return open(value.OutputValue().Element)
	case value.IsArray():
		list := []any{}
		for _, item := range value.ArrayValue() {
			list = append(list, open(item))
		}
		return list
	case value.IsObject():
		object := map[string]any{}
		for key, item := range value.ObjectValue() {
			object[string(key)] = open(item)
		}
		return object
	}
	return value.V
}

// text is a value as JSON.
func text(t *testing.T, value any) string {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
