// Package docs_test holds the pages of this repository to what is so: links
// lead somewhere, what is typed exists, what is quoted is said. What needs the
// commands themselves is in the folder commands.
package docs_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/test/docs/book"
)

const root = "../.."

// pages are all of the repository.
func pages(t *testing.T) []book.Page {
	t.Helper()
	all, err := book.Pages(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 30 {
		t.Fatalf("only %d pages were found", len(all))
	}
	return all
}

// read is one page.
func read(t *testing.T, name string) book.Page {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return book.New(name, string(text))
}

func TestLinks_LeadSomewhere(t *testing.T) {
	anchors, links := map[string]map[string]bool{}, 0
	for _, page := range pages(t) {
		anchors[page.Path] = page.Anchors()
	}
	for _, page := range pages(t) {
		for _, link := range page.Links() {
			links++
			target := page.Path
			if link.Target != "" {
				target = path.Join(path.Dir(page.Path), link.Target)
			}
			if _, err := os.Stat(filepath.Join(root, target)); err != nil {
				t.Errorf("%s: the link leads to %s, which is not there", link.Place, target)
			} else if link.Anchor != "" && !anchors[target][link.Anchor] {
				t.Errorf("%s: %s has no heading that makes the anchor #%s", link.Place, target, link.Anchor)
			}
		}
	}
	if links < 100 {
		t.Errorf("only %d links were found", links)
	}
}

// ownFile is a file of this repository, by the address that the world has it
// under.
var ownFile = regexp.MustCompile(`(?:raw\.githubusercontent\.com/kubernetes-anywhere/kubernetes-anywhere/main|github\.com/kubernetes-anywhere/kubernetes-anywhere/(?:blob|tree)/main)/([A-Za-z0-9_./-]+)`)

func TestLinks_FromOutsideLeadSomewhere(t *testing.T) {
	found := 0
	for _, page := range pages(t) {
		for i, line := range page.Lines {
			for _, link := range ownFile.FindAllStringSubmatch(line, -1) {
				found++
				if _, err := os.Stat(filepath.Join(root, link[1])); err != nil {
					t.Errorf("%s:%d: this repository has no %s", page.Path, i+1, link[1])
				}
			}
		}
	}
	if found == 0 {
		t.Error("none was found")
	}
}

// A decision that is named by its number is the one that the link leads to.
func TestDecisions_HaveTheirNumbers(t *testing.T) {
	named := regexp.MustCompile(`\[ADR ([0-9]+)\]\((?:[^)]*/)?([0-9]{4})-[^)]*\)`)
	found := 0
	for _, page := range pages(t) {
		for i, line := range page.Lines {
			for _, link := range named.FindAllStringSubmatch(line, -1) {
				if found++; strings.TrimLeft(link[2], "0") != link[1] {
					t.Errorf("%s:%d: ADR %s leads to %s", page.Path, i+1, link[1], link[2])
				}
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d were found", found)
	}
}

// The index leads to every page of the folder, by way of the folder's own
// indexes where there are such.
func TestIndex_LeadsToEveryPage(t *testing.T) {
	led, all := map[string]bool{}, map[string]book.Page{}
	for _, page := range pages(t) {
		all[page.Path] = page
	}
	for open := []string{"docs/README.md"}; len(open) > 0; open = open[1:] {
		if led[open[0]] {
			continue
		}
		led[open[0]] = true
		if path.Base(open[0]) != "README.md" {
			continue // a page is reached, and what it links to is its own affair
		}
		for _, link := range all[open[0]].Links() {
			open = append(open, path.Join(path.Dir(open[0]), link.Target))
		}
	}
	for name := range all {
		if strings.HasPrefix(name, "docs/") && !led[name] {
			t.Errorf("docs/README.md does not lead to %s", name)
		}
	}
}

// repositoryPath is code that can only be meant as a path of this repository,
// unless it is one of Pulumi's modules, or a word in it stands for another.
var (
	repositoryPath = regexp.MustCompile(`^(?:\./)?(?:addons|bootstrap-image|cmd|docs|examples|hack|internal|kustomize|pulumi|test)/[A-Za-z0-9_./-]+$`)
	otherPath      = regexp.MustCompile(`^pulumi/(?:pkg|sdk)\b|(?:^|/)[A-Z]+(?:/|$)`)
)

// paths are the words of a page that are paths of the repository: code within
// lines, arguments of commands, and the plain words of forms.
func paths(page book.Page) (all []book.Span) {
	add := func(place book.Place, word string) {
		word = strings.TrimPrefix(word, "file://")
		if repositoryPath.MatchString(word) && !otherPath.MatchString(word) {
			all = append(all, book.Span{Place: place, Text: word})
		}
	}
	for _, span := range page.Spans() {
		add(span.Place, span.Text)
	}
	for _, block := range page.Blocks() {
		commands, _ := typedIn(block)
		for _, command := range commands {
			for _, word := range command.Words {
				add(command.Place, word)
			}
		}
	}
	if path.Ext(page.Path) == ".yml" {
		for i, line := range page.Lines {
			for _, word := range strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" ,:()\"", r) }) {
				add(book.Place{Path: page.Path, Line: i + 1}, strings.Trim(word, "."))
			}
		}
	}
	return all
}

func TestPaths_AreThere(t *testing.T) {
	found := 0
	for _, page := range pages(t) {
		if page.Path == "CHANGELOG.md" {
			continue // of files that were there
		}
		for _, span := range paths(page) {
			found++
			_, err := os.Stat(filepath.Join(root, span.Text))
			if _, beside := os.Stat(filepath.Join(root, path.Dir(page.Path), span.Text)); err != nil && beside != nil {
				t.Errorf("%s: there is no %s", span.Place, span.Text)
			}
		}
	}
	if found < 40 {
		t.Errorf("only %d paths were found", found)
	}
}

// headings are those of every page of a target, in this order. A page may have
// others, between and after them.
var headings = []string{"Prerequisites", "Least permissions", "What is created", "What it costs", "Limits", "Teardown"}

func TestTargets_HaveTheSameHeadings(t *testing.T) {
	for _, target := range []string{"local", "gcp", "aws", "azure", "baremetal", "docker-run"} {
		page := read(t, "docs/targets/"+target+".md")
		next := 0
		for _, h := range page.Headings() {
			if h.Level == 2 && next < len(headings) && h.Text == headings[next] {
				next++
			}
		}
		if next < len(headings) {
			t.Errorf("%s: after %q there is no heading %q: want %q, in this order", page.Path, headings[:next], "## "+headings[next], headings)
		}
	}
}
