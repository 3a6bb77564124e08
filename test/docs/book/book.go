// Package book reads the pages of this repository as those who follow them do:
// which commands they would type, which configs they would save, which links
// they would go by. It knows nothing of what any of it means.
package book

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Page is a file of Markdown.
type Page struct {
	// Path is that below the root of the repository, with slashes.
	Path  string
	Lines []string
}

// Place is a line of a page, as editors and people go to it.
type Place struct {
	Path string
	// Line counts from one.
	Line int
}

// String is path:line.
func (p Place) String() string { return fmt.Sprintf("%s:%d", p.Path, p.Line) }

// Pages are all of the tree below root, but for what tests are given: files of
// Markdown, and the forms of issues, whose texts are Markdown.
func Pages(root string) ([]Page, error) {
	var pages []Page
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() && (name == ".git" || name == "bin" || name == "testdata" || name == "node_modules") {
			return filepath.SkipDir
		}
		below, err := filepath.Rel(root, path)
		form := filepath.Ext(path) == ".yml" && strings.HasPrefix(filepath.ToSlash(below), ".github/")
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".md" && !form {
			return err
		}
		text, err := os.ReadFile(path)
		pages = append(pages, New(filepath.ToSlash(below), string(text)))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the pages below %q: %w", root, err)
	}
	return pages, nil
}

// New is a page of a text.
func New(path, text string) Page {
	return Page{Path: path, Lines: strings.Split(strings.TrimSuffix(text, "\n"), "\n")}
}

// Block is a block of code.
type Block struct {
	Place
	// Language is the word behind the fence; empty where there is none, or no
	// fence.
	Language string
	// Fenced tells the two kinds apart: between fences, or indented.
	Fenced bool
	// Lines are without the indentation that makes them a block.
	Lines []string
}

// Text is the block as a file would have it.
func (b Block) Text() string { return strings.Join(b.Lines, "\n") + "\n" }

var (
	fence    = regexp.MustCompile("^ *(```+|~~~+) *([A-Za-z0-9]*)")
	listItem = regexp.MustCompile(`^( *)([-*+]|[0-9]+[.)]) +`)
)

// split tells blocks of code from the rest, whose lines it gives with those of
// blocks left empty, so that numbers stay.
func (p Page) split() (blocks []Block, prose []string) {
	prose = make([]string, len(p.Lines))
	inList, blank := 0, true
	for i := 0; i < len(p.Lines); i++ {
		line := p.Lines[i]
		if found := fence.FindStringSubmatch(line); found != nil {
			block := Block{Place: Place{p.Path, i + 2}, Language: found[2], Fenced: true}
			margin := len(line) - len(strings.TrimLeft(line, " "))
			for i++; i < len(p.Lines) && !strings.HasPrefix(strings.TrimLeft(p.Lines[i], " "), found[1]); i++ {
				block.Lines = append(block.Lines, without(p.Lines[i], margin))
			}
			blocks, blank = append(blocks, block), true
			continue
		}
		indent := len(line) - len(strings.TrimLeft(line, " "))
		if item := listItem.FindStringSubmatch(line); item != nil && indent < inList+4 {
			inList = len(item[0])
		} else if line != "" && indent == 0 {
			inList = 0
		}
		if margin := inList + 4; blank && line != "" && indent >= margin {
			block := Block{Place: Place{p.Path, i + 1}}
			for ; i < len(p.Lines) && (p.Lines[i] == "" || strings.HasPrefix(p.Lines[i], strings.Repeat(" ", margin))); i++ {
				block.Lines = append(block.Lines, without(p.Lines[i], margin))
			}
			i--
			blocks = append(blocks, block)
			continue
		}
		prose[i], blank = line, strings.TrimSpace(line) == ""
	}
	return blocks, prose
}

// without takes up to margin spaces off the beginning of a line.
func without(line string, margin int) string {
	for ; margin > 0 && strings.HasPrefix(line, " "); margin-- {
		line = line[1:]
	}
	return line
}

// Blocks are the page's blocks of code.
func (p Page) Blocks() []Block {
	blocks, _ := p.split()
	return blocks
}

// Span is code within a line of text.
type Span struct {
	Place
	Text string
}

var span = regexp.MustCompile("`([^`]+)`")

// Spans are the page's code within lines.
func (p Page) Spans() []Span {
	_, prose := p.split()
	var spans []Span
	for i, line := range prose {
		for _, found := range span.FindAllStringSubmatch(line, -1) {
			spans = append(spans, Span{Place{p.Path, i + 1}, found[1]})
		}
	}
	return spans
}

// Prose are the page's lines, with those of blocks of code left empty.
func (p Page) Prose() []string {
	_, prose := p.split()
	return prose
}
