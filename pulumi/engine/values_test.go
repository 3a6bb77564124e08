package engine

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// stepOf is an update as the engine tells it, of JSON texts.
func stepOf(t *testing.T, outputs, inputs, wanted string) apitype.StepEventMetadata {
	t.Helper()
	step := apitype.StepEventMetadata{Op: apitype.OpUpdate, Old: &apitype.StepEventStateMetadata{}, New: &apitype.StepEventStateMetadata{}}
	secret := `{"` + resource.SigKey + `":"` + resource.SecretSig + `","ciphertext":"\"[secret]\""}`
	for text, into := range map[*string]*map[string]any{&outputs: &step.Old.Outputs, &inputs: &step.Old.Inputs, &wanted: &step.New.Inputs} {
		filled := strings.NewReplacer("SECRET", secret, "UNKNOWN", `"`+plugin.UnknownStringValue+`"`).Replace(*text)
		if err := json.Unmarshal([]byte(filled), into); err != nil {
			t.Fatal(err)
		}
	}
	return step
}

func check(t *testing.T, got []Change, want ...Change) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestChanges_FollowTheProvidersPaths(t *testing.T) {
	step := stepOf(t,
		`{"size": 50, "id": "7", "labels": {"a.b/c": "x", "gone": "y"}, "disks": [{"type": "slow"}], "same": 1}`,
		`{"size": 40}`,
		`{"size": 100, "labels": {"a.b/c": "z"}, "disks": [{"type": "fast"}], "new": [1, {"a": true}], "address": UNKNOWN, "same": 1}`)
	step.DetailedDiff = map[string]apitype.PropertyDiff{
		"size":            {Kind: apitype.DiffUpdate},
		`labels["a.b/c"]`: {Kind: apitype.DiffUpdate},
		"labels.gone":     {Kind: apitype.DiffDelete},
		"disks[0].type":   {Kind: apitype.DiffUpdateReplace},
		"new":             {Kind: apitype.DiffAdd},
		"address":         {Kind: apitype.DiffAdd},
		"same":            {Kind: apitype.DiffUpdate},
	}
	check(t, changesOf(step),
		Change{"address", "", Later},
		Change{"disks[0].type", "slow", "fast"},
		Change{"labels.gone", "y", ""},
		Change{`labels["a.b/c"]`, "x", "z"},
		Change{"new", "", `[1,{"a":true}]`},
		Change{Path: "same"},
		Change{"size", "50", "100"},
	)
	step.DetailedDiff = map[string]apitype.PropertyDiff{"size": {Kind: apitype.DiffUpdate, InputDiff: true}}
	check(t, changesOf(step), Change{"size", "40", "100"})
	step.New.HideDiffs = []resource.PropertyPath{{"size"}}
	check(t, changesOf(step))
}

func TestChanges_LookIntoPropertiesThatAreNamedAsAWhole(t *testing.T) {
	step := stepOf(t,
		`{"network": {"name": "a", "mtu": 1500, "__defaults": []}, "list": ["a", "b"], "shape": "", "by-input": "wanted", "quiet": {"__defaults": []}, "running": false}`,
		`{"by-input": "was"}`,
		`{"network": {"name": "b", "mtu": 1500, "__defaults": ["mtu"]}, "list": ["a", "c", "d"], "shape": "two\nlines\u001b[31m", "by-input": "wanted", "quiet": {"__defaults": ["a"]}}`)
	step.Diffs = []string{"shape", "network", "list", "by-input", "quiet", "running"}
	check(t, changesOf(step),
		Change{`["by-input"]`, "was", "wanted"},
		Change{"list[1]", "b", "c"},
		Change{"list[2]", "", "d"},
		Change{"network.name", "a", "b"},
		Change{Path: "quiet"},
		Change{Path: "running"}, // an output: nobody asks for a value of it
		Change{"shape", `""`, `two\nlines\u001b[31m`},
	)
}

func TestChanges_NeverTellASecret(t *testing.T) {
	step := stepOf(t,
		`{"bundle": SECRET, "was": "plain text", "is": SECRET, "deep": {"token": SECRET, "size": 1}, "only": {"token": SECRET}, "list": [SECRET], "key": "old", "unmarked": {"token": "plain text"}}`,
		`{"unmarked": {"token": SECRET}}`,
		`{"bundle": SECRET, "was": SECRET, "is": "plain text", "deep": {"token": SECRET, "size": 2}, "only": ["plain text"], "list": ["plain text"], "key": "-----BEGIN EC PRIVATE KEY-----\nplain text", "fresh": {"token": SECRET}, "unmarked": {"token": "plain text too"}}`)
	step.Diffs = []string{"bundle", "was", "is", "deep", "only", "list", "key", "fresh", "unmarked"}
	got := changesOf(step)
	check(t, got,
		Change{"bundle", Redacted, Redacted},
		Change{"deep.size", "1", "2"},
		Change{"fresh", "", Redacted},
		Change{"is", Redacted, Redacted},
		Change{"key", Redacted, Redacted},
		Change{"list[0]", Redacted, Redacted},
		Change{"only", Redacted, Redacted},
		Change{"unmarked.token", Redacted, Redacted},
		Change{"was", Redacted, Redacted},
	)
	for _, change := range got {
		if text := change.Old + change.New; strings.Contains(text, "plain text") || strings.Contains(text, resource.SigKey) {
			t.Errorf("it tells %q", change)
		}
	}
}

func TestChanges_OfWhatIsMadeOrGoesAreNone(t *testing.T) {
	step := stepOf(t, `{"a": 1}`, `{}`, `{"a": 2}`)
	step.Diffs = []string{"a"}
	for _, half := range []apitype.StepEventMetadata{{New: step.New, Diffs: step.Diffs}, {Old: step.Old, Diffs: step.Diffs}} {
		check(t, changesOf(half))
	}
}
