package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// sources is all that is run of this repository, as one text: programs, their
// tests, scripts. The tests of pages are left out, which quote them.
func sources(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() {
			if name == ".git" || name == "bin" || name == "docs" || name == "testdata" || name == "api" {
				return filepath.SkipDir
			}
			return nil
		}
		if ext := filepath.Ext(path); ext != ".go" && ext != ".sh" && entry.Name() != "Makefile" {
			return nil
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		all.WriteByte('\n')
		return err
	})
	if err != nil || all.Len() < 1_000_000 {
		t.Fatalf("reading the sources: %d bytes, %v", all.Len(), err)
	}
	return all.String()
}

// borrowed are kinds of words that pages take from the sources: by a name, how
// one looks and how the sources have it.
var borrowed = map[string]struct {
	word  *regexp.Regexp
	in    func(word string) string
	least int
}{
	"variable of the environment": {
		regexp.MustCompile(`\b(?:KUBERNETES_ANYWHERE|ANYWHERE|PULUMI|COSIGN)_[A-Z_]+\b`),
		func(word string) string { return `\b` + word + `\b` }, 5,
	},
	"test": {
		regexp.MustCompile("`(Test[A-Z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)?)`"),
		func(word string) string { return `(?m)^func ` + strings.Trim(word, "`") + `\w*\(` }, 3,
	},
	"name of Go": {
		regexp.MustCompile("`[a-z]+\\.[A-Z][A-Za-z]+(?:\\(\\))?`"),
		func(word string) string {
			_, name, _ := strings.Cut(strings.Trim(word, "`()"), ".")
			return `\b` + name + `\b`
		}, 10,
	},
	"variable of make": {
		regexp.MustCompile(`\bmake [a-z-]+(?: [A-Z_]+=\S+)+`),
		func(line string) string {
			var all []string
			for _, word := range strings.Fields(line)[2:] {
				name, _, _ := strings.Cut(word, "=")
				if strings.HasPrefix(name, "ANYWHERE_") {
					continue // make hands it on; it is one of the environment
				}
				all = append(all, `\$[({](?:or \$\()?`+name+`\b|\$\(if \$\(`+name+`\)|(?m)^`+name+` \?=`)
			}
			return strings.Join(append(all, "."), "\x00")
		}, 5,
	},
}

func TestWords_AreThoseOfTheSources(t *testing.T) {
	all := sources(t)
	for kind, of := range borrowed {
		found, seen := 0, map[string]bool{}
		for _, page := range pages(t) {
			if page.Path == "CHANGELOG.md" {
				continue // of what was there
			}
			for i, line := range page.Lines {
				for _, word := range of.word.FindAllString(line, -1) {
					found++
					for _, pattern := range strings.Split(of.in(word), "\x00") {
						if is, known := seen[pattern]; !known {
							seen[pattern] = regexp.MustCompile(pattern).MatchString(all)
						} else if is {
							continue
						}
						if !seen[pattern] {
							t.Errorf("%s:%d: nothing here knows the %s %q", page.Path, i+1, kind, word)
						}
					}
				}
			}
		}
		if found < of.least {
			t.Errorf("only %d words were found that are a %s", found, kind)
		}
	}
}
