package provider

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// thing is a resource that keeps what it was asked.
type thing struct {
	created CreateRequest
	read    ReadResult
	diff    Diff
}

func (t *thing) Diff(context.Context, DiffRequest) (Diff, error) { return t.diff, nil }
func (t *thing) Create(_ context.Context, request CreateRequest) (string, Properties, error) {
	t.created = request
	return "id", request.Inputs, nil
}
func (t *thing) Read(context.Context, ReadRequest) (ReadResult, error) { return t.read, nil }
func (t *thing) Update(_ context.Context, request UpdateRequest) (Properties, error) {
	return request.Inputs, nil
}
func (t *thing) Delete(context.Context, DeleteRequest) error { return nil }

const urn = "urn:pulumi:stack::project::local:index:Thing::the-name"

func TestServer_KeepsSecretsSecretBothWays(t *testing.T) {
	kind := &thing{}
	server := New(map[string]Resource{"local:index:Thing": kind})
	inputs, err := marshal(Properties{"open": resource.NewProperty("a"), "closed": Secret("b"), "later": Unknown()})
	if err != nil {
		t.Fatal(err)
	}
	response, err := server.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn, Properties: inputs, Preview: true})
	if err != nil {
		t.Fatal(err)
	}
	got := kind.created
	if got.Name != "the-name" || !got.Preview || !got.Inputs["closed"].IsSecret() || got.Inputs["open"].IsSecret() || Known(got.Inputs, "later") {
		t.Errorf("it was asked %+v", got)
	}
	back, err := unmarshal(response.Properties)
	if err != nil || !back[0]["closed"].IsSecret() || Text(back[0], "closed") != "b" {
		t.Errorf("it answered %v, %v", back, err)
	}
}

func TestServer_AnswersNothingForWhatIsGone(t *testing.T) {
	server := New(map[string]Resource{"local:index:Thing": &thing{}})
	response, err := server.Read(t.Context(), &pulumirpc.ReadRequest{Urn: urn, Id: "id"})
	if err != nil || response.Id != "" || response.Properties != nil {
		t.Errorf("got %v, %v", response, err)
	}
}

func TestServer_TellsReplaceFromUpdateFromNothing(t *testing.T) {
	for name, test := range map[string]struct {
		diff     Diff
		changes  pulumirpc.DiffResponse_DiffChanges
		replaces []string
		first    bool
	}{
		"same":    {Diff{DeleteFirst: true}, pulumirpc.DiffResponse_DIFF_NONE, nil, false},
		"update":  {Diff{Update: []string{"a"}, DeleteFirst: true}, pulumirpc.DiffResponse_DIFF_SOME, nil, false},
		"replace": {Diff{Replace: []string{"b"}, DeleteFirst: true}, pulumirpc.DiffResponse_DIFF_SOME, []string{"b"}, true},
	} {
		server := New(map[string]Resource{"local:index:Thing": &thing{diff: test.diff}})
		got, err := server.Diff(t.Context(), &pulumirpc.DiffRequest{Urn: urn})
		if err != nil || got.Changes != test.changes || !slices.Equal(got.Replaces, test.replaces) || got.DeleteBeforeReplace != test.first {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

func TestServer_NamesATypeThatItDoesNotHave(t *testing.T) {
	_, err := New(nil).Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn})
	if err == nil || !strings.Contains(err.Error(), `"local:index:Thing"`) {
		t.Errorf("got %v", err)
	}
}

func TestChanged_LooksIntoSecretsAndTakesUnknownForChanged(t *testing.T) {
	old := Properties{"same": Secret("a"), "other": Secret("a"), "later": resource.NewProperty("a"), "gone": resource.NewProperty("a")}
	now := Properties{"same": resource.NewProperty("a"), "other": Secret("b"), "later": Unknown()}
	got := Changed(old, now, "same", "other", "later", "gone", "never")
	if !slices.Equal(got, []string{"other", "later", "gone"}) {
		t.Errorf("got %v", got)
	}
}
