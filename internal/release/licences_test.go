package release

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// judging is a run that has come as far as to ask for licences, and what the
// program that is asked about is made of.
func judging(t *testing.T) (*run, bill) {
	t.Helper()
	info, err := buildinfo.ReadFile(withModule(t))
	if err != nil {
		t.Fatal(err)
	}
	o := options(t, tiny(t))
	return &run{Options: o, scratch: t.TempDir(), source: source{dir: o.Repo}, judged: map[string]linked{}}, billOf(info)
}

func TestLicensed_ReadsTheTextsOfWhatWasLinked(t *testing.T) {
	r, inside := judging(t)
	modules, err := r.licensed(t.Context(), inside)
	if err != nil {
		t.Fatal(err)
	}
	if len(modules) != 3 || modules[0].Path != "golang.org/x/sys" || modules[1].Path != "golang.org/x/term" || modules[2].Path != "std" {
		t.Fatalf("it is made of %+v", modules)
	}
	for _, m := range modules[:2] {
		if !strings.Contains(filepath.ToSlash(m.Folder), m.Path+"@"+m.Version) {
			t.Errorf("%s %s is read in %s", m.Path, m.Version, m.Folder)
		}
	}
	if !modules[2].Top || modules[0].Top {
		t.Error("Go's tree is read whole, or a module is not")
	}
	// Nobody is asked twice.
	r.Licences = nil
	r.source.dir = "nowhere"
	if again, err := r.licensed(t.Context(), inside); err != nil || len(again) != 3 {
		t.Errorf("the second time it is made of %+v, %v", again, err)
	}
}

func TestLicensed_RefusesOtherSourceThanWasLinked(t *testing.T) {
	r, inside := judging(t)
	i := slices.IndexFunc(inside, func(p part) bool { return p.Name == "golang.org/x/term" })
	right := inside[i].Hashes
	inside[i].Hashes = []hash{{"SHA-256", strings.Repeat("0", 64)}}
	if _, err := r.licensed(t.Context(), inside); err == nil || !strings.Contains(err.Error(), "not that of what is linked") {
		t.Errorf("another sum: %v", err)
	}
	inside[i].Hashes = nil
	if _, err := r.licensed(t.Context(), inside); err == nil || !strings.Contains(err.Error(), "linked from a folder") {
		t.Errorf("no sum: %v", err)
	}
	version := inside[i].Version
	inside[i].Hashes, inside[i].Version = right, "v0.0.0-nowhere"
	if _, err := r.licensed(t.Context(), inside); err == nil || !strings.Contains(err.Error(), "fetching golang.org/x/term@v0.0.0-nowhere") {
		t.Errorf("no such version: %v", err)
	}
	inside[i].Version = version
	if _, err := r.licensed(t.Context(), inside); err != nil {
		t.Errorf("the right sum: %v", err)
	}
}

// What the clone's own tool says is what a release goes by.
func TestJudgeByTool_KnowsLicencesAndRefusesOthers(t *testing.T) {
	library, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	secret := t.TempDir()
	if err := os.WriteFile(filepath.Join(secret, "LICENSE"), []byte("For our customers only.\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	said, err := judgeByTool(t.Context(), "../..", []Module{
		{Path: "std", Version: "1", Folder: strings.TrimSpace(string(library)), Top: true},
		{Path: "example.org/secret", Version: "v1.0.0", Folder: secret},
	})
	if err != nil || len(said) != 2 {
		t.Fatalf("it says %+v, %v", said, err)
	}
	if said[0].Licence != "BSD-3-Clause" || len(said[0].Refused) > 0 || len(said[0].Texts) == 0 || len(said[0].Texts[0].SHA256) != 64 {
		t.Errorf("Go's library is %+v", said[0])
	}
	if len(said[1].Refused) != 1 || !strings.Contains(said[1].Refused[0], "no licence that is known") {
		t.Errorf("a secret is %+v", said[1])
	}
	if _, err := judgeByTool(t.Context(), t.TempDir(), []Module{{Path: "std"}}); err == nil {
		t.Error("a clone without the tool knows licences")
	}
}

// with is a module of some files, judged.
func with(t *testing.T, path, licence string, files ...[2]string) linked {
	t.Helper()
	m := linked{Module{Path: path, Version: "v1.0.0", Folder: t.TempDir()}, Licensed{Licence: licence}}
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(m.Folder, f[0]), []byte(f[1]), 0o644); err != nil {
			t.Fatal(err)
		}
		digest := sha256.Sum256([]byte(f[1]))
		m.Texts = append(m.Texts, Text{f[0], hex.EncodeToString(digest[:])})
	}
	return m
}

func TestThirdParty_HasEachTextOnceWithAllThatItHoldsFor(t *testing.T) {
	modules := []linked{
		with(t, "example.org/a", "MIT", [2]string{"LICENSE", "Be good.\r\n"}),
		with(t, "example.org/b", "Apache-2.0", [2]string{"LICENSE", "Be better.\n"}, [2]string{"NOTICE", "Thanks to C.\n"}),
		with(t, "example.org/c", "MIT", [2]string{"COPYING", "Be good.\r\n"}),
	}
	text, err := thirdParty("tiny v1.2.3 for linux/amd64", modules)
	if err != nil {
		t.Fatal(err)
	}
	line := strings.Repeat("-", 80)
	for _, want := range []string{
		"tiny v1.2.3 for linux/amd64\nhas", "\n  example.org/b@v1.0.0  Apache-2.0\n",
		line + "\nexample.org/a@v1.0.0  LICENSE\nexample.org/c@v1.0.0  COPYING\n" + line + "\n\nBe good.\n",
		line + "\nexample.org/b@v1.0.0  LICENSE\n" + line + "\n\nBe better.\n", line + "\n\nThanks to C.\n",
	} {
		if strings.Count(string(text), want) != 1 {
			t.Errorf("it has %q %d times:\n%s", want, strings.Count(string(text), want), text)
		}
	}
	for i, l := range strings.Split(string(text), "\n") {
		if len(l) > 80 {
			t.Errorf("line %d is wider than 80 columns: %s", i+1, l)
		}
	}
	if err := os.WriteFile(filepath.Join(modules[0].Folder, "LICENSE"), []byte("Be bad."), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := thirdParty("tiny", modules); err == nil || !strings.Contains(err.Error(), "not what was judged") {
		t.Errorf("a text that changed since is taken: %v", err)
	}
}

func TestMake_PutsLicencesIntoTheImage(t *testing.T) {
	o := options(t, tiny(t))
	o.Platforms, o.Architectures, o.Image = nil, []string{"arm64"}, imageOf(withModule(t))
	if _, err := Make(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if out, err := exec.Command("tar", "-C", dir, "-xf", filepath.Join(o.Out, "bootstrap_v1.2.3.oci.tar")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	blobs, err := filepath.Glob(filepath.Join(dir, "blobs", "sha256", "*"))
	if err != nil || len(blobs) == 0 {
		t.Fatalf("%q, %v", blobs, err)
	}
	layers := 0
	for _, blob := range blobs {
		// What is no layer is no archive either.
		text, err := exec.Command("tar", "-xzOf", blob, licencesFolder+"/"+LicencesFile).Output()
		if err != nil {
			continue
		}
		layers++
		if !strings.Contains(string(text), "linux/arm64") || !strings.Contains(string(text), "golang.org/x/term@v") || strings.Contains(string(text), "example.org") {
			t.Errorf("it says:\n%s", text)
		}
		if own, err := exec.Command("tar", "-xzOf", blob, licencesFolder+"/LICENSE").Output(); err != nil || string(own) != "Apache License\n" {
			t.Errorf("our own is %q, %v", own, err)
		}
	}
	if layers != 1 {
		t.Errorf("%d layers have it", layers)
	}
}
