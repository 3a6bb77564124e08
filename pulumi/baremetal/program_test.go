package baremetal

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/credentials"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// recorder answers a program as the providers would and keeps what it declared.
type recorder struct {
	mu        sync.Mutex
	resources map[string]pulumi.MockResourceArgs
}

func (r *recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.resources[args.TypeToken+" "+args.Name] = args
	state := args.Inputs.Copy()
	if args.TypeToken == credentials.Type {
		for _, key := range []string{"caCertificate", "caKey", "etcdCACertificate", "etcdCAKey", "frontProxyCACertificate",
			"frontProxyCAKey", "serviceAccountKey", "encryptionKey", "bootstrapToken"} {
			state[resource.PropertyKey(key)] = resource.NewProperty("<" + key + ">")
		}
	}
	return args.Name, state, nil
}

func (*recorder) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) { return nil, nil }

func declare(t *testing.T, in target.Inputs) map[string]pulumi.MockResourceArgs {
	t.Helper()
	seen := &recorder{resources: map[string]pulumi.MockResourceArgs{}}
	// No host: declaring must not need any.
	program := New(withConnector(func(context.Context, reach) (shell, error) {
		t.Error("it reached for a host")
		return nil, nil
	})).Program(in)
	if err := pulumi.RunErr(program, pulumi.WithMocks("project", "stack", seen)); err != nil {
		t.Fatal(err)
	}
	return seen.resources
}

func programInputs() target.Inputs {
	cluster := demo(1)
	b := cluster.Spec.Block.(*Block)
	cluster.Spec.ControlPlane.Count = 3
	b.Hosts = append(b.Hosts, Host{Address: "10.240.0.3", Role: node.ControlPlane}, Host{Address: "cp3.example.com", NodeAddress: "10.240.0.4", Role: node.ControlPlane})
	b.Endpoint = "api.example.com"
	return target.Inputs{Cluster: cluster, ImageArchive: "/tmp/images.tar", ImageDigest: "sha256:1", BootstrapImage: "example.org/bootstrap:v1.37.1"}
}

func TestProgram_DeclaresCredentialsAndHosts(t *testing.T) {
	var got []string
	for name := range declare(t, programInputs()) {
		got = append(got, name)
	}
	slices.Sort(got)
	want := []string{
		"baremetal:index:Host demo-10-240-0-10",
		"baremetal:index:Host demo-control-plane-1", "baremetal:index:Host demo-control-plane-2", "baremetal:index:Host demo-control-plane-3",
		"kubernetes-anywhere:index:Credentials credentials",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestProgram_GivesEachRoleItsBundle(t *testing.T) {
	for name, args := range declare(t, programInputs()) {
		if args.TypeToken != hostType {
			continue
		}
		text := plain(args.Inputs[bundleKey])
		bundle := node.Bundle{}
		if err := json.Unmarshal([]byte(text), &bundle); err != nil {
			t.Fatal(err)
		}
		members := []node.Member{
			{Name: "demo-control-plane-1", Address: "10.240.0.2"}, {Name: "demo-control-plane-2", Address: "10.240.0.3"}, {Name: "demo-control-plane-3", Address: "10.240.0.4"},
		}
		if diff := cmp.Diff(members, bundle.ControlPlanes); diff != "" || !bundle.Balanced || bundle.Endpoint != "127.0.0.1:6444" || bundle.ImageArchive != archivePath {
			t.Errorf("%s: %s\n%s", name, diff, text)
		}
		if strings.Contains(text, "Key\\u003e") != strings.Contains(name, "control-plane") {
			t.Errorf("%s: its bundle is\n%s", name, text)
		}
		if bundle.Role == node.ControlPlane && !slices.Equal(bundle.ExtraSANs, []string{"127.0.0.1", "localhost", "10.240.0.2", "10.240.0.3", "10.240.0.4", "cp3.example.com", "api.example.com"}) {
			t.Errorf("%s: its names are %q", name, bundle.ExtraSANs)
		}
		for key, value := range args.Inputs {
			if key != bundleKey && (strings.Contains(plain(value), "Key>") || strings.Contains(plain(value), "bootstrapToken")) {
				t.Errorf("%s: %s holds a secret", name, key)
			}
		}
	}
}

func TestEndpoint_IsTheGivenOneOrTheFirstControlPlane(t *testing.T) {
	in := programInputs()
	b := in.Cluster.Spec.Block.(*Block)
	if got := endpoint(in, machines(in.Cluster)); got != "api.example.com" {
		t.Errorf("got %q", got)
	}
	b.Endpoint = ""
	if got := endpoint(in, machines(in.Cluster)); got != "10.240.0.2" {
		t.Errorf("got %q", got)
	}
	b.Hosts[0].Address, b.Hosts[0].NodeAddress = "192.0.2.9", "10.240.0.2"
	if got := endpoint(in, machines(in.Cluster)); got != "192.0.2.9" {
		t.Errorf("got %q", got)
	}
	// Behind a jump host, the address of this side leads nowhere from there.
	b.Hosts[0].Jump = &Jump{Address: "jump"}
	if got := endpoint(in, machines(in.Cluster)); got != "10.240.0.2" {
		t.Errorf("got %q", got)
	}
}

// plain is a text out of whatever it is wrapped in.
func plain(value resource.PropertyValue) string {
	for value.IsSecret() || value.IsOutput() {
		if value.IsSecret() {
			value = value.SecretValue().Element
		} else {
			value = value.OutputValue().Element
		}
	}
	if !value.IsString() {
		return ""
	}
	return value.StringValue()
}
