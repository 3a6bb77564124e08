package target

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

func outputValues() map[string]any {
	return map[string]any{
		"endpoint":     "https://127.0.0.1:6443",
		"nodeEndpoint": "10.240.0.2:6443",
		"hosts": []any{map[string]any{
			"name": "demo-control-plane-1", "role": "control-plane", "pool": "", "address": "10.240.0.2", "providerID": "docker://demo-control-plane-1",
		}},
		"ca":             map[string]any{"certificate": "CERT", "key": "KEY"},
		"bootstrapToken": "abcdef.0123456789abcdef",
	}
}

func TestParseOutputs_ReadsWhatAProgramExports(t *testing.T) {
	got, err := ParseOutputs(outputValues())
	if err != nil {
		t.Fatal(err)
	}
	want := Outputs{
		Endpoint:     "https://127.0.0.1:6443",
		NodeEndpoint: "10.240.0.2:6443",
		Hosts: []Host{{
			Name: "demo-control-plane-1", Role: "control-plane", Address: "10.240.0.2", ProviderID: "docker://demo-control-plane-1",
		}},
		CA:             node.Authority{Certificate: "CERT", Key: "KEY"},
		BootstrapToken: "abcdef.0123456789abcdef",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseOutputs_NamesWhatIsMissing(t *testing.T) {
	for _, name := range []string{"endpoint", "nodeEndpoint", "hosts", "ca", "bootstrapToken"} {
		values := outputValues()
		delete(values, name)
		if _, err := ParseOutputs(values); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
}

func TestParseOutputs_RefusesSecretsThatAreNotDecrypted(t *testing.T) {
	values := outputValues()
	values["ca"] = map[string]any{"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "…"}
	if _, err := ParseOutputs(values); err == nil || !strings.Contains(err.Error(), "decrypted") {
		t.Errorf("got %v", err)
	}
}
