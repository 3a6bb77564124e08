package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// section are the lines of a page below a heading, to the next one.
func section(lines []string, heading string) (below []string) {
	at := slices.Index(lines, heading)
	for i := at + 1; at >= 0 && i < len(lines) && !strings.HasPrefix(lines[i], "## "); i++ {
		below = append(below, lines[i])
	}
	return below
}

// typed is a resource of a golden graph: its type, before its name.
var typed = regexp.MustCompile(`(?m)^([A-Z][A-Za-z]+) `)

// created is a type of resources as the table of a page names it.
var created = regexp.MustCompile("`(?:[a-z]+:)?([A-Z][A-Za-z]+)`")

// What a page of a cloud says is made is what the program declares: every type
// of the golden graphs, and no other.
func TestTargets_SayWhatIsCreated(t *testing.T) {
	for _, target := range []string{"gcp", "aws", "azure"} {
		page := read(t, "docs/targets/"+target+".md")
		table := section(page.Lines, "## What is created")
		var said, made []string
		for _, line := range table {
			if cells := strings.Split(line, " | "); strings.HasPrefix(line, "| `") {
				for _, found := range created.FindAllStringSubmatch(cells[0], -1) {
					said = append(said, found[1])
				}
			}
		}
		graphs, err := filepath.Glob(filepath.Join(root, "pulumi", target, "testdata/graph-*.golden"))
		if err != nil || len(graphs) < 3 {
			t.Fatalf("%d graphs of %s, %v", len(graphs), target, err)
		}
		for _, graph := range graphs {
			text, err := os.ReadFile(graph)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range typed.FindAllStringSubmatch(string(text), -1) {
				made = append(made, found[1])
			}
		}
		for _, name := range made {
			if name != "Credentials" && !slices.Contains(said, name) { // which the state itself holds
				t.Errorf("%s: %q does not have %s", page.Path, "## What is created", name)
			}
		}
		for _, name := range said {
			if !slices.Contains(made, name) {
				t.Errorf("%s: nothing makes a %s", page.Path, name)
			}
		}
		if len(said) < 10 || len(made) < 50 {
			t.Errorf("%s: %d types are said, %d resources made", target, len(said), len(made))
		}
	}
}
