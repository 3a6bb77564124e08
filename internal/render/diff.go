package render

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pmezard/go-difflib/difflib"
)

// contextLines is how much of what is the same stands around a difference.
const contextLines = 3

// Difference is what two trees of files do not share.
type Difference struct {
	// Files are in the order of paths.
	Files []FileDifference
}

// FileDifference is one file that only one tree has, or that differs.
type FileDifference struct {
	Path     string
	Old, New []byte
	// Added and Removed tell that only the new or the old tree has it.
	Added, Removed bool
}

// explains tells what only says of the rest what it is.
func explains(name string) bool {
	switch name {
	case guideFile, IndexFile, path.Join(ProvisionDir, guideFile), graphSVG, graphMermaid:
		return true
	}
	return false
}

// Compare finds what differs between two trees, such as two renders. What is
// there to explain the rest, in words and in pictures, is left out.
func Compare(old, new map[string][]byte) *Difference {
	d := &Difference{}
	all := map[string]bool{}
	for _, tree := range []map[string][]byte{old, new} {
		for name := range tree {
			all[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		before, had := old[name]
		after, has := new[name]
		if explains(name) || had && has && bytes.Equal(before, after) {
			continue
		}
		d.Files = append(d.Files, FileDifference{Path: name, Old: before, New: after, Added: !had, Removed: !has})
	}
	return d
}

// Print writes the differences phase by phase, each with a line that sums them
// up and is no part of a patch.
func (d *Difference) Print(w io.Writer) error {
	for _, phase := range []string{ProvisionDir, BootstrapDir, AddonsDir, ""} {
		files := d.in(phase)
		if len(files) == 0 {
			continue
		}
		if _, err := fmt.Fprintf(w, "# %s\n", summary(phase, files)); err != nil {
			return fmt.Errorf("printing the differences: %w", err)
		}
		for _, f := range files {
			text, err := f.text()
			if err == nil {
				_, err = io.WriteString(w, text)
			}
			if err != nil {
				return fmt.Errorf("printing how %q differs: %w", f.Path, err)
			}
		}
	}
	return nil
}

// in are the files of a phase; those of none have the empty name.
func (d *Difference) in(phase string) []FileDifference {
	var out []FileDifference
	for _, f := range d.Files {
		top, _, _ := strings.Cut(f.Path, "/")
		if top == phase || phase == "" && top != ProvisionDir && top != BootstrapDir && top != AddonsDir {
			out = append(out, f)
		}
	}
	return out
}

// summary is a line: 3 differ: a, b, c. What only follows from other files is
// not counted beside those.
func summary(phase string, files []FileDifference) string {
	if leading := slices.DeleteFunc(slices.Clone(files), func(f FileDifference) bool { return follows(f.Path) }); len(leading) > 0 {
		files = leading
	}
	changed, added, removed := 0, 0, 0
	var names []string
	for _, f := range files {
		switch {
		case f.Added:
			added++
		case f.Removed:
			removed++
		default:
			changed++
		}
		names = append(names, shortOf(f.Path))
	}
	var counts []string
	for _, c := range []struct {
		n    int
		verb string
	}{{changed, "differ"}, {added, "added"}, {removed, "removed"}} {
		if c.n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", c.n, c.verb))
		}
	}
	if phase == "" {
		phase = "outside of the phases"
	}
	line := phase + ": " + strings.Join(counts, ", ") + ": "
	return line + fitted(slices.Compact(names), width-len(line))
}

// width is what a line that sums up may take, without what it begins with.
const width = 78

// fitted names as many as there is room for, and one at the least.
func fitted(names []string, room int) string {
	for n := len(names); n > 1; n-- {
		if text := listed(names, n); len(text) <= room {
			return text
		}
	}
	return listed(names, 1)
}

// follows tells a file that only says once more what others do.
func follows(name string) bool {
	switch path.Base(name) {
	case modesFile, ignitionFile, resourcesFile, "kustomization.yaml":
		return true
	}
	return false
}

// shortOf is a path as short as it can be told apart: kubelet.service of
// workers is workers/kubelet.service.
func shortOf(name string) string {
	parts := strings.Split(name, "/")
	if len(parts) > 2 && parts[0] == BootstrapDir {
		return parts[1] + "/" + path.Base(name)
	}
	return path.Base(name)
}

// listed names the first of many.
func listed(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// text is the difference as diff -u and git write it. What nobody reads line by
// line is named only.
func (f FileDifference) text() (string, error) {
	from, to := "a/"+f.Path, "b/"+f.Path
	if f.Added {
		from = "/dev/null"
	}
	if f.Removed {
		to = "/dev/null"
	}
	if isOpaque(f.Path, f.Old) || isOpaque(f.Path, f.New) {
		return fmt.Sprintf("Files %s and %s differ\n", from, to), nil
	}
	return difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: linesOf(f.Old), B: linesOf(f.New), FromFile: from, ToFile: to, Context: contextLines,
	})
}

// isOpaque tells pictures, what is no text, and the Ignition config, whose files
// stand beside it as they are.
func isOpaque(name string, content []byte) bool {
	return path.Ext(name) == ".svg" || path.Base(name) == ignitionFile || !utf8.Valid(content) || bytes.IndexByte(content, 0) >= 0
}

const noNewline = "\\ No newline at end of file\n"

// linesOf are the lines of a text, each with its end; the last is marked where
// it has none, as diff does.
func linesOf(text []byte) []string {
	lines := slices.Collect(strings.Lines(string(text)))
	if n := len(lines) - 1; n >= 0 && !strings.HasSuffix(lines[n], "\n") {
		lines[n] += "\n" + noNewline
	}
	return lines
}
