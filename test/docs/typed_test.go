package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/test/docs/book"
)

// makeTargets are those of the Makefile.
func makeTargets(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	targets := map[string]bool{}
	for _, found := range regexp.MustCompile(`(?m)^([a-z0-9-]+):`).FindAllStringSubmatch(string(text), -1) {
		targets[found[1]] = true
	}
	return targets
}

func TestMake_HasTheTargetsThatPagesType(t *testing.T) {
	targets, typed := makeTargets(t), 0
	for _, page := range pages(t) {
		for _, command := range page.Commands("make") {
			args, is := command.Of("make")
			for i := 0; is && i < len(args); i++ {
				switch {
				case args[i] == "-C" || args[i] == "-f":
					i++
				case strings.HasPrefix(args[i], "-") || strings.Contains(args[i], "="):
				case !targets[args[i]]:
					t.Errorf("%s: the Makefile has no target %q", command.Place, args[i])
				default:
					typed++
				}
			}
		}
	}
	if typed < 30 {
		t.Errorf("only %d were found", typed)
	}
}

// program is what the sources of cmd/bootstrap say that it takes: by verb, the
// words that may follow it and the names of its flags.
type program struct {
	words, flags map[string]map[string]bool
}

// function is what one function of cmd/bootstrap has to do with a command line.
type function struct {
	// verbs are its cases, and the function that each of them calls.
	verbs map[string]string
	calls []string
	flags []string
}

// bootstrapProgram reads the verbs off the cases of run's switch, and what each
// takes off the functions that it comes to by way of others.
func bootstrapProgram(t *testing.T) program {
	t.Helper()
	functions := map[string]*function{}
	sources, err := filepath.Glob(filepath.Join(root, "cmd/bootstrap/*.go"))
	if err != nil || len(sources) == 0 {
		t.Fatalf("reading cmd/bootstrap: %v, %v", sources, err)
	}
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declared := range file.Decls {
			if f, ok := declared.(*ast.FuncDecl); ok {
				functions[f.Name.Name] = functionOf(f)
			}
		}
	}
	p := program{map[string]map[string]bool{}, map[string]map[string]bool{}}
	for verb, handler := range functions["run"].verbs {
		p.words[verb], p.flags[verb] = map[string]bool{}, map[string]bool{"help": true, "h": true}
		for open, seen := []string{handler}, map[string]bool{}; len(open) > 0; open = open[1:] {
			f := functions[open[0]]
			if f == nil || seen[open[0]] {
				continue
			}
			seen[open[0]], open = true, append(open, f.calls...)
			for word := range f.verbs {
				p.words[verb][word] = true
			}
			for _, flag := range f.flags {
				p.flags[verb][flag] = true
			}
		}
	}
	return p
}

func functionOf(declared *ast.FuncDecl) *function {
	f := &function{verbs: map[string]string{}}
	ast.Inspect(declared, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CaseClause:
			called := functionOf(&ast.FuncDecl{Name: declared.Name, Type: declared.Type, Body: &ast.BlockStmt{List: n.Body}}).calls
			for _, value := range n.List {
				if text, ok := literal(value); ok {
					f.verbs[text] = strings.Join(called[:min(1, len(called))], "")
				}
			}
		case *ast.CallExpr:
			if called, ok := n.Fun.(*ast.Ident); ok {
				f.calls = append(f.calls, called.Name)
			}
			if on, ok := n.Fun.(*ast.SelectorExpr); ok {
				f.flags = append(f.flags, flagOf(on, n.Args)...)
			}
		}
		return true
	})
	return f
}

// flagOf is the flag that a call of a flag set defines, if it is one.
func flagOf(called *ast.SelectorExpr, args []ast.Expr) []string {
	if of, ok := called.X.(*ast.Ident); !ok || of.Name != "flags" {
		return nil
	}
	for _, argument := range args[:min(2, len(args))] {
		if text, ok := literal(argument); ok {
			return []string{text}
		}
	}
	return nil
}

func literal(e ast.Expr) (string, bool) {
	basic, ok := e.(*ast.BasicLit)
	if !ok || basic.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(basic.Value)
	return text, err == nil
}

// bootstrapImage is how pages name it.
var bootstrapImage = regexp.MustCompile(`^(?:IMAGE|.*/bootstrap(?:[:@].*)?)$`)

// bootstrapArgs are what a command gives to the bootstrap program, if it is one
// that runs it.
func bootstrapArgs(command book.Command) []string {
	if args, is := command.Of("bootstrap"); is {
		return args
	}
	for _, engine := range []string{"docker run", "podman run"} {
		args, is := command.Of(engine)
		for is && len(args) > 0 {
			image := args[0]
			if args = args[1:]; bootstrapImage.MatchString(image) {
				return args
			}
		}
	}
	return nil
}

func TestBootstrap_HasTheVerbsAndFlagsThatPagesType(t *testing.T) {
	p, typed := bootstrapProgram(t), 0
	if p.words["apply"] == nil || p.words["aply"] != nil || !p.flags["apply"]["bundle-sha256"] || p.flags["reset"]["bundle-sha256"] ||
		!p.flags["token"]["ttl"] || !p.flags["init"]["extra-san"] || !p.words["etcd"]["snapshot"] {
		t.Fatalf("the sources of cmd/bootstrap are not read rightly: %v", p)
	}
	for _, page := range pages(t) {
		for _, command := range page.Commands("docker run", "podman run", "bootstrap") {
			args := bootstrapArgs(command)
			if len(args) == 0 {
				continue
			}
			typed++
			verb := args[0]
			if p.words[verb] == nil {
				t.Errorf("%s: bootstrap has no verb %q", command.Place, verb)
				continue
			}
			if len(p.words[verb]) > 0 && len(args) > 1 && !p.words[verb][args[1]] {
				t.Errorf("%s: bootstrap %s has no %q", command.Place, verb, args[1])
			}
			for _, word := range args[1:] {
				name, _, _ := strings.Cut(strings.Trim(word, "[]"), "=")
				if flag, is := strings.CutPrefix(name, "-"); is && flag != "" && !p.flags[verb][strings.TrimPrefix(flag, "-")] {
					t.Errorf("%s: bootstrap %s has no flag %s", command.Place, verb, name)
				}
			}
		}
	}
	if typed < 15 {
		t.Errorf("only %d were found", typed)
	}
}

// bootstrapPages are about the bootstrap, so the flags that they name are its
// own; these are not.
var (
	bootstrapPages = []string{"docs/targets/docker-run.md", "docs/adr/0010-hosts-join-by-a-token-and-a-pin.md"}
	enginesFlags   = []string{"--privileged"}
)

func TestBootstrap_HasTheFlagsThatItsPagesName(t *testing.T) {
	p, named := bootstrapProgram(t), 0
	known := map[string]bool{}
	for _, flags := range p.flags {
		for name := range flags {
			known["--"+name] = true
		}
	}
	for _, path := range bootstrapPages {
		for _, span := range read(t, path).Spans() {
			name, _, _ := strings.Cut(strings.Fields(span.Text)[0], "=")
			if len(name) < 3 || !strings.HasPrefix(name, "-") || slices.Contains(enginesFlags, name) {
				continue
			}
			if named++; !known[name] {
				t.Errorf("%s: bootstrap has no flag %s", span.Place, name)
			}
		}
	}
	if named < 10 {
		t.Errorf("only %d were found", named)
	}
}
