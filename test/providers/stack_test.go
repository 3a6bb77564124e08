// Package providers_test runs the programs of clouds with the real engine and
// the published providers' own upstream code, against emulators:
// 'make test-providers'.
package providers_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// cloud is an emulator, as far as both are alike.
type cloud interface {
	http.Handler
	// Refused are the requests that it refused, and why.
	Refused() []string
}

// published is a target whose provider is a plugin.
type published interface {
	target.Target
	target.Published
}

// stack is a stack whose provider is upstream's.
type stack struct {
	*engine.Stack
	of       published
	emulator cloud
	// block is the target's block of the smallest config.
	block map[string]any
}

// open opens a stack, with the plugin told by variables where its emulator is.
func open(t *testing.T, of published, emulator cloud, block map[string]any, variables func(url string) map[string]string) *stack {
	t.Helper()
	plugins := os.Getenv("ANYWHERE_PROVIDERS")
	if plugins == "" {
		t.Skip("ANYWHERE_PROVIDERS names no folder with the plugins: 'make test-providers' builds them")
	}
	server := httptest.NewServer(emulator)
	t.Cleanup(server.Close)
	for name, value := range variables(server.URL) {
		t.Setenv(name, value)
	}
	folder, pinned := t.TempDir(), []engine.Plugin{}
	for _, p := range of.Plugins() {
		pinned = append(pinned, engine.Plugin{Name: p.Name, Version: p.Version})
	}
	opened, err := engine.Open(t.Context(), engine.Options{
		Project: "kubernetes-anywhere", Stack: "one", Passphrase: "open sesame",
		Backend: "file://" + filepath.Join(folder, "state"), Home: filepath.Join(folder, "home"),
		Providers: of.Providers(), Plugins: pinned, PluginDir: plugins,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = opened.Close() })
	return &stack{Stack: opened, of: of, emulator: emulator, block: block}
}

// inputs are those of a cluster; change is done to its spec.
func (s *stack) inputs(t *testing.T, change func(spec map[string]any)) target.Inputs {
	t.Helper()
	block := map[string]any{}
	for key, value := range s.block {
		block[key] = value
	}
	spec := map[string]any{
		"target": s.of.Name(), s.of.Name(): block,
		"controlPlane": map[string]any{"count": 1},
		"pools":        []any{map[string]any{"name": "workers", "count": 3}, map[string]any{"name": "spot", "count": 1, "max": 5, "spot": true}},
	}
	if change != nil {
		change(spec)
	}
	document, err := json.Marshal(map[string]any{
		"apiVersion": config.APIVersion, "kind": config.Kind, "metadata": map[string]any{"name": "one"}, "spec": spec,
	})
	if err != nil {
		t.Fatal(err)
	}
	cluster, report := config.Load("cluster.json", document, map[string]func() config.Block{s.of.Name(): s.of.Block})
	if !report.Empty() {
		t.Fatalf("the config is refused: %+v", report.Problems)
	}
	return target.Inputs{Cluster: cluster, BootstrapImage: "registry.example.com/bootstrap@sha256:" + strings.Repeat("0123456789abcdef", 4)}
}

// log tells what changes, and whatever fails.
func (s *stack) log(t *testing.T) func(engine.Event) {
	return func(e engine.Event) {
		if e.Message != "" || e.Err != "" || (e.Kind == engine.Done && e.Op != "same" && e.Op != "create" && e.Op != "delete" && e.Op != "refresh") {
			t.Logf("%v %s %s %v %s %s", e.Kind, e.Op, e.Name, e.Diff, e.Message, e.Err)
		}
	}
}

func (s *stack) up(t *testing.T, in target.Inputs) engine.Changes {
	t.Helper()
	changes, err := s.Up(t.Context(), s.of.Program(in), s.log(t))
	if err != nil {
		t.Fatalf("up: %v\nthe emulator refused\n%s", err, strings.Join(s.emulator.Refused(), "\n"))
	}
	return changes
}
