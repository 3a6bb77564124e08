package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/licenseclassifier/v2/assets"
)

// texts are read once for all tests: it takes a second.
var texts = sync.OnceValues(assets.DefaultClassifier)

// said are the texts of licences as the classifier has them.
func said(t *testing.T, file string) string {
	t.Helper()
	text, err := assets.ReadLicenseFile("License/" + file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// source is a module of the given files.
func source(t *testing.T, files map[string]string) module {
	t.Helper()
	m := module{Path: "example.org/a", Version: "v1.0.0", Folder: t.TempDir()}
	for name, content := range files {
		path := filepath.Join(m.Folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// judged is what is said of modules, by the rulings.
func judged(t *testing.T, table []ruling, modules ...module) []verdict {
	t.Helper()
	known, err := texts()
	if err != nil {
		t.Fatal(err)
	}
	j := newJudge(known, table)
	var all []verdict
	for _, m := range modules {
		v, err := j.module(m)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}

func TestModule_IsJudgedByAllItsTexts(t *testing.T) {
	mit, bsd, apache := said(t, "MIT/pristine.txt"), said(t, "BSD-3-Clause/pristine.txt"), said(t, "Apache-2.0/pristine.txt")
	m := source(t, map[string]string{
		"LICENSE": "Copyright 2026 A. Person\n\n" + mit, "NOTICE": "Thanks to all.", "license.go": "package a", "README.md": "MIT",
		"internal/theirs/COPYING": bsd, "internal/theirs/LICENSES/Apache-2.0.txt": apache,
		"testdata/LICENSE": "none", "vendor/b/LICENSE": "none", "_examples/LICENSE": "none", ".github/LICENSE": "none",
	})
	v := judged(t, nil, m)[0]
	if v.Licence != "Apache-2.0 AND BSD-3-Clause AND MIT" || len(v.Refused) > 0 {
		t.Errorf("it is %q, refused for %q", v.Licence, v.Refused)
	}
	var files []string
	for _, text := range v.Texts {
		files = append(files, text.File)
	}
	if want := []string{"LICENSE", "NOTICE", "internal/theirs/COPYING", "internal/theirs/LICENSES/Apache-2.0.txt"}; !slices.Equal(files, want) {
		t.Errorf("it read %q, not %q", files, want)
	}
	m.Top = true
	if v := judged(t, nil, m)[0]; v.Licence != "MIT" || len(v.Texts) != 2 {
		t.Errorf("its top is %q by %+v", v.Licence, v.Texts)
	}
}

func TestModule_IsRefused(t *testing.T) {
	mit := said(t, "MIT/pristine.txt")
	condition := "\nWhoever earns more than a million a year with it shall pay a tenth of that to the author, in advance, every year on the first of May, for as long as it is used anywhere in the company or by its customers.\n"
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"without a text":                {map[string]string{"a.go": "package a"}, "without a licence"},
		"with a notice alone":           {map[string]string{"NOTICE": "MIT"}, "without a licence"},
		"with a text nobody knows":      {map[string]string{"LICENSE": "You may look at it on Sundays, if your mother does not mind."}, "no licence that is known"},
		"with its name alone":           {map[string]string{"LICENSE": "Licence: MIT"}, "no licence that is known"},
		"with a condition more":         {map[string]string{"LICENSE": mit + condition}, "could be a condition"},
		"with a text that was changed":  {map[string]string{"LICENSE": strings.Replace(mit, "without restriction, including without limitation the rights", "within these four walls, for as long as we like it, the right", 1)}, "LICENSE (sha256"},
		"with the AGPL":                 {map[string]string{"LICENSE": said(t, "AGPL-3.0/license.txt")}, "AGPL-3.0 is not allowed"},
		"with the AGPL in a folder":     {map[string]string{"LICENSE": mit, "internal/b/COPYING": said(t, "AGPL-3.0/license.txt")}, "internal/b/COPYING is AGPL-3.0"},
		"with a clause against selling": {map[string]string{"LICENSE": said(t, "Commons-Clause/license.txt") + "\n" + said(t, "Apache-2.0/pristine.txt")}, "not allowed"},
		"with MPL-2.0, undecided":       {map[string]string{"LICENSE": said(t, "MPL-2.0/license.txt")}, "decide in hack/tools/licences/policy.go"},
		"with patents nobody has read":  {map[string]string{"LICENSE": mit, "PATENTS": "Sue us, and you lose all of it."}, "PATENTS (sha256"},
	} {
		t.Run(name, func(t *testing.T) {
			v := judged(t, rulings(), source(t, c.files))[0]
			if len(v.Refused) != 1 || !strings.Contains(v.Refused[0], c.want) {
				t.Errorf("it is %q, refused for %q; want %q", v.Licence, v.Refused, c.want)
			}
		})
	}
}

func TestModule_ThatIsDecidedOnIsAllowed(t *testing.T) {
	m := source(t, map[string]string{"LICENSE": said(t, "MPL-2.0/license.txt")})
	m.Path = "github.com/hashicorp/go-version"
	if v := judged(t, rulings(), m)[0]; v.Licence != "MPL-2.0" || len(v.Refused) > 0 {
		t.Errorf("it is %q, refused for %q", v.Licence, v.Refused)
	}
	for _, d := range decisions() {
		if d.licence == "" || len(d.modules) == 0 || len(d.why) < 40 || slices.Contains(allowed(), d.licence) {
			t.Errorf("this decides nothing, or does not say why: %+v", d)
		}
	}
}

func TestRuling_HoldsForThatVeryTextOfThatModule(t *testing.T) {
	words := "Do as you like, and tell your friends."
	digest := sha256.Sum256([]byte(words))
	table := []ruling{{sha256: hex.EncodeToString(digest[:]), module: "example.org/a", file: "README", licences: []string{"MIT"}}}
	same := source(t, map[string]string{"README": words})
	changed := source(t, map[string]string{"README": words + " Or not."})
	another := source(t, map[string]string{"README": words})
	another.Path = "example.org/b"
	all := judged(t, table, same, changed, another)
	if all[0].Licence != "MIT" || len(all[0].Refused) > 0 {
		t.Errorf("what it is about is %q, refused for %q", all[0].Licence, all[0].Refused)
	}
	if len(all[1].Refused) != 1 || !strings.Contains(all[1].Refused[0], "no licence that is known") {
		t.Errorf("a changed text is %q, refused for %q", all[1].Licence, all[1].Refused)
	}
	if len(all[2].Refused) != 1 || !strings.Contains(all[2].Refused[0], "without a licence") {
		t.Errorf("another module is %q, refused for %q", all[2].Licence, all[2].Refused)
	}
	for _, r := range rulings() {
		if len(r.sha256) != 64 || len(r.why) < 20 {
			t.Errorf("this rules nothing, or does not say why: %+v", r)
		}
	}
}

func TestRun_PrintsAllAndFailsWhereOneIsRefused(t *testing.T) {
	good := source(t, map[string]string{"LICENSE": said(t, "MIT/pristine.txt")})
	bad := source(t, map[string]string{"LICENSE": "no"})
	lines := func(modules ...module) *strings.Reader {
		var b strings.Builder
		for _, m := range modules {
			if err := json.NewEncoder(&b).Encode(m); err != nil {
				t.Fatal(err)
			}
		}
		return strings.NewReader(b.String())
	}
	var out strings.Builder
	if err := run(lines(good), &out); err != nil || !strings.Contains(out.String(), `"licence":"MIT"`) {
		t.Errorf("%v\n%s", err, out.String())
	}
	out.Reset()
	if err := run(lines(good, bad), &out); err == nil || strings.Count(out.String(), "\n") != 2 || strings.Count(out.String(), "refused") != 1 {
		t.Errorf("%v\n%s", err, out.String())
	}
	bad.Folder = filepath.Join(bad.Folder, "nowhere")
	if err := run(lines(bad), &out); err == nil {
		t.Error("a module that is not there is judged")
	}
}
