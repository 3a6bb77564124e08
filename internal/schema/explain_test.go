package schema_test

import (
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/schema"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/targets"
)

func TestMarkdown_IsTheFileThatIsPublished(t *testing.T) {
	golden(t, filepath.Join(reference, "config.md"), every().Markdown())
}

// printed is what a person sees of a field.
func printed(t *testing.T, s *schema.Schema, f *schema.Field, recursive bool) string {
	t.Helper()
	var out strings.Builder
	e := s.Explain(f, recursive)
	if err := e.Print(&out, recursive); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Every field has a description, and a default or the word that it must be
// written; a place, or words about what else reads it; and all of that is in
// what explain prints.
func TestExplain_SaysOfEveryFieldWhatItIsAndWhereItEndsUp(t *testing.T) {
	s := every()
	fields := 0
	for f := range s.All() {
		text := printed(t, s, f, false)
		for line := range strings.Lines(text) {
			if words := strings.Fields(line); utf8.RuneCountInString(line) > 81 && len(words) > 1 {
				t.Errorf("%s: this line is longer than 80 columns: %s", f.Path, line)
			}
		}
		if !holdsValue(f) || f.Path == "" {
			continue
		}
		fields++
		if f.Doc == "" {
			t.Errorf("%s has no description", f.Path)
		}
		if !f.Required && f.DefaultWords == "" && len(f.Defaults) == 0 {
			t.Errorf("%s has no default and is not required: end its comment with 'Default: …'", f.Path)
		}
		if use := f.Use(); use == nil || len(use.Places) == 0 && use.Elsewhere == "" {
			t.Errorf("%s has no place: type 'make update'", f.Path)
		}
		title := "DEFAULT:"
		if f.Required {
			title = "-required-"
		}
		for _, part := range []string{"DESCRIPTION:", title, "WHERE IT ENDS UP:", "USED BY TARGETS:"} {
			if !strings.Contains(text, part) {
				t.Errorf("%s: explain does not print %s\n%s", f.Path, part, text)
			}
		}
	}
	if fields < 80 {
		t.Errorf("only %d fields were looked at", fields)
	}
}

// filledInLater are the defaults of fields that stay empty in a config until
// what reads them fills them in, as that says.
func filledInLater() map[string]any {
	return map[string]any{
		"spec.addons[].enabled":             config.Addon{}.On(),
		"spec.logging.output":               config.Logging{}.Sink(),
		"spec.controlPlane.snapshots.every": "6h",
		"spec.controlPlane.snapshots.keep":  float64(config.Snapshots{}.Kept()),
	}
}

// Where a comment names a value as the default, it is what the program takes.
func TestDefaults_AreWhatTheCommentsSay(t *testing.T) {
	if every := (config.Snapshots{Every: "6h"}).Interval(); every != (config.Snapshots{}).Interval() {
		t.Errorf("the default of snapshots is not %s", every)
	}
	checked, later := 0, filledInLater()
	for f := range every().All() {
		words, plain := schema.PlainValue(f.Type, f.DefaultWords)
		if !plain {
			continue
		}
		checked++
		for _, target := range with(f) {
			computed := inDefaults(t, target, f)
			if value, is := later[f.Path]; is {
				computed = value
			}
			if !reflect.DeepEqual(computed, words) {
				t.Errorf("%s: on target %s the default is %v, and the comment says %v", f.Path, target, computed, words)
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d defaults were looked at", checked)
	}
}

// inDefaults is what stands at a field in a config of which nothing was said,
// or the zero value where nothing stands there.
func inDefaults(t *testing.T, target string, f *schema.Field) any {
	t.Helper()
	data, err := config.Marshal(config.New(target, targets.Blocks()))
	if err != nil {
		t.Fatal(err)
	}
	if f.Path == "spec.target" {
		return config.New("", targets.Blocks()).Spec.Target
	}
	value := document(t, data)
	for _, step := range steps(at(f.Path)) {
		switch step := step.(type) {
		case string:
			object, _ := value.(map[string]any)
			value = object[step]
		case int:
			list, _ := value.([]any)
			if value = nil; len(list) > step {
				value = list[step]
			}
		}
	}
	if value == nil {
		return map[schema.Type]any{schema.Integer: 0.0, schema.Boolean: false, schema.String: ""}[f.Type]
	}
	return value
}

func TestResolve_TakesPathsAsPeopleWriteThem(t *testing.T) {
	s := every()
	for path, want := range map[string]string{
		"":                               "",
		"spec.pools.count":               "spec.pools[].count",
		"spec.pools[].count":             "spec.pools[].count",
		"spec.pools[2].count":            "spec.pools[].count",
		"spec.pools[]":                   "spec.pools[]",
		"spec.pools":                     "spec.pools",
		"spec.pools.labels.a.b/c":        "spec.pools[].labels{}",
		`spec.pools[0].labels["x"]`:      "spec.pools[].labels{}",
		"spec.baremetal.hosts.jump.port": "spec.baremetal.hosts[].jump.port",
	} {
		if f, err := s.Resolve(path); err != nil || f.Path != want {
			t.Errorf("Resolve(%q) = %v, %v; want %q", path, f, err, want)
		}
	}
	for path, meant := range map[string]string{
		"spec.network.podCidr":   "spec.network.podCIDR",
		"podCIDR":                "spec.network.podCIDR",
		"spec.pools.cuont":       "spec.pools[].count",
		"spec.pools.machineType": "spec.pools[].machine.type",
		"machineType":            "spec.controlPlane.machine.type",
		"workers":                "spec.pools",
		"pools[0].count":         "spec.pools[].count",
		"spec.network.podCIDR.x": "",
		"spec.pools[].colour":    "",
	} {
		_, err := s.Resolve(path)
		var unknown *schema.UnknownError
		if !errors.As(err, &unknown) || unknown.Meant != meant {
			t.Errorf("Resolve(%q) = %v, want one that means %q", path, err, meant)
		}
	}
}

func TestPrint_ListsAllNamesWhereThatIsWanted(t *testing.T) {
	s := every()
	text := printed(t, s, s.Find("spec.baremetal"), true)
	for _, name := range []string{"  hosts <[]object> -required-", "    jump <object>", "      fingerprint <string>"} {
		if !strings.Contains(text, name+"\n") {
			t.Errorf("%q is not in\n%s", name, text)
		}
	}
}
