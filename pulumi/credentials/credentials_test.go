package credentials

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func TestCreate_MarksEveryKeyAndTheTokenSecret(t *testing.T) {
	inputs := provider.Properties{clusterInput: resource.NewProperty("demo")}
	id, state, err := credentials{}.Create(t.Context(), provider.CreateRequest{Inputs: inputs})
	if err != nil || id != "demo" {
		t.Fatal(id, err)
	}
	for key, value := range state {
		public := key == clusterInput || key == rotationStage || key == rotationLast || strings.HasSuffix(string(key), "Certificate")
		if value.IsSecret() == public {
			t.Errorf("%s: secret is %v", key, value.IsSecret())
		}
	}
}

func TestCreate_MakesNothingInAPreview(t *testing.T) {
	inputs := provider.Properties{clusterInput: resource.NewProperty("demo")}
	id, state, err := credentials{}.Create(t.Context(), provider.CreateRequest{Inputs: inputs, Preview: true})
	if err != nil || id != "" || !state[caKey].ContainsUnknowns() {
		t.Errorf("id %q, key %v, %v", id, state[caKey], err)
	}
}

func TestDiff_KeepsCredentialsOfTheSameCluster(t *testing.T) {
	state := created(t)
	for cluster, replaced := range map[string]bool{"demo": false, "other": true} {
		inputs := provider.Properties{clusterInput: resource.NewProperty(cluster)}
		diff, err := credentials{}.Diff(t.Context(), provider.DiffRequest{State: state, Inputs: inputs})
		if err != nil || (len(diff.Replace) > 0) != replaced || len(diff.Update) > 0 {
			t.Errorf("%s: %+v, %v", cluster, diff, err)
		}
	}
}

// mocks answers a program with fixed outputs.
type mocks struct{ state resource.PropertyMap }

func (m mocks) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	return args.Name, m.state, nil
}
func (m mocks) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) { return nil, nil }

func TestNewCredentials_HandsOnWhatTheProviderMade(t *testing.T) {
	made, err := node.NewCredentials("demo", time.Now(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := properties("demo", kept{Credentials: made})
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range plain {
		if value.IsSecret() {
			plain[key] = value.SecretValue().Element
		}
	}
	var got node.Credentials
	err = pulumi.RunErr(func(ctx *pulumi.Context) error {
		declared, err := NewCredentials(ctx, "credentials", "demo", "")
		if err != nil {
			return err
		}
		ctx.Export("used", declared.Apply(func(c node.Credentials) (string, error) { got = c; return "", nil }))
		return nil
	}, pulumi.WithMocks("project", "stack", mocks{plain}))
	if err != nil {
		t.Fatal(err)
	}
	if got != made {
		t.Errorf("got %+v", got)
	}
}
