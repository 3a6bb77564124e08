package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/local"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// told runs a command that needs nothing but its words.
func told(t *testing.T, args ...string) (string, error) {
	t.Helper()
	streams, _, out, _ := genericiooptions.NewTestIOStreams()
	cmd := New(Environment{IOStreams: streams, Targets: []target.Target{local.New()}, Getenv: func(string) string { return "" }})
	cmd.SetArgs(args)
	err := cmd.Execute()
	return out.String(), err
}

func TestExplain_SaysWhereAFieldEndsUp(t *testing.T) {
	for _, path := range []string{"spec.pools.labels", "spec.pools[].labels", "spec.pools[0].labels"} {
		text, err := told(t, "explain", path)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{"FIELD: labels <map[string]string>", "WHERE IT ENDS UP:", "kubelet.service --node-labels"} {
			if !strings.Contains(text, part) {
				t.Errorf("%s: %q is not in\n%s", path, part, text)
			}
		}
	}
}

func TestExplain_RefusesAFieldThatThereIsNot(t *testing.T) {
	_, err := told(t, "explain", "spec.network.podCidr")
	var usage *usageError
	if !errors.As(err, &usage) || !strings.Contains(err.Error(), `did you mean "spec.network.podCIDR"?`) {
		t.Errorf("%v", err)
	}
	if _, err := told(t, "explain", "spec", "--output", "table"); !errors.As(err, &usage) {
		t.Errorf("%v", err)
	}
}

func TestExplain_PrintsData(t *testing.T) {
	text, err := told(t, "explain", "spec.network.podCIDR", "-o", "json")
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Kind, Path, Default string
		Places              []struct{ Phase, In string }
	}
	if err := json.Unmarshal([]byte(text), &read); err != nil {
		t.Fatal(err)
	}
	if read.Kind != "FieldExplanation" || read.Path != "spec.network.podCIDR" || read.Default != "10.244.0.0/16" || len(read.Places) < 3 {
		t.Errorf("%+v", read)
	}
}

func TestConfigSchema_IsJSON(t *testing.T) {
	text, err := told(t, "config", "schema")
	if err != nil || !json.Valid([]byte(text)) || !bytes.Contains([]byte(text), []byte("draft-07")) {
		t.Errorf("%v\n%s", err, text)
	}
}
