package book

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
)

// Refusals are the texts by which the files of a pattern below root refuse to
// begin: what a Message is set to, and what is added to problems. One that is
// nothing but what is filled in is left out.
func Refusals(root, pattern string) ([]Span, error) {
	names, err := filepath.Glob(filepath.Join(root, pattern))
	if err != nil {
		return nil, fmt.Errorf("finding the files %q: %w", pattern, err)
	}
	var all []Span
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("reading refusals: %w", err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			for _, said := range refusal(n) {
				text := firstText(said)
				if strings.Trim(text, "…: ") != "" {
					all = append(all, Span{Place{filepath.Base(filepath.Dir(name)) + "/" + filepath.Base(name), files.Position(said.Pos()).Line}, text})
				}
			}
			return true
		})
	}
	return all, nil
}

// refusal is what a node says a refusal with, if it is one that does.
func refusal(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Message" {
			return []ast.Expr{n.Value}
		}
	case *ast.AssignStmt:
		var said []ast.Expr
		for i, left := range n.Lhs {
			if to, ok := left.(*ast.SelectorExpr); ok && to.Sel.Name == "Message" && i < len(n.Rhs) {
				said = append(said, n.Rhs[i])
			}
		}
		return said
	case *ast.CallExpr:
		if called, ok := n.Fun.(*ast.SelectorExpr); ok && called.Sel.Name == "add" && len(n.Args) > 0 {
			if on, ok := called.X.(*ast.Ident); ok && on.Name == "problems" {
				return n.Args[:1]
			}
		}
	}
	return nil
}

// firstText is the text of an expression, or the first that it is made of: the
// form that Sprintf fills in.
func firstText(e ast.Expr) (text string) {
	ast.Inspect(e, func(n ast.Node) bool {
		if inner, ok := n.(ast.Expr); ok && text == "" {
			text = textOf(inner)
		}
		return text == ""
	})
	return text
}
