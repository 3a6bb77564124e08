package release

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// judgedEnv is the variable that lets the judge be built, for which modules of
// sigstore and others are fetched: 'make test-krew' sets it.
const judgedEnv = "ANYWHERE_RELEASE"

// judge builds the program that has others' code in it.
func judge(t *testing.T) (says func(args ...string) error) {
	t.Helper()
	if os.Getenv(judgedEnv) == "" {
		t.Skipf("%s is not set: what is made is not held to the code of sigstore, CycloneDX and in-toto; type: make test-krew", judgedEnv)
	}
	program := filepath.Join(t.TempDir(), "judge")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = "judge"
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the judge: %v\n%s", err, out)
	}
	return func(args ...string) error {
		out, err := exec.Command(program, args...).CombinedOutput()
		if err != nil {
			t.Logf("judge %q: %s", args, out)
		}
		return err
	}
}

func TestMake_IsWhatSigstoreAndOthersTakeItFor(t *testing.T) {
	says := judge(t)
	dir := t.TempDir()
	if err := says("keys", dir, "open sesame"); err != nil {
		t.Fatal(err)
	}
	keys := contents(t, dir)
	o := options(t, tiny(t))
	var err error
	if o.Key, err = ParseKey([]byte(keys["cosign.key"]), []byte("open sesame")); err != nil {
		t.Fatal(err)
	}
	if _, err := Make(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	files := contents(t, o.Out)
	if files["cosign.pub"] != keys["cosign.pub"] {
		t.Errorf("the public key is\n%s, not\n%s", files["cosign.pub"], keys["cosign.pub"])
	}
	public, signed := filepath.Join(dir, "cosign.pub"), 0
	for name := range files {
		path := filepath.Join(o.Out, name)
		if _, has := files[name+signatureSuffix]; has {
			signed++
			for _, verb := range []string{"sig", "bundle"} {
				if err := says(verb, public, path); err != nil {
					t.Errorf("%s of %s: %v", verb, name, err)
				}
			}
		}
		if strings.HasSuffix(name, billSuffix) {
			if err := says("sbom", path); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	// Three artefacts, a bill of each, provenance, manifest, notes, checksums.
	if signed != 10 {
		t.Errorf("%d files are signed", signed)
	}
	if err := says("provenance", filepath.Join(o.Out, provenanceFile)); err != nil {
		t.Error(err)
	}
	archive := filepath.Join(o.Out, "tiny_v1.2.3_linux_amd64.tar.gz")
	if err := says("attestation", public, filepath.Join(o.Out, attestationFile), archive); err != nil {
		t.Error(err)
	}
	tampered(t, says, public, o.Out, archive)
}

// tampered changes an archive, after which nothing may vouch for it.
func tampered(t *testing.T, says func(...string) error, public, out, archive string) {
	t.Helper()
	file, err := os.OpenFile(archive, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString("!"); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"sig", public, archive}, {"bundle", public, archive}, {"attestation", public, filepath.Join(out, attestationFile), archive},
	} {
		if says(args...) == nil {
			t.Errorf("%s takes what was changed", args[0])
		}
	}
}

// billSchema is that of CycloneDX, which the module of the judge has.
func billSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	list := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/CycloneDX/cyclonedx-go")
	list.Dir = "judge"
	dir, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	for _, name := range []string{"bom-1.6.schema.json", "spdx.schema.json", "jsf-0.82.schema.json"} {
		path := filepath.Join(strings.TrimSpace(string(dir)), "schema", name)
		file, err := os.Open(path)
		if os.IsNotExist(err) {
			// The module has it under a name of its own.
			file, err = os.Open(strings.Replace(path, ".schema.", ".schemax.", 1))
		}
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if err := compiler.AddResource("http://cyclonedx.org/schema/"+name, file); err != nil {
			t.Fatal(err)
		}
	}
	schema, err := compiler.Compile("http://cyclonedx.org/schema/bom-1.6.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestBills_KeepToTheSchema(t *testing.T) {
	judge(t) // so that the module with the schema is there
	schema := billSchema(t)
	o := options(t, tiny(t))
	o.Image = imageOf(withModule(t)) // with licences of one name and of several
	if _, err := Make(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	bills := 0
	for name, text := range contents(t, o.Out) {
		if !strings.HasSuffix(name, billSuffix) {
			continue
		}
		bills++
		if err := schema.Validate(decoded(t, text)); err != nil {
			t.Errorf("%s: %#v", name, err)
		}
		if schema.Validate(decoded(t, strings.Replace(text, `"type": "library"`, `"type": "nonsense"`, 1))) == nil {
			t.Error("the schema takes anything")
		}
		if !strings.Contains(text, `"id": "BSD-3-Clause"`) || schema.Validate(decoded(t, strings.Replace(text, `"id": "BSD-3-Clause"`, `"id": "Ours"`, 1))) == nil {
			t.Errorf("%s: it has no licence, or the schema takes any", name)
		}
	}
	if bills != 3 {
		t.Errorf("there are %d bills", bills)
	}
}

func decoded(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}
