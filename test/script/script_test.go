// Package script_test runs the plugin's commands as a user types them: each
// file of testdata is one story, with the files it needs and what it must say.
package script_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/cli"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/targets"
)

var update = flag.Bool("update", false, "write the outputs that scripts compare with anew")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kubectl-anywhere": plugin})
}

// plugin is the command as cmd/kubectl-anywhere wires it, but that no
// registry is asked for anything.
func plugin() {
	os.Exit(cli.Run(context.Background(), cli.Environment{
		IOStreams: genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr},
		Targets:   targets.All(),
		Getenv:    os.Getenv,
		Reachable: func(context.Context, string) error { return nil },
	}, os.Args[1:]))
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			// No program but the plugin, whose folder comes first; no Docker, no
			// cache of images, no cluster and no kubeconfig.
			env.Setenv("PATH", filepath.SplitList(env.Getenv("PATH"))[0])
			env.Setenv("KUBECONFIG", "")
			env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
			examples, err := filepath.Abs(filepath.Join("..", "..", "examples"))
			if err != nil {
				return err
			}
			env.Setenv("EXAMPLES", examples)
			env.Setenv("DOCKER_HOST", "unix:///nonexistent")
			env.Setenv("KUBERNETES_ANYWHERE_CACHE", filepath.Join(env.WorkDir, "cache"))
			return os.Mkdir(filepath.Join(env.WorkDir, "home"), 0o700)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":    exits,
			"same":     same,
			"nosecret": noSecret,
			"filled":   filled,
		},
	})
}
