package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
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

// program is what the sources of cmd/bootstrap say that it takes.
type program struct {
	verbs map[string]bool
	flags map[string]bool
}

// bootstrapProgram reads the verbs off the cases of its switches, and the names
// of flags off the calls that define them.
func bootstrapProgram(t *testing.T) program {
	t.Helper()
	p := program{map[string]bool{}, map[string]bool{"help": true, "h": true}}
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
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CaseClause:
				for _, value := range n.List {
					if text, ok := literal(value); ok {
						p.verbs[text] = true
					}
				}
			case *ast.CallExpr:
				on, ok := n.Fun.(*ast.SelectorExpr)
				if x, named := on, ok; named {
					if of, ok := x.X.(*ast.Ident); !ok || of.Name != "flags" {
						return true
					}
					for _, argument := range n.Args[:min(2, len(n.Args))] {
						if text, ok := literal(argument); ok {
							p.flags[text] = true
							break
						}
					}
				}
			}
			return true
		})
	}
	return p
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

func TestBootstrap_HasTheVerbsAndFlagsThatPagesType(t *testing.T) {
	p, typed := bootstrapProgram(t), 0
	if !p.verbs["apply"] || p.verbs["aply"] || !p.flags["bundle-sha256"] || p.flags["bundle-sha1"] {
		t.Fatalf("the sources of cmd/bootstrap are not read rightly: %v", p)
	}
	for _, page := range pages(t) {
		for _, command := range page.Commands("docker run", "podman run") {
			args, is := command.Of("docker run")
			if other, podman := command.Of("podman run"); podman {
				args, is = other, true
			}
			for is && len(args) > 0 && !bootstrapImage.MatchString(args[0]) {
				args = args[1:]
			}
			if !is || len(args) < 2 {
				continue
			}
			typed++
			if verb := args[1]; !p.verbs[verb] {
				t.Errorf("%s: bootstrap has no verb %q", command.Place, verb)
			}
			for _, word := range args[2:] {
				name, _, _ := strings.Cut(strings.Trim(word, "[]"), "=")
				if flag, is := strings.CutPrefix(name, "--"); is && !p.flags[flag] {
					t.Errorf("%s: bootstrap %s has no flag %s", command.Place, args[1], name)
				}
			}
		}
	}
	if typed < 10 {
		t.Errorf("only %d were found", typed)
	}
}
