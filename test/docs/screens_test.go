package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// screens are the files of docs/screens, one run's, that show what a command
// prints ('make screens' writes them).
var screens = map[string][]string{
	"kubectl anywhere config --target local --yes": {"config.txt"},
	"kubectl anywhere create":                      {"create.txt"},
	"kubectl anywhere create -f bad.json":          {"invalid.txt"},
	"kubectl anywhere status":                      {"status-ready.txt", "status-notready.txt"},
	"kubectl anywhere preview":                     {"preview.txt"},
	"kubectl anywhere doctor":                      {"doctor-well.txt", "doctor-worker-stopped.txt"},
	"kubectl anywhere addons list":                 {"addons.txt"},
	"kubectl anywhere delete":                      {"delete.txt"},
}

// onScreen tells whether what a page has a command print stands in one of its
// screens.
func onScreen(t *testing.T, command string, lines []string) bool {
	t.Helper()
	return slices.ContainsFunc(screens[command], func(name string) bool {
		text, err := os.ReadFile(filepath.Join(root, "docs", "screens", name))
		if err != nil {
			t.Fatal(err)
		}
		return quoted(lines, strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"))
	})
}

// quoted tells whether lines are those of a screen. A line "…" stands for any
// number of them, an ellipsis in a line for anything.
func quoted(lines, screen []string) bool {
	if len(lines) == 0 {
		return true
	}
	if strings.TrimSpace(lines[0]) == "…" {
		for skipped := 0; skipped <= len(screen); skipped++ {
			if quoted(lines[1:], screen[skipped:]) {
				return true
			}
		}
		return false
	}
	if len(screen) == 0 || !like(lines[0], screen[0]) {
		return false
	}
	return quoted(lines[1:], screen[1:])
}

// like tells whether a line is another, whatever its ellipses stand for.
func like(line, real string) bool {
	if line == real {
		return true
	}
	pattern := strings.ReplaceAll(regexp.QuoteMeta(line), "…", ".+")
	return regexp.MustCompile("^" + pattern + "$").MatchString(real)
}

// What pages show of a session is what was printed in one, not what somebody
// remembers: it stands in the screens.
func TestSessions_AreQuotedFromTheScreens(t *testing.T) {
	found := map[string]int{}
	for _, page := range pages(t) {
		for _, block := range page.Blocks() {
			command := ""
			printed := map[string][]string{}
			for _, line := range block.Lines {
				if typed, is := strings.CutPrefix(line, "$ "); is {
					command = typed
				} else if screens[command] != nil {
					printed[command] = append(printed[command], line)
				}
			}
			for command, lines := range printed {
				found[page.Path]++
				if !onScreen(t, command, lines) {
					t.Errorf("%s: what %q prints is in none of %q of docs/screens:\n%s", block.Place, command, screens[command], strings.Join(lines, "\n"))
				}
			}
		}
	}
	if found["README.md"] < 3 || found["docs/open-book.md"] < 3 {
		t.Errorf("too few sessions were found: %v", found)
	}
}

func TestQuoted_TakesLinesAsTheyStand(t *testing.T) {
	screen := []string{"a", "b 1", "c", "d"}
	for _, lines := range [][]string{{"a", "b 1"}, {"a", "…", "d"}, {"…", "c"}, {"a", "b …", "c"}, {"…", "b 1", "  …"}} {
		if !quoted(lines, screen) {
			t.Errorf("%q is not found in %q", lines, screen)
		}
	}
	for _, lines := range [][]string{{"b 1"}, {"a", "c"}, {"…", "d", "c"}, {"a", "b 2"}, {"a", "b 1", "c", "d", "e"}} {
		if quoted(lines, screen) {
			t.Errorf("%q is found in %q", lines, screen)
		}
	}
}
