// Package house_test keeps what is not code in order: what programs link from
// others, and under which licences.
package house_test

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the lists of linked modules anew")

const (
	root = "../.."
	kept = root + "/docs/reference/dependencies"
)

// program is one that is given to people.
type program struct {
	name string
	// systems are those that it is built for: what is linked differs.
	systems []string
}

func programs() []program {
	return []program{
		{"kubectl-anywhere", []string{"linux", "darwin", "windows"}},
		{"bootstrap", []string{"linux"}},
	}
}

// module is one that is linked. Its licence is judged by hack/tools/licences.
type module struct{ path, version, folder, licence string }

// said is what the list keeps of it.
func (m module) said() string { return m.version + " " + m.licence }

// linked are the modules of a program, by path, on any of its systems.
func linked(t *testing.T, p program) map[string]module {
	t.Helper()
	modules := map[string]module{}
	for _, system := range p.systems {
		command := exec.CommandContext(t.Context(), "go", "list", "-deps",
			"-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{with .Replace}}{{.Path}}@{{.Version}}{{else}}{{.Version}}{{end}}\t{{.Dir}}{{end}}{{end}}", "./cmd/"+p.name)
		command.Dir, command.Env = root, append(os.Environ(), "GOOS="+system, "GOARCH=amd64", "CGO_ENABLED=0")
		var stderr bytes.Buffer
		command.Stderr = &stderr
		out, err := command.Output()
		if err != nil {
			t.Fatalf("listing what %s links on %s: %v\n%s", p.name, system, err, stderr.String())
		}
		for line := range strings.Lines(string(out)) {
			if fields := strings.Split(strings.TrimSpace(line), "\t"); len(fields) == 3 {
				modules[fields[0]] = module{path: fields[0], version: fields[1], folder: fields[2]}
			}
		}
	}
	if len(modules) < 50 {
		t.Fatalf("%s links %d modules only: the list was not read rightly", p.name, len(modules))
	}
	return modules
}

// page is the list as it is kept.
func page(p program, modules map[string]module) string {
	var text strings.Builder
	fmt.Fprintf(&text, "# Modules that %s links, on any of %s, and their licences: %d.\n# Written by 'go test ./test/house -update'.\n", p.name, strings.Join(p.systems, ", "), len(modules))
	for _, path := range slices.Sorted(maps.Keys(modules)) {
		fmt.Fprintf(&text, "%s %s\n", path, modules[path].said())
	}
	return text.String()
}

// read is the list that is kept: version and licence by path.
func read(text string) map[string]string {
	kept := map[string]string{}
	for line := range strings.Lines(text) {
		if path, said, found := strings.Cut(strings.TrimSpace(line), " "); found && path != "#" {
			kept[path] = said
		}
	}
	return kept
}

// differences say what is new, gone, or of another version or licence.
func differences(before map[string]string, now map[string]module) (said []string) {
	for _, path := range slices.Sorted(maps.Keys(now)) {
		switch was, known := before[path]; {
		case !known:
			said = append(said, fmt.Sprintf("new: %s %s; 'go mod why -m %s' says who wants it", path, now[path].said(), path))
		case was != now[path].said():
			said = append(said, fmt.Sprintf("%s: %s, was %s", path, now[path].said(), was))
		}
	}
	for _, path := range slices.Sorted(maps.Keys(before)) {
		if _, still := now[path]; !still {
			said = append(said, "gone: "+path)
		}
	}
	return said
}

// What a program links is others' code that runs with its rights, and is passed
// on under their licences: a module more is a decision, and is seen in the
// change that brings it.
func TestDependencies_AreThoseThatAreListedAndMayBePassedOn(t *testing.T) {
	links, once := map[string]map[string]module{}, map[string]module{"std": goLibrary(t)}
	for _, p := range programs() {
		links[p.name] = linked(t, p)
		for _, m := range links[p.name] {
			once[m.path+" "+m.version] = m
		}
	}
	verdicts, refused := judged(t, slices.Collect(maps.Values(once)))
	if refused != nil {
		t.Errorf("these modules may not be linked:\n%v", refused)
	}
	for _, p := range programs() {
		modules, file := links[p.name], filepath.Join(kept, p.name+".txt")
		for path, m := range modules {
			m.licence = verdicts[path+" "+m.version].Licence
			modules[path] = m
		}
		if *update {
			if err := os.WriteFile(file, []byte(page(p, modules)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		said := differences(read(string(text)), modules)
		if len(said) > 0 || string(text) != page(p, modules) {
			t.Errorf("%s links other modules than %s says ('go test ./test/house -update' writes it):\n%s", p.name, file, strings.Join(said, "\n"))
		}
	}
}

func TestDifferences_ShowWhatChanged(t *testing.T) {
	before := read("# Modules: 4.\na v1 MIT\nb v1 MIT\nc v1 MIT\ne v1 MIT AND ISC\n")
	now := map[string]module{}
	for _, m := range []module{{"a", "v1", "", "MIT"}, {"b", "v2", "", "MIT"}, {"d", "v1", "", "MIT AND ISC"}, {"e", "v1", "", "MPL-2.0"}} {
		now[m.path] = m
	}
	want := []string{
		"b: v2 MIT, was v1 MIT", "new: d v1 MIT AND ISC; 'go mod why -m d' says who wants it",
		"e: v1 MPL-2.0, was v1 MIT AND ISC", "gone: c",
	}
	if got := differences(before, now); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
