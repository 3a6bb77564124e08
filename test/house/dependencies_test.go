// Package house_test keeps what is not code in order: what programs link from
// others, and that it comes with a licence.
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

// module is one that is linked.
type module struct{ path, version, folder string }

// linked are the modules of a program, by path, on any of its systems.
func linked(t *testing.T, p program) map[string]module {
	t.Helper()
	modules := map[string]module{}
	for _, system := range p.systems {
		command := exec.CommandContext(t.Context(), "go", "list", "-deps",
			"-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{with .Replace}}{{.Path}} {{end}}{{.Version}}\t{{.Dir}}{{end}}{{end}}", "./cmd/"+p.name)
		command.Dir, command.Env = root, append(os.Environ(), "GOOS="+system, "GOARCH=amd64", "CGO_ENABLED=0")
		var stderr bytes.Buffer
		command.Stderr = &stderr
		out, err := command.Output()
		if err != nil {
			t.Fatalf("listing what %s links on %s: %v\n%s", p.name, system, err, stderr.String())
		}
		for line := range strings.Lines(string(out)) {
			if fields := strings.Split(strings.TrimSpace(line), "\t"); len(fields) == 3 {
				modules[fields[0]] = module{fields[0], fields[1], fields[2]}
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
	fmt.Fprintf(&text, "# Modules that %s links, on any of %s: %d.\n# Written by 'go test ./test/house -update'.\n", p.name, strings.Join(p.systems, ", "), len(modules))
	for _, path := range slices.Sorted(maps.Keys(modules)) {
		fmt.Fprintf(&text, "%s %s\n", path, modules[path].version)
	}
	return text.String()
}

// read is the list that is kept, by path.
func read(text string) map[string]string {
	versions := map[string]string{}
	for line := range strings.Lines(text) {
		if path, version, found := strings.Cut(strings.TrimSpace(line), " "); found && path != "#" {
			versions[path] = version
		}
	}
	return versions
}

// differences say what is new, gone or of another version.
func differences(before map[string]string, now map[string]module) (said []string) {
	for _, path := range slices.Sorted(maps.Keys(now)) {
		switch was, known := before[path]; {
		case !known:
			said = append(said, fmt.Sprintf("new: %s %s; 'go mod why -m %s' says who wants it", path, now[path].version, path))
		case was != now[path].version:
			said = append(said, fmt.Sprintf("%s: %s, was %s", path, now[path].version, was))
		}
	}
	for _, path := range slices.Sorted(maps.Keys(before)) {
		if _, still := now[path]; !still {
			said = append(said, "gone: "+path)
		}
	}
	return said
}

// What a program links is others' code that runs with its rights: a module
// more is a decision, and is seen in the change that brings it.
func TestDependencies_AreThoseThatAreListed(t *testing.T) {
	for _, p := range programs() {
		modules, file := linked(t, p), filepath.Join(kept, p.name+".txt")
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
		lack := unlicensed(t, modules)
		if len(lack) > 0 {
			t.Errorf("%s links modules that come without a licence, so nobody may pass them on: %q", p.name, lack)
		}
	}
}

// elsewhere are modules whose licence stands in another file, and the words that
// say so there.
func elsewhere() map[string][2]string {
	return map[string][2]string{
		"github.com/mattn/go-localereader": {"README.md", "## License\n\nMIT"},
	}
}

// unlicensed are the modules without a file that could be a licence. What it
// says is not judged here.
func unlicensed(t *testing.T, modules map[string]module) (paths []string) {
	t.Helper()
	for _, path := range slices.Sorted(maps.Keys(modules)) {
		entries, err := os.ReadDir(modules[path].folder)
		if err != nil {
			t.Fatalf("looking at module %s: %v", path, err)
		}
		if !slices.ContainsFunc(entries, func(entry os.DirEntry) bool {
			name := strings.ToUpper(entry.Name())
			return strings.HasPrefix(name, "LICEN") || strings.HasPrefix(name, "UNLICENSE") || strings.HasPrefix(name, "COPYING")
		}) && !says(modules[path].folder, elsewhere()[path]) {
			paths = append(paths, path)
		}
	}
	return paths
}

// says tells whether a file of a folder has some words; of no file, none.
func says(folder string, where [2]string) bool {
	if where[0] == "" {
		return false
	}
	text, err := os.ReadFile(filepath.Join(folder, where[0]))
	return err == nil && strings.Contains(string(text), where[1])
}

func TestDifferences_ShowWhatChanged(t *testing.T) {
	before := read("# Modules: 3.\na v1\nb v1\nc v1\n")
	now := map[string]module{"a": {"a", "v1", ""}, "b": {"b", "v2", ""}, "d": {"d", "v1", ""}}
	want := []string{"b: v2, was v1", "new: d v1; 'go mod why -m d' says who wants it", "gone: c"}
	if got := differences(before, now); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	empty := t.TempDir()
	if got := unlicensed(t, map[string]module{"a": {"a", "v1", empty}}); !slices.Equal(got, []string{"a"}) {
		t.Errorf("a module without a file is licensed: %q", got)
	}
}
