package house_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// verdict is what hack/tools/licences says of a module.
type verdict struct {
	Path, Version, Licence string
	Refused                []string
}

// judged are the verdicts on modules, by path and version. It is an error that
// one is refused, and it names all that are.
func judged(t *testing.T, modules []module) (map[string]verdict, error) {
	t.Helper()
	var questions, answers, stderr bytes.Buffer
	lines := json.NewEncoder(&questions)
	for _, m := range modules {
		question := map[string]any{"path": m.path, "version": m.version, "folder": m.folder, "top": m.path == "std"}
		if err := lines.Encode(question); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.CommandContext(t.Context(), "go", "run", "-C", root+"/hack/tools", "./licences")
	command.Stdin, command.Stdout, command.Stderr = &questions, &answers, &stderr
	failed := command.Run()
	verdicts := map[string]verdict{}
	var refused []error
	for d := json.NewDecoder(&answers); ; {
		var v verdict
		err := d.Decode(&v)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("reading what hack/tools/licences says: %v", err)
		}
		verdicts[v.Path+" "+v.Version] = v
		for _, why := range v.Refused {
			refused = append(refused, fmt.Errorf("%s %s: %s", v.Path, v.Version, why))
		}
	}
	if len(verdicts) != len(modules) || (failed == nil) != (len(refused) == 0) {
		t.Fatalf("asking hack/tools/licences about %d modules: %v, and %d answers\n%s", len(modules), failed, len(verdicts), stderr.String())
	}
	return verdicts, errors.Join(refused...)
}

// goLibrary is the library that comes with Go, which every program links.
func goLibrary(t *testing.T) module {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT", "GOVERSION").Output()
	if err != nil {
		t.Fatal(err)
	}
	folder, version, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return module{path: "std", version: version, folder: folder}
}

// The plumbing between here and what judges: one that is refused there must
// fail here.
func TestLicences_OfAModuleThatNobodyMayPassOnAreAnError(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "LICENSE"), []byte("All yours, but not for money.\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	good := goLibrary(t)
	verdicts, err := judged(t, []module{good, {path: "example.org/unknown", version: "v1.0.0", folder: folder}, {path: "example.org/none", version: "v1.0.0", folder: t.TempDir()}})
	if err == nil {
		t.Fatalf("all of them are allowed: %+v", verdicts)
	}
	for _, want := range []string{"example.org/unknown v1.0.0: LICENSE (sha256", "example.org/none v1.0.0: it comes without a licence"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("it lacks %q: %v", want, err)
		}
	}
	if v := verdicts[good.path+" "+good.version]; v.Licence != "BSD-3-Clause" || len(v.Refused) > 0 {
		t.Errorf("Go's own library is %+v", v)
	}
}

// hack/tools is a module of its own, whose tests no other call runs.
func TestLicences_AreJudgedAsItsOwnTestsSay(t *testing.T) {
	if out, err := exec.CommandContext(t.Context(), "go", "test", "-C", root+"/hack/tools", "./licences").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
