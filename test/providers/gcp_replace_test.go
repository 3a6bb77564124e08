package providers_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/gcp/gcptest"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
)

// upstreamProperty is an input as the upstream provider declares it.
type upstreamProperty struct {
	Type     int  `json:"type"`
	Optional bool `json:"optional"`
	Required bool `json:"required"`
	ForceNew bool `json:"forceNew"`
}

// scalar tells whether it is a boolean, a number or a string: of these a
// change of the input is a change of the whole.
func (p upstreamProperty) scalar() bool { return (p.Optional || p.Required) && p.Type <= 4 }

// upstreamGCP asks the plugin what it declares, by Pulumi's type.
func upstreamGCP(t *testing.T) map[string]map[string]upstreamProperty {
	t.Helper()
	folder := os.Getenv("ANYWHERE_PROVIDERS")
	if folder == "" {
		t.Skip("ANYWHERE_PROVIDERS names no folder with pulumi-resource-gcp: see test/providers/gcp")
	}
	plugin := exec.Command(filepath.Join(folder, "pulumi-resource-gcp"), "-get-provider-info")
	plugin.Env = append(os.Environ(), "ANYWHERE_GCP_EMULATOR=http://127.0.0.1:1")
	out, err := plugin.Output()
	if err != nil {
		t.Fatal(err)
	}
	var info struct {
		Provider struct {
			Resources map[string]map[string]upstreamProperty `json:"resources"`
		} `json:"provider"`
		Resources map[string]struct {
			Tok string `json:"tok"`
		} `json:"resources"`
	}
	if err := json.Unmarshal(out, &info); err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string]upstreamProperty{}
	for name, r := range info.Resources {
		all[r.Tok] = info.Provider.Resources[name]
	}
	return all
}

// TestGCP_MemoryReplacesWhatUpstreamDoes holds the cloud in memory, which the
// ordinary tests run against, to what the upstream provider declares.
func TestGCP_MemoryReplacesWhatUpstreamDoes(t *testing.T) {
	declared, cloud := upstreamGCP(t), gcptest.New()
	provider, err := cloud.Provider()
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, kind := range cloud.Types() {
		if len(declared[kind]) == 0 {
			t.Errorf("the plugin has no %s", kind)
		}
		for name, property := range declared[kind] {
			if !property.scalar() || slices.Contains(newer(), name) || differing()[kind+" "+name] != "" {
				continue
			}
			compared++
			key := camel(name)
			diff, err := provider.Diff(t.Context(), &pulumirpc.DiffRequest{
				Urn: string(urn.New("stack", "project", "", tokens.Type(kind), "one")), OldInputs: inputs(t, key, "a"), News: inputs(t, key, "b"),
			})
			if err != nil {
				t.Fatal(err)
			}
			if replaces := slices.Contains(diff.GetReplaces(), key); replaces != property.ForceNew {
				t.Errorf("another %s of a %s: replaced in memory %v, upstream %v", key, kind, replaces, property.ForceNew)
			}
		}
	}
	t.Logf("%d inputs compared", compared)
}

// newer are inputs that the pinned SDK does not have yet.
func newer() []string {
	return []string{
		"architecture", "internal_ipv6_prefix", "ip_collection", "key_revocation_action_type", "ncc_gateway", "network_profile",
		"reserved_internal_range", "resolve_subnet_mask", "secret_data_wo_version", "source_instant_snapshot", "source_storage_object",
	}
}

// differing are inputs that the two treat differently, and why.
func differing() map[string]string {
	return map[string]string{
		"gcp:compute/instance:Instance metadata_startup_script": "replaced by a rule of upstream's code, which its schema does not tell",
		"gcp:secretmanager/secretVersion:SecretVersion project": "the pinned SDK has no such input",
	}
}

func inputs(t *testing.T, key, value string) *structpb.Struct {
	t.Helper()
	out, err := plugin.MarshalProperties(resource.PropertyMap{resource.PropertyKey(key): resource.NewStringProperty(value)}, plugin.MarshalOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// camel writes a name the way Pulumi does.
func camel(name string) string {
	words := strings.Split(name, "_")
	for i := 1; i < len(words); i++ {
		words[i] = strings.ToUpper(words[i][:1]) + words[i][1:]
	}
	return strings.Join(words, "")
}
