package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// trimLists takes what was left out off the provider's two generated lists.
func trimLists(folder string) error {
	clients, err := usedClients(folder)
	if err != nil {
		return fmt.Errorf("looking for the clients in use: %w", err)
	}
	err = edit(filepath.Join(folder, "internal/conns/awsclient_gen.go"), func(file *ast.File) {
		file.Decls = slices.DeleteFunc(file.Decls, func(decl ast.Decl) bool {
			function, ok := decl.(*ast.FuncDecl)
			return ok && !clients[function.Name.Name]
		})
	})
	if err != nil {
		return err
	}
	return edit(filepath.Join(folder, "internal/provider/sdkv2/service_packages_gen.go"), func(file *ast.File) {
		ast.Inspect(file, func(node ast.Node) bool {
			list, ok := node.(*ast.CompositeLit)
			if ok {
				list.Elts = slices.DeleteFunc(list.Elts, func(item ast.Expr) bool { return !kept(item) })
			}
			return !ok
		})
	})
}

// kept tells whether an item NAME.ServicePackage(ctx) of the list is of a
// service that was copied.
func kept(item ast.Expr) bool {
	call, ok := item.(*ast.CallExpr)
	if !ok {
		return true
	}
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return true
	}
	service, ok := selector.X.(*ast.Ident)
	return !ok || slices.Contains(services(), service.Name)
}

// usedClients are the methods of AWSClient that the copied code calls.
func usedClients(folder string) (map[string]bool, error) {
	call := regexp.MustCompile(`\.([A-Z][A-Za-z0-9]*Client)\(`)
	used := map[string]bool{}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "awsclient_gen.go") {
			return err
		}
		content, err := os.ReadFile(path)
		for _, match := range call.FindAllSubmatch(content, -1) {
			used[string(match[1])] = true
		}
		return err
	})
	return used, err
}

// edit changes a Go file and takes away the imports that it then no longer
// uses.
func edit(name string, change func(*ast.File)) error {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, nil, 0)
	if err != nil {
		return fmt.Errorf("reading %q: %w", name, err)
	}
	change(file)
	used := map[string]bool{}
	for _, decl := range file.Decls {
		ast.Inspect(decl, func(node ast.Node) bool {
			if selector, ok := node.(*ast.SelectorExpr); ok {
				if name, ok := selector.X.(*ast.Ident); ok {
					used[name.Name] = true
				}
			}
			return true
		})
	}
	for _, decl := range file.Decls {
		if imports, ok := decl.(*ast.GenDecl); ok && imports.Tok == token.IMPORT {
			imports.Specs = slices.DeleteFunc(imports.Specs, func(spec ast.Spec) bool { return !used[importName(spec.(*ast.ImportSpec))] })
		}
	}
	var out bytes.Buffer
	if err := format.Node(&out, files, file); err != nil {
		return fmt.Errorf("writing %q: %w", name, err)
	}
	return os.WriteFile(name, out.Bytes(), 0o644)
}

func importName(spec *ast.ImportSpec) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	name, _ := strconv.Unquote(spec.Path.Value)
	return path.Base(name)
}
