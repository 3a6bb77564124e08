package discovery_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/gcp/gcptest/discovery"
)

// TestDescriptions_AreGooglesOwn makes the trimmed files again from the
// documents in the Go module google.golang.org/api of go.mod's version:
// go test ./pulumi/gcp/gcptest/discovery -update
func TestDescriptions_AreGooglesOwn(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "google.golang.org/api").Output()
	if err != nil {
		t.Fatal(err)
	}
	for api, wanted := range discovery.Wanted() {
		document, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), api, "v1", api+"-api.json"))
		if err != nil {
			t.Fatal(err)
		}
		trimmed, err := discovery.Trim(document, wanted)
		if err != nil {
			t.Fatal(err)
		}
		if update() {
			if err := os.WriteFile(api+".json", trimmed, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		committed, err := os.ReadFile(api + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(committed, trimmed) {
			t.Errorf("%s.json is not what is trimmed from Google's document: run go test ./pulumi/gcp/gcptest/discovery -update", api)
		}
	}
}

// update is declared where it is read: a flag of the package would be state.
func update() bool { return flag.Lookup("update").Value.String() == "true" }

func TestMain(m *testing.M) {
	flag.Bool("update", false, "write the trimmed descriptions")
	os.Exit(m.Run())
}

func load(t *testing.T, name string) *discovery.Description {
	t.Helper()
	d, err := discovery.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestRequest_TellsWhatTheDescriptionDoesNotAllow(t *testing.T) {
	compute := load(t, discovery.Compute)
	for _, c := range []struct{ name, method, body, path, reason string }{
		{"an enumeration", "compute.addresses.insert", `{"name": "a", "addressType": "PRIVATE"}`, "addressType", "none of"},
		{"a pattern", "compute.networks.insert", `{"name": "Upper"}`, "name", "pattern"},
		{"a type", "compute.networks.insert", `{"name": "a", "autoCreateSubnetworks": "no"}`, "autoCreateSubnetworks", "true or false"},
		{"a member that must be set", "compute.networks.insert", `{}`, "name", "required"},
		{"a member that there is not", "compute.networks.insert", `{"name": "a", "colour": "red"}`, "colour", "no such member"},
		{"a number of 64 bits", "compute.disks.insert", `{"name": "a", "sizeGb": "big"}`, "sizeGb", "64 bits"},
		{"a number of 32 bits", "compute.regionHealthChecks.insert", `{"checkIntervalSec": 3000000000}`, "checkIntervalSec", "between"},
		{"a whole number", "compute.regionHealthChecks.insert", `{"timeoutSec": 1.5}`, "timeoutSec", "whole"},
		{"a list", "compute.firewalls.insert", `{"name": "a", "sourceRanges": "10.0.0.0/8"}`, "sourceRanges", "list"},
		{"an item deep inside", "compute.instances.insert", `{"name": "a", "disks": [{"interface": "SATA"}]}`, "disks[0].interface", "none of"},
		{"an object", "compute.instances.insert", `{"name": "a", "scheduling": []}`, "scheduling", "object"},
		{"a map", "compute.addresses.insert", `{"name": "a", "labels": {"a": 1}}`, "labels.a", "string"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var body any
			if err := json.Unmarshal([]byte(c.body), &body); err != nil {
				t.Fatal(err)
			}
			for _, p := range compute.Request(c.method, body) {
				if p.Path == c.path && strings.Contains(p.Reason, c.reason) {
					return
				}
			}
			t.Errorf("nobody said of %s that it is %q: %v", c.path, c.reason, compute.Request(c.method, body))
		})
	}
}

func TestRequest_AllowsWhatIsRight(t *testing.T) {
	compute := load(t, discovery.Compute)
	for method, text := range map[string]string{
		"compute.networks.insert":           `{"name": "a", "autoCreateSubnetworks": false, "mtu": 1460, "routingConfig": {"routingMode": "REGIONAL"}}`,
		"compute.disks.insert":              `{"name": "a", "sizeGb": "20", "type": "zones/z/diskTypes/pd-ssd", "labels": {"a": "b"}}`,
		"compute.instanceGroups.insert":     `{"name": "a"}`,
		"compute.regionHealthChecks.insert": `{"name": "a", "type": "HTTPS", "httpsHealthCheck": {"port": 6443, "requestPath": "/readyz"}}`,
	} {
		var body any
		if err := json.Unmarshal([]byte(text), &body); err != nil {
			t.Fatal(err)
		}
		if problems := compute.Request(method, body); problems != nil {
			t.Errorf("%s refuses %s: %v", method, text, problems)
		}
	}
	if problems := compute.Request("compute.networks.insert", map[string]any{"name": discovery.Unknown{}}); problems != nil {
		t.Errorf("what is not known yet is refused: %v", problems)
	}
}
