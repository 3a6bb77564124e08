package docs_test

import (
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The map of docs/architecture.md has every folder of packages, by its own name
// or by that of the folder that it is in.
func TestMap_HasEveryPackage(t *testing.T) {
	var onMap []string
	for _, span := range read(t, "docs/architecture.md").Spans() {
		onMap = append(onMap, span.Text)
	}
	found := 0
	for _, pattern := range []string{"cmd/*", "internal/*", "pulumi/*", "bootstrap-image/*", "test/*"} {
		folders, err := filepath.Glob(filepath.Join(root, pattern, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		var seen []string
		for _, file := range folders {
			folder := filepath.ToSlash(strings.TrimPrefix(filepath.Dir(file), filepath.Clean(root)+string(filepath.Separator)))
			if slices.Contains(seen, folder) {
				continue
			}
			seen = append(seen, folder)
			if found++; !slices.Contains(onMap, folder) && !(strings.HasPrefix(folder, "test/") && slices.Contains(onMap, path.Base(folder))) {
				t.Errorf("docs/architecture.md does not have %s", folder)
			}
		}
	}
	if found < 60 {
		t.Errorf("only %d folders were found", found)
	}
}

// columns is how long a line of prose may be: longer ones can be read in no
// terminal, and compared in no diff. Tables have rows of their own length.
const columns = 250

func TestLines_CanBeRead(t *testing.T) {
	for _, page := range pages(t) {
		if strings.HasPrefix(page.Path, "docs/reference/") || page.Path == "docs/conformance.md" {
			continue // written by programs
		}
		for i, line := range page.Prose() {
			if !strings.HasPrefix(strings.TrimSpace(line), "|") && len([]rune(line)) > columns {
				t.Errorf("%s:%d: %d characters in a line", page.Path, i+1, len([]rune(line)))
			}
		}
	}
}
