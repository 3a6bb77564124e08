package gcptest_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/gcp/gcptest"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// refusals asks the cloud's provider what is wrong with some inputs: each as
// the property, a colon and the reason.
func refusals(t *testing.T, cloud *targettest.Cloud, kind, name string, inputs map[string]any) []string {
	t.Helper()
	provider, err := cloud.Provider()
	if err != nil {
		t.Fatal(err)
	}
	news, err := plugin.MarshalProperties(resource.NewPropertyMapFromMap(inputs), plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true})
	if err != nil {
		t.Fatal(err)
	}
	response, err := provider.Check(context.Background(), &pulumirpc.CheckRequest{Urn: string(urn.New("stack", "project", "", tokens.Type(kind), name)), News: news})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, failure := range response.GetFailures() {
		all = append(all, failure.GetProperty()+": "+failure.GetReason())
	}
	return all
}

// create makes an object by the cloud's provider.
func create(t *testing.T, cloud *targettest.Cloud, kind, name string, inputs map[string]any) error {
	t.Helper()
	provider, err := cloud.Provider()
	if err != nil {
		t.Fatal(err)
	}
	properties, err := plugin.MarshalProperties(resource.NewPropertyMapFromMap(inputs), plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true})
	if err != nil {
		t.Fatal(err)
	}
	_, err = provider.Create(context.Background(), &pulumirpc.CreateRequest{Urn: string(urn.New("stack", "project", "", tokens.Type(kind), name)), Properties: properties})
	return err
}

// build makes the cluster, each resource only once nothing is wrong with it.
func build(t *testing.T) (*targettest.Cloud, map[string]map[string]any) {
	t.Helper()
	cloud, given := gcptest.New(), map[string]map[string]any{}
	for _, s := range cluster() {
		if s.kind == manager {
			s.inputs["versions"].([]any)[0].(map[string]any)["instanceTemplate"] = cloud.Find(template, "one").ID
		}
		for _, failure := range refusals(t, cloud, s.kind, s.name, s.inputs) {
			t.Errorf("%s %q is refused: %s", s.kind, s.name, failure)
		}
		if err := create(t, cloud, s.kind, s.name, s.inputs); err != nil {
			t.Fatal(err)
		}
		given[s.kind] = s.inputs
	}
	return cloud, given
}

func TestNew_TakesAWholeCluster(t *testing.T) {
	cloud, given := build(t)
	if missing := slices.DeleteFunc(cloud.Types(), func(kind string) bool { return given[kind] != nil }); len(missing) > 0 {
		t.Errorf("nothing of these kinds is tried: %v", missing)
	}
}

func TestNew_WorksOutWhatGoogleAdds(t *testing.T) {
	cloud, _ := build(t)
	for _, c := range []struct{ kind, name, output, want string }{
		{network, "one", "selfLink", "https://www.googleapis.com/compute/v1/projects/my-project/global/networks/one"},
		{subnet, "one", "gatewayAddress", "10.40.0.1"},
		{address, "node", "address", "10.40."},
		{address, "api", "address", "203.0.113."},
		{account, "one", "email", "one-control@my-project.iam.gserviceaccount.com"},
		{account, "one", "member", "serviceAccount:one-control@"},
		{secret, "one", "name", "projects/my-project/secrets/one"},
		{version, "one", "name", "projects/my-project/secrets/one/versions/1"},
		{template, "one", "selfLink", "https://www.googleapis.com/compute/v1/projects/my-project/global/instanceTemplates/one-"},
		{manager, "one", "instanceGroup", "https://www.googleapis.com/compute/v1/projects/my-project/regions/us-central1/instanceGroups/one"},
		{check, "one", "type", "HTTPS"},
	} {
		if got := cloud.Find(c.kind, c.name).Outputs[resource.PropertyKey(c.output)]; !got.IsString() || !strings.HasPrefix(got.StringValue(), c.want) {
			t.Errorf("%s of %s %q is %v, not %s…", c.output, c.kind, c.name, got, c.want)
		}
	}
}

// unknown stands for what a preview does not know.
func TestNew_WaitsForWhatIsNotKnownYet(t *testing.T) {
	cloud, given := build(t)
	unknown := resource.MakeComputed(resource.NewStringProperty(""))
	for kind, inputs := range given {
		for key, value := range inputs {
			if _, is := value.(string); !is {
				continue
			}
			changed := maps.Clone(inputs)
			changed[key] = unknown
			if failures := refusals(t, cloud, kind, "one", changed); len(failures) > 0 {
				t.Errorf("%s is refused while its %s is not known: %v", kind, key, failures)
			}
		}
	}
}

func TestNew_RefusesToDeleteWhatIsInUse(t *testing.T) {
	cloud, _ := build(t)
	provider, err := cloud.Provider()
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{network, subnet, disk, check, backend, group, template} {
		o := cloud.Objects()[slices.IndexFunc(cloud.Objects(), func(o targettest.Object) bool { return o.Type == kind })]
		_, err := provider.Delete(context.Background(), &pulumirpc.DeleteRequest{Id: o.ID, Urn: string(urn.New("stack", "project", "", tokens.Type(kind), o.Name))})
		if err == nil || !strings.Contains(err.Error(), "in use") {
			t.Errorf("deleting %s %q while others refer to it: %v", kind, o.ID, err)
		}
	}
}
