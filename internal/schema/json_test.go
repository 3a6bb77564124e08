package schema_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"go.yaml.in/yaml/v3"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/schema"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/targets"
)

// reference is where what is generated for readers and editors lies.
const reference = "../../docs/reference"

func TestJSON_IsTheFileThatIsPublished(t *testing.T) {
	golden(t, filepath.Join(reference, "cluster.schema.json"), every().JSON())
}

// compiled is the JSON Schema as a validator reads it, by the metaschema of
// draft 7 that the library carries: nothing is fetched.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.Draft = jsonschema.Draft7
	if err := compiler.AddResource(schema.URL, bytes.NewReader(every().JSON())); err != nil {
		t.Fatal(err)
	}
	s, err := compiler.Compile(schema.URL)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestJSON_TakesEveryExample(t *testing.T) {
	s := compiled(t)
	files, err := filepath.Glob("../../examples/*.json")
	if err != nil || len(files) < 5 {
		t.Fatalf("there are the examples %v: %v", files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(document(t, data)); err != nil {
			t.Errorf("%s: %#v", file, err)
		}
	}
}

func TestJSON_TakesWhatEveryTargetMakesOfItsDefaults(t *testing.T) {
	s := compiled(t)
	for target := range targets.Blocks() {
		if err := s.Validate(loaded(t, base(target))); err != nil {
			t.Errorf("%s: %#v", target, err)
		}
	}
}

// loaded is a config as the program writes it: with all defaults.
func loaded(t *testing.T, whole map[string]any) any {
	t.Helper()
	cluster, problems := load(t, whole)
	if len(problems) > 0 {
		t.Fatalf("the base is not valid: %v", problems)
	}
	data, err := config.Marshal(cluster)
	if err != nil {
		t.Fatal(err)
	}
	return document(t, data)
}

func document(t *testing.T, data []byte) any {
	t.Helper()
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestJSON_RefusesWhatLoadRefuses(t *testing.T) {
	s := compiled(t)
	for name, c := range map[string]struct{ target, path, value string }{
		"a version of the API":       {"local", "apiVersion", `"v1"`},
		"another kind":               {"local", "kind", `"Pod"`},
		"a loud name":                {"local", "metadata.name", `"Anywhere"`},
		"a long name":                {"local", "metadata.name", `"a23456789012345678901234567890123"`},
		"an unknown field":           {"local", "spec.colour", `"red"`},
		"an unknown field deep down": {"local", "spec.network.podCidr", `"10.244.0.0/16"`},
		"an unknown target":          {"local", "spec.target", `"mars"`},
		"two control planes":         {"local", "spec.controlPlane.count", `2`},
		"a number as a string":       {"local", "spec.controlPlane.count", `"1"`},
		"a fraction":                 {"local", "spec.pools[0].count", `1.5`},
		"fewer than no nodes":        {"local", "spec.pools[0].count", `-1`},
		"a pool's bad name":          {"local", "spec.pools[0].name", `"a_b"`},
		"no list":                    {"local", "spec.pools", `{"workers": 2}`},
		"a label that is a number":   {"local", "spec.pools[0].labels", `{"rack": 1}`},
		"a taint's effect":           {"local", "spec.pools[0].taints", `[{"key": "a", "effect": "NoWay"}]`},
		"a taint without key":        {"local", "spec.pools[0].taints", `[{"effect": "NoExecute"}]`},
		"a way to write rules":       {"local", "spec.network.proxyMode", `"nftable"`},
		"a port":                     {"local", "spec.local.apiPort", `65536`},
		"too many snapshots":         {"local", "spec.controlPlane.snapshots.keep", `1001`},
		"another target's block":     {"local", "spec.aws", `{}`},
		"the default's block":        {"aws", "spec.local", `{"apiPort": 6444}`},
		"a block of fields unknown":  {"aws", "spec.aws.project", `"p"`},
		"a small disk":               {"aws", "spec.controlPlane.machine.diskGB", `19`},
		"a disk of etcd too large":   {"aws", "spec.controlPlane.etcdDiskGB", `16385`},
		"an architecture":            {"gcp", "spec.pools[0].machine.arch", `"riscv64"`},
		"an OS":                      {"gcp", "spec.gcp.os", `"windows"`},
		"no project":                 {"gcp", "spec.gcp", `{"region": "us-central1"}`},
		"no block":                   {"gcp", "spec.gcp", ""},
		"no subscription":            {"azure", "spec.azure", `{}`},
		"a word for yes":             {"azure", "spec.azure.access.privateEndpoint", `"yes"`},
		"no hosts":                   {"baremetal", "spec.baremetal", `{"agent": true}`},
		"a role":                     {"baremetal", "spec.baremetal.hosts[0].role", `"master"`},
		"a host without address":     {"baremetal", "spec.baremetal.hosts[0]", `{"role": "worker"}`},
		"all hosts at once":          {"baremetal", "spec.baremetal.parallel", `33`},
	} {
		whole := base(c.target)
		if c.value == "" {
			remove(whole, c.path)
		} else {
			set(t, whole, c.path, document(t, []byte(c.value)))
		}
		if _, problems := load(t, whole); len(problems) == 0 {
			t.Errorf("%s: the config itself is valid", name)
		}
		if err := s.Validate(plain(t, whole)); err == nil {
			t.Errorf("%s: %s %s passes", name, c.path, c.value)
		}
	}
}

// plain is a document with the types that a decoder gives it.
func plain(t *testing.T, value any) any {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return document(t, data)
}

func TestJSON_KnowsTheFieldForEditors(t *testing.T) {
	whole := base("local")
	whole["$schema"] = schema.URL
	if err := compiled(t).Validate(plain(t, whole)); err != nil {
		t.Error(err)
	}
	if _, problems := load(t, whole); len(problems) > 0 {
		t.Error(problems)
	}
}

// The bounds in the tags are those of Validate: what is beyond them each target
// refuses at that field, and what is on them one takes. A target may be
// narrower.
func TestBounds_AreThoseOfValidate(t *testing.T) {
	checked := 0
	for f := range every().All() {
		if f.Least != nil {
			checked++
			bound(t, f, *f.Least, *f.Least-1)
		}
		if f.Most != nil {
			checked++
			bound(t, f, *f.Most, *f.Most+1)
		}
	}
	if checked < 20 {
		t.Errorf("only %d bounds were looked at", checked)
	}
}

func bound(t *testing.T, f *schema.Field, on, beyond int) {
	t.Helper()
	taken := false
	for _, target := range with(f) {
		refused := func(value int) bool {
			whole, path := withField(t, target, f.Path)
			set(t, whole, path, value)
			_, problems := load(t, whole)
			return about(problems, path)
		}
		taken = taken || !refused(on)
		// Zero is what a field has that is left out.
		if beyond != 0 && !refused(beyond) {
			t.Errorf("target %s takes %s = %d", target, f.Path, beyond)
		}
	}
	if !taken {
		t.Errorf("no target takes %s = %d", f.Path, on)
	}
}

func TestForms_AreThoseOfValidate(t *testing.T) {
	for _, f := range []string{"metadata.name", "spec.pools[].name"} {
		field := every().Find(f)
		for value, good := range map[string]bool{
			strings.Repeat("a", field.Longest): true, strings.Repeat("a", field.Longest+1): false,
			"a-b": true, "0": true, "-a": false, "a-": false, "A": false, "a.b": false, "": false,
		} {
			whole, path := withField(t, "local", f)
			set(t, whole, path, value)
			_, problems := load(t, whole)
			if refused := about(problems, path); refused == good {
				t.Errorf("%s = %q: refused: %v", path, value, refused)
			}
			if err := compiled(t).Validate(plain(t, whole)); (err == nil) != good {
				t.Errorf("%s = %q: the schema says %v", path, value, err)
			}
		}
	}
}

// about tells whether a problem is with a field: at its path, or, where a target
// speaks of what is not in its block, by naming it.
func about(problems []string, path string) bool {
	for _, problem := range problems {
		if strings.HasPrefix(problem, path+": ") || strings.HasPrefix(problem, path+"[") || strings.Contains(problem, fmt.Sprintf(": %s ", path)) {
			return true
		}
	}
	return false
}

// What Load takes, the schema takes: the fixtures of the config, those of
// targets that are real.
func TestJSON_TakesTheValidFixtures(t *testing.T) {
	s := compiled(t)
	files, err := filepath.Glob("../config/testdata/valid-*")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if cluster, _ := config.Load(file, data, targets.Blocks()); cluster == nil {
			continue // it is of a target that only tests have
		}
		checked++
		var whole any
		if err := yaml.Unmarshal(data, &whole); err != nil {
			t.Fatal(err)
		}
		// Load takes null as nothing. Editors shall mark it.
		if err := s.Validate(withoutNulls(plain(t, whole))); err != nil {
			t.Errorf("%s: %#v", file, err)
		}
	}
	if checked == 0 {
		t.Error("no fixture was looked at")
	}
}

func withoutNulls(value any) any {
	whole, is := value.(map[string]any)
	if !is {
		return value
	}
	out := map[string]any{}
	for key, inner := range whole {
		if inner != nil {
			out[key] = withoutNulls(inner)
		}
	}
	return out
}
