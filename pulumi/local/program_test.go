package local

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
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
	switch args.TypeToken {
	case credentials.Type:
		for _, key := range []string{"caCertificate", "caKey", "etcdCACertificate", "etcdCAKey", "frontProxyCACertificate",
			"frontProxyCAKey", "serviceAccountKey", "encryptionKey", "bootstrapToken"} {
			state[resource.PropertyKey(key)] = resource.NewProperty("<" + key + ">")
		}
	case hostType:
		state[hostAddressKey] = resource.NewProperty("10.240.0.99")
		state[providerIDKey] = resource.NewProperty("local://" + args.Name)
	}
	return args.Name, state, nil
}

func (*recorder) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) { return nil, nil }

func declare(t *testing.T, in target.Inputs) map[string]pulumi.MockResourceArgs {
	t.Helper()
	seen := &recorder{resources: map[string]pulumi.MockResourceArgs{}}
	// No Docker: declaring must not need any.
	program := New(WithDocker(func() (Docker, error) { t.Error("it asked for Docker"); return nil, nil })).Program(in)
	if err := pulumi.RunErr(program, pulumi.WithMocks("project", "stack", seen)); err != nil {
		t.Fatal(err)
	}
	return seen.resources
}

func programInputs() target.Inputs {
	cluster := demo()
	cluster.Spec.ControlPlane.Count = 3
	return target.Inputs{Cluster: cluster, ImageArchive: "/tmp/images.tar", ImageDigest: "sha256:1", BootstrapImage: "example.org/bootstrap:v1.37.1"}
}

func TestProgram_DeclaresCredentialsNetworkAndHosts(t *testing.T) {
	var got []string
	for name := range declare(t, programInputs()) {
		got = append(got, name)
	}
	slices.Sort(got)
	want := []string{
		"kubernetes-anywhere:index:Credentials credentials",
		"local:index:Balancer demo-balancer",
		"local:index:Host demo-control-plane-1", "local:index:Host demo-control-plane-2", "local:index:Host demo-control-plane-3",
		"local:index:Host demo-workers-1", "local:index:Host demo-workers-2",
		"local:index:Network demo",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestProgram_PublishesTheAPIOnce(t *testing.T) {
	in := programInputs()
	for count, publisher := range map[int]string{1: hostType + " demo-control-plane-1", 3: balancerType + " demo-balancer", 5: balancerType + " demo-balancer"} {
		in.Cluster.Spec.ControlPlane.Count = count
		var got []string
		for name, args := range declare(t, in) {
			if _, published := args.Inputs[portKey]; published {
				got = append(got, name)
			}
		}
		if !slices.Equal(got, []string{publisher}) {
			t.Errorf("%d control planes: the API is published by %v", count, got)
		}
	}
}

func TestProgram_HasNodesGoByTheBalancerOnlyWhereThereIsOne(t *testing.T) {
	in := programInputs()
	for count, endpoint := range map[int]string{1: "10.240.0.2:6443", 3: "10.240.0.20:6443"} {
		in.Cluster.Spec.ControlPlane.Count = count
		declared := declare(t, in)
		for name, args := range declared {
			if args.TypeToken == hostType && !strings.Contains(plain(args.Inputs[bundleKey]), `"endpoint": "`+endpoint+`"`) {
				t.Errorf("%d control planes: %s does not go by %s", count, name, endpoint)
			}
		}
		balancer, there := declared[balancerType+" demo-balancer"]
		if there != (count > 1) {
			t.Errorf("%d control planes: there is a balancer: %v", count, there)
		}
		if there && (plain(balancer.Inputs[backendsKey]) != "10.240.0.2:6443,10.240.0.3:6443,10.240.0.4:6443" || plain(balancer.Inputs[addressKey]) != "10.240.0.20" ||
			plain(balancer.Inputs[smallKey]) != in.ImageArchive || plain(balancer.Inputs[imageKey]) != in.BootstrapImage) {
			t.Errorf("the balancer is %v", balancer.Inputs)
		}
	}
}

func TestProgram_KeepsKeysOffWorkersAndOutOfUserData(t *testing.T) {
	for name, args := range declare(t, programInputs()) {
		if args.TypeToken != hostType {
			continue
		}
		bundle, userData := plain(args.Inputs[bundleKey]), plain(args.Inputs[userDataKey])
		keys := strings.Contains(bundle, "Key\\u003e") || strings.Contains(bundle, "Key>")
		if keys != strings.Contains(name, "control-plane") {
			t.Errorf("%s: keys in its bundle: %v\n%s", name, keys, bundle)
		}
		if strings.Contains(userData, "Key") || strings.Contains(userData, "<bootstrapToken") ||
			!strings.Contains(userData, "SUM='"+target.BundleDigest([]byte(bundle))+"'") {
			t.Errorf("%s: its user-data is\n%s", name, userData)
		}
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
