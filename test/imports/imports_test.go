// Package imports_test keeps the rules of who may import whom. Each rule says
// why it is there, so that whoever breaks one can tell what it protects.
package imports_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/kubernetes-anywhere/kubernetes-anywhere"

// rule says that only some packages may import what begins with a prefix.
type rule struct {
	prefix string
	// except names what begins with the prefix and is free all the same.
	except []string
	// only are the packages, below the module, that may import it.
	only []string
	why  string
}

var rules = []rule{
	{
		prefix: "github.com/pulumi/pulumi/pkg/",
		only:   []string{"pulumi/engine"},
		why:    "it promises no stability: one package stands between it and the rest",
	},
	{
		prefix: "k8s.io/client-go",
		only:   []string{"internal/kube", "internal/kube/kubetest", "internal/localstorage"},
		why:    "one client, one way to reach a cluster: with its own kubeconfig; the library that volumes are made with wants a client of its own, and runs in a pod",
	},
	{
		prefix: "github.com/spf13/cobra",
		only:   []string{"internal/cli"},
		why:    "commands are one layer; what they do works without them",
	},
	{
		prefix: "github.com/charmbracelet/",
		only:   []string{"internal/wizard"},
		why:    "forms are drawn in one place; all else prints plain text",
	},
	{
		prefix: "sigs.k8s.io/kustomize/api",
		only:   []string{"internal/addon"},
		why:    "krusty keeps a process-global schema: builds are made one at a time, in one place",
	},
	{
		prefix: "github.com/docker/docker",
		only:   []string{"pulumi/local"},
		why:    "only the local target's hosts are containers",
	},
	{
		prefix: "golang.org/x/crypto/ssh",
		only:   []string{"pulumi/baremetal"},
		why:    "only the baremetal target logs in to hosts",
	},
	{prefix: "github.com/pulumi/pulumi-gcp", only: []string{"pulumi/gcp"}, why: "clouds never import each other's SDKs"},
	{prefix: "github.com/pulumi/pulumi-aws", only: []string{"pulumi/aws"}, why: "clouds never import each other's SDKs"},
	{prefix: "github.com/pulumi/pulumi-azure", only: []string{"pulumi/azure"}, why: "clouds never import each other's SDKs"},
	{
		prefix: "google.golang.org/api",
		only:   []string{"pulumi/gcp"},
		why:    "a vendor's SDK is known to its own target, and to the two packages that a machine of the cloud asks with",
	},
	{
		prefix: "github.com/aws/aws-sdk-go",
		only:   []string{"pulumi/aws", "bootstrap-image/store", "bootstrap-image/metadata"},
		why:    "a vendor's SDK is known to its own target, and to the two packages that a machine of the cloud asks with",
	},
	{
		prefix: "github.com/Azure/azure-sdk-for-go",
		only:   []string{"pulumi/azure", "bootstrap-image/store", "bootstrap-image/metadata"},
		why:    "a vendor's SDK is known to its own target, and to the two packages that a machine of the cloud asks with",
	},
	{
		prefix: "cloud.google.com/go",
		only:   []string{"pulumi/gcp", "bootstrap-image/store", "bootstrap-image/metadata"},
		why:    "a vendor's SDK is known to its own target, and to the two packages that a machine of the cloud asks with",
	},
}

// listed is what 'go list' says of a package.
type listed struct {
	ImportPath                         string
	Dir                                string
	Imports, TestImports, XTestImports []string
	Deps                               []string
	GoFiles, TestGoFiles, XTestGoFiles []string
}

func list(t *testing.T, args ...string) []listed {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json"}, args...)...)
	cmd.Dir = filepath.Join("..", "..")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("listing packages: %v\n%s", err, stderr.String())
	}
	var all []listed
	decoder := json.NewDecoder(bytes.NewReader(out))
	for {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) == 0 {
		t.Fatal("no package was listed")
	}
	return all
}

func TestImports_FollowTheRules(t *testing.T) {
	for _, p := range list(t, "./...") {
		where := strings.TrimPrefix(p.ImportPath, module+"/")
		for _, imported := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			for _, r := range rules {
				if strings.HasPrefix(imported, r.prefix) && !slices.Contains(r.except, imported) && !slices.Contains(r.only, where) {
					t.Errorf("%s imports %s, which only %v may: %s", where, imported, r.only, r.why)
				}
			}
		}
	}
}

func TestClouds_KnowNothingOfEachOther(t *testing.T) {
	clouds := []string{"gcp", "aws", "azure"}
	for _, p := range list(t, "./pulumi/...") {
		where := strings.TrimPrefix(p.ImportPath, module+"/")
		for _, imported := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			for _, cloud := range clouds {
				own := module + "/pulumi/" + cloud
				if (imported == own || strings.HasPrefix(imported, own+"/")) && !strings.HasPrefix(where+"/", "pulumi/"+cloud+"/") {
					t.Errorf("%s imports %s: what targets share is data, in pulumi/target", where, imported)
				}
			}
		}
	}
}

func TestBootstrap_LinksNoPulumi(t *testing.T) {
	for _, p := range list(t, "./cmd/bootstrap") {
		for _, d := range p.Deps {
			if strings.Contains(d, "pulumi/pulumi") {
				t.Errorf("cmd/bootstrap links %s: phase 2 knows nothing of phase 1", d)
			}
		}
	}
}

// processEdge are the names that only cmd/ may use.
var processEdge = map[string]string{"Exit": "", "Args": "", "Stdin": "", "Stdout": "", "Stderr": ""}

func TestProcessEdge_IsInCmdOnly(t *testing.T) {
	walkSources(t, func(where, file string, tree *ast.File) {
		if strings.HasPrefix(where, "cmd/") || strings.HasSuffix(file, "_test.go") {
			return
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := selector.X.(*ast.Ident); ok && x.Name == "os" {
				if _, edge := processEdge[selector.Sel.Name]; edge {
					t.Errorf("%s uses os.%s: only cmd/ sees the process's arguments, streams and exit", file, selector.Sel.Name)
				}
			}
			return true
		})
	})
}

func TestSources_HaveNoInit(t *testing.T) {
	walkSources(t, func(_, file string, tree *ast.File) {
		for _, d := range tree.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s has an init: what runs before main is wired by hand in main", file)
			}
		}
	})
}

func walkSources(t *testing.T, visit func(where, file string, tree *ast.File)) {
	t.Helper()
	for _, p := range list(t, "./...") {
		where := strings.TrimPrefix(p.ImportPath, module+"/")
		for _, name := range slices.Concat(p.GoFiles, p.TestGoFiles, p.XTestGoFiles) {
			file := filepath.Join(p.Dir, name)
			tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			visit(where, where+"/"+name, tree)
		}
	}
}
