package engine_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine/enginetest"
)

// pluginWorld names the world of the process that plays the plugin.
const pluginWorld = "ENGINE_TEST_PLUGIN_WORLD"

func testPlugin(source string) engine.Plugin {
	return engine.Plugin{Name: enginetest.Package, Version: "1.2.3", Source: source}
}

// pluginProgram is a plugin: a script that starts this very test program.
func pluginProgram(world string) string {
	return fmt.Sprintf("#!/bin/sh\n%s='%s' exec '%s' -test.run='^TestPluginChild$'\n", pluginWorld, world, os.Args[0])
}

// TestPluginChild is the plugin: it says its port and serves until it is
// killed.
func TestPluginChild(t *testing.T) {
	file := os.Getenv(pluginWorld)
	if file == "" {
		t.Skip("only runs as a plugin")
	}
	world, err := enginetest.OpenWorld(file)
	if err != nil {
		t.Fatal(err)
	}
	provider, err := world.Provider()
	if err != nil {
		t.Fatal(err)
	}
	port, _, err := engine.Serve(provider)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(port)
	select {}
}

// publish serves an archive with these files under the plugin's name.
func publish(t *testing.T, files map[string]string) string {
	t.Helper()
	var archive bytes.Buffer
	zipped := gzip.NewWriter(&archive)
	tarred := tar.NewWriter(zipped)
	for name, content := range files {
		if err := tarred.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(content)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := tarred.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(tarred.Close(), zipped.Close()); err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("/pulumi-resource-%s-v1.2.3-%s-%s.tar.gz", enginetest.Package, runtime.GOOS, runtime.GOARCH)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != name {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(archive.Bytes())
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestFetchPlugins_GetsWhatIsMissingAndTheEngineRunsIt(t *testing.T) {
	folder := t.TempDir()
	world := filepath.Join(folder, "world.json")
	plugins := filepath.Join(folder, "plugins")
	plugin := testPlugin(publish(t, map[string]string{"pulumi-resource-enginetest": pluginProgram(world)}))

	var told int64
	watch := func(_ engine.Plugin, received, _ int64) { told = received }
	if err := engine.FetchPlugins(t.Context(), plugins, []engine.Plugin{plugin}, watch); err != nil {
		t.Fatal(err)
	}
	if told == 0 {
		t.Error("nothing was told of the download")
	}
	told = 0
	if err := engine.FetchPlugins(t.Context(), plugins, []engine.Plugin{plugin}, watch); err != nil || told != 0 {
		t.Errorf("the second fetch got %d bytes again, error %v", told, err)
	}

	b := &bench{}
	b.options = pluginOptions(folder, plugins, plugin)
	b.reopen(t)
	want(t, "up by the plugin", b.up(t, enginetest.Named("a", "b")), engine.Changes{Create: 2})
	made, err := enginetest.OpenWorld(world)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "what the plugin made", made.Names(), []string{"a", "b"})
	want(t, "again", b.up(t, enginetest.Named("a", "b")), engine.Changes{Same: 2})
}

func pluginOptions(folder, plugins string, plugin engine.Plugin) engine.Options {
	return engine.Options{
		Project: "kubernetes-anywhere", Stack: "plugins",
		Backend:    "file://" + filepath.Join(folder, "state"),
		Home:       filepath.Join(folder, "home"),
		Passphrase: "open sesame",
		Plugins:    []engine.Plugin{plugin}, PluginDir: plugins,
	}
}

func TestPluginDir_TakesAProgramThatLiesThereByItself(t *testing.T) {
	folder := t.TempDir()
	world := filepath.Join(folder, "world.json")
	if err := os.WriteFile(filepath.Join(folder, "pulumi-resource-enginetest"), []byte(pluginProgram(world)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := engine.CheckPlugins(folder, []engine.Plugin{testPlugin("")}); err != nil {
		t.Fatal(err)
	}
	b := &bench{}
	b.options = pluginOptions(folder, folder, testPlugin(""))
	b.reopen(t)
	want(t, "up by the plugin", b.up(t, enginetest.Named("a")), engine.Changes{Create: 1})
}

func TestUp_FetchesNoPluginByItself(t *testing.T) {
	folder := t.TempDir()
	asked := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer server.Close()
	b := &bench{}
	b.options = pluginOptions(folder, folder, testPlugin(server.URL))
	b.reopen(t)
	_, err := b.Up(t.Context(), enginetest.Named("a").Program(), nil)
	if err == nil || !strings.Contains(err.Error(), enginetest.Package) {
		t.Errorf("up without its plugin: error %v", err)
	}
	if asked {
		t.Error("the engine asked for the plugin")
	}
	var missing *engine.MissingPlugin
	if err := engine.CheckPlugins(folder, []engine.Plugin{testPlugin("")}); !errors.As(err, &missing) || missing.Plugin.Name != enginetest.Package {
		t.Errorf("checking an empty folder: error %v", err)
	}
}

func TestFetchPlugins_LeavesNothingOfWhatFailed(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, test := range map[string]struct {
		ctx   context.Context
		files map[string]string
		says  string
	}{
		"an archive without the program": {t.Context(), map[string]string{"README.md": "read me"}, "holds no pulumi-resource-enginetest"},
		"interrupted":                    {cancelled, map[string]string{"pulumi-resource-enginetest": "x"}, "context canceled"},
	} {
		folder := t.TempDir()
		err := engine.FetchPlugins(test.ctx, folder, []engine.Plugin{testPlugin(publish(t, test.files))}, func(engine.Plugin, int64, int64) {})
		if err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: error %v, want %q in it", name, err, test.says)
		}
		if left, _ := os.ReadDir(folder); len(left) > 0 {
			t.Errorf("%s: left %v", name, left)
		}
	}
}
