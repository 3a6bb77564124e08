package book

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// verb is what a text is given when it is said.
var verb = regexp.MustCompile(`%\[?[-+#0-9.\]]*[a-zA-Z]`)

// Texts are all strings that the program's sources hold, tests and what is only
// for them left out, with … for what is filled in. What is put together with + is one text; a variable in
// it is filled in, too.
func Texts(root string) ([]Span, error) {
	var all []Span
	for _, folder := range []string{"internal", "pulumi", "bootstrap-image", "cmd"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && (entry.Name() == "source" || strings.HasPrefix(entry.Name(), "test") || strings.HasSuffix(entry.Name(), "test")):
				return filepath.SkipDir // gcptest and its like say what no user hears
			case filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			below, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			found, err := textsOf(path, filepath.ToSlash(below))
			all = append(all, found...)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("reading the texts of %q: %w", folder, err)
		}
	}
	return all, nil
}

// textsOf are those of one file, which is called name.
func textsOf(path, name string) (all []Span, err error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	ast.Inspect(file, func(n ast.Node) bool {
		e, ok := n.(ast.Expr)
		if !ok {
			return true
		}
		text := textOf(e)
		if strings.Trim(text, "…") == "" {
			return true
		}
		all = append(all, Span{Place{name, files.Position(e.Pos()).Line}, text})
		return false
	})
	return all, nil
}

// textOf is the text that an expression makes; empty where it makes none.
func textOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, _ := strconv.Unquote(e.Value) // of what is no string: nothing
		if e.Kind != token.STRING {
			text = ""
		}
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
