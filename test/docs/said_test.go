package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/test/docs/book"
)

// foreign are texts that are quoted and are not ours: the beginning of each.
var foreign = []string{"x509: "}

// verb is what a text is given when it is said.
var verb = regexp.MustCompile(`%\[?[-+#0-9.\]]*[a-zA-Z]`)

// texts are all that the program's sources hold, with … for what is filled in.
// What is put together with + is one text; a variable in it is filled in, too.
func texts(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, folder := range []string{"internal", "pulumi", "bootstrap-image", "cmd"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == "source") {
				return errOr(err, filepath.SkipDir)
			}
			if filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return nil
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if e, ok := n.(ast.Expr); ok {
					if text := textOf(e); strings.Trim(text, "…") != "" {
						all = append(all, spaced(text))
						return false
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func errOr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// textOf is the text that an expression makes; empty where it makes none.
func textOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, _ := literal(e)
		return verb.ReplaceAllString(text, "…")
	case *ast.ParenExpr:
		return textOf(e.X)
	case *ast.BinaryExpr:
		left, right := textOf(e.X), textOf(e.Y)
		if e.Op != token.ADD || left+right == "" {
			return ""
		}
		return orDots(left) + orDots(right)
	}
	return ""
}

func orDots(text string) string {
	if text == "" {
		return "…"
	}
	return text
}

// spaced is a text with its lines as one, without quotes around what is filled
// in.
func spaced(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(text, `"…"`, "…")), " ")
}

// said tells whether one of the texts holds what a page quotes, but for dots at
// the quote's ends.
func said(texts []string, quote string) bool {
	quote = strings.Trim(spaced(quote), "… ")
	for _, text := range texts {
		if strings.Contains(text, quote) {
			return true
		}
	}
	return false
}

func TestTroubleshooting_QuotesWhatIsSaid(t *testing.T) {
	all, quotes := texts(t), 0
	for _, block := range read(t, "docs/troubleshooting.md").Blocks() {
		if block.Language != "text" {
			continue
		}
	lines:
		for i, line := range block.Lines {
			quotes++
			for _, begin := range foreign {
				if strings.HasPrefix(line, begin) {
					continue lines
				}
			}
			if len(strings.ReplaceAll(line, "…", "")) < 8 {
				t.Errorf("%s: too short to be found: %q", book.Place{Path: block.Path, Line: block.Line + i}, line)
			} else if !said(all, line) {
				t.Errorf("%s: nothing says %q", book.Place{Path: block.Path, Line: block.Line + i}, line)
			}
		}
	}
	if quotes < 40 {
		t.Errorf("only %d quotes were found", quotes)
	}
}

func TestSaid_FindsNoMoreThanThereIs(t *testing.T) {
	all := texts(t)
	for quote, want := range map[string]bool{
		"there are several clusters: name one of …":                                 true,
		"there are many clusters: name one of …":                                    false,
		"timed out after …, still waiting for …":                                    true,
		`stack "…" is in use by process … of … on … since …`:                        true,
		"checking who answers at …: its key is … …, and the config says … and more": false,
	} {
		if got := said(all, quote); got != want {
			t.Errorf("%q: got %v", quote, got)
		}
	}
}
