package schema_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/targets"
)

var update = flag.Bool("update", false, "write what is generated")

// sources are the packages, below the module, whose structs a config is made
// of.
var sources = []string{
	"internal/config", "pulumi/target",
	"pulumi/aws", "pulumi/azure", "pulumi/baremetal", "pulumi/gcp", "pulumi/local",
}

func TestProse_IsWhatTheCommentsSay(t *testing.T) {
	comments := map[string]string{}
	for _, dir := range sources {
		collect(t, dir, comments)
	}
	asked := map[string]bool{}
	for _, block := range targets.Blocks() {
		structsOf(reflect.TypeOf(block()), asked)
	}
	structsOf(reflect.TypeFor[config.Cluster](), asked)
	maps.DeleteFunc(comments, func(key, _ string) bool {
		dir, name, _ := strings.Cut(path.Base(key), ".")
		name, _, _ = strings.Cut(name, ".")
		return !asked[path.Join(path.Dir(key), dir)+"."+name]
	})
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(comments); err != nil {
		t.Fatal(err)
	}
	golden(t, "prose.json", out.Bytes())
}

// structsOf notes the structs that a config is made of, a target's aside.
func structsOf(t reflect.Type, asked map[string]bool) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		structsOf(t.Elem(), asked)
	case reflect.Struct:
		key := strings.TrimPrefix(t.PkgPath(), "github.com/kubernetes-anywhere/kubernetes-anywhere/") + "." + t.Name()
		if asked[key] {
			return
		}
		asked[key] = true
		for i := range t.NumField() {
			structsOf(t.Field(i).Type, asked)
		}
	}
}

// golden compares a generated file with what it is to be, or writes it.
func golden(t *testing.T, name string, want []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is out of date: type 'make update'", name)
	}
}

// collect takes the comments of the structs of a package that have fields with
// a name in JSON.
func collect(t *testing.T, dir string, comments map[string]string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s holds no source: %v", dir, err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, declared := range parsed.Decls {
			general, ok := declared.(*ast.GenDecl)
			if !ok || general.Tok != token.TYPE {
				continue
			}
			for _, spec := range general.Specs {
				structOf(dir, general, spec.(*ast.TypeSpec), comments)
			}
		}
	}
}

func structOf(dir string, general *ast.GenDecl, spec *ast.TypeSpec, comments map[string]string) {
	declared, ok := spec.Type.(*ast.StructType)
	if !ok {
		return
	}
	name := path.Join(dir) + "." + spec.Name.Name
	tagged := false
	for _, field := range declared.Fields.List {
		if field.Tag == nil || !strings.Contains(field.Tag.Value, `json:"`) {
			continue
		}
		tagged = true
		for _, ident := range field.Names {
			comments[name+"."+ident.Name] = oneLine(field.Doc)
		}
	}
	if !tagged {
		return
	}
	doc := spec.Doc
	if doc == nil {
		doc = general.Doc
	}
	comments[name] = oneLine(doc)
}

func oneLine(group *ast.CommentGroup) string { return strings.Join(strings.Fields(group.Text()), " ") }
