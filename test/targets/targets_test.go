// Package targets_test holds docs/new-target.md to the truth: the target that
// it walks through is the one of the folder toy, and that one works.
package targets_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/cli"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/test/targets/toy"
)

func TestPage_HasEveryFileOfTheToy(t *testing.T) {
	page, err := os.ReadFile("../../docs/new-target.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]string{}
	for _, found := range regexp.MustCompile("(?s)`toy/([a-z]+\\.go)`(?:[^\n]|\n[^\n])*\n\n```go\n(.*?)```\n").FindAllSubmatch(page, -1) {
		shown[string(found[1])] = string(found[2])
	}
	files, err := filepath.Glob("toy/*.go")
	if err != nil || len(files) == 0 || len(files) != len(shown) {
		t.Errorf("the toy has the files %q, the page shows %d (%v)", files, len(shown), err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(text), shown[filepath.Base(name)]); diff != "" {
			t.Errorf("%s (-file +page):\n%s", name, diff)
		}
	}
}

// desk is a user's machine whose program has the toy among its targets.
type desk struct {
	home, folder string
}

func newDesk(t *testing.T) desk {
	t.Helper()
	work := t.TempDir()
	d := desk{home: filepath.Join(work, "home"), folder: filepath.Join(work, "hosts")}
	for _, dir := range []string{d.home, d.folder} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("HOME", d.home)
	t.Setenv("KUBECONFIG", "")
	t.Setenv("KUBERNETES_ANYWHERE_CACHE", filepath.Join(work, "cache"))
	t.Chdir(work)
	return d
}

// config writes one with so many workers.
func (d desk) config(t *testing.T, workers int, folder string) string {
	t.Helper()
	text := fmt.Sprintf(`{"apiVersion": "kubernetes-anywhere.io/v1alpha1", "kind": "Cluster", "metadata": {"name": "demo"},
  "spec": {"target": "toy", "pools": [{"name": "workers", "count": %d}], "toy": {"folder": %q}}}`, workers, folder)
	if err := os.WriteFile("toy.json", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return "toy.json"
}

// run types a command, and gives its exit code and all that it said.
func run(t *testing.T, args ...string) (code int, said string) {
	t.Helper()
	var out bytes.Buffer
	root := cli.New(cli.Environment{
		IOStreams: genericiooptions.IOStreams{In: strings.NewReader(""), Out: &out, ErrOut: &out},
		Targets:   []target.Target{toy.Target{}},
		Getenv:    func(string) string { return "" },
		Reachable: func(context.Context, string) error { return nil },
	})
	root.SetArgs(args)
	code = cli.Report(&out, root.ExecuteContext(t.Context()))
	t.Logf("kubectl anywhere %q exited %d\n%s", args, code, out.String())
	return code, out.String()
}

func (d desk) hosts(t *testing.T) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(d.folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// The life that the page promises, by the real commands and the real engine.
func TestToy_IsProvisionedChangedAndDeleted(t *testing.T) {
	d := newDesk(t)
	if code, said := run(t, "provision", "-f", d.config(t, 1, d.folder)); code != 0 || !strings.Contains(said, "3 created") {
		t.Fatalf("exit %d", code)
	}
	if got := d.hosts(t); !slices.Equal(got, []string{"demo-control-plane-1", "demo-workers-1"}) {
		t.Errorf("there are %q", got)
	}
	bundle := func(host string) string {
		text, err := os.ReadFile(filepath.Join(d.folder, host, "bundle"))
		if err != nil || !strings.Contains(string(text), "BEGIN CERTIFICATE") {
			t.Errorf("the bundle of %s: %.100s, %v", host, text, err)
		}
		return string(text)
	}
	if !strings.Contains(bundle("demo-control-plane-1"), "PRIVATE KEY") || strings.Contains(bundle("demo-workers-1"), "PRIVATE KEY") {
		t.Error("a control plane has no keys, or a worker has some")
	}
	if script, err := os.ReadFile(filepath.Join(d.folder, "demo-workers-1", "userData")); err != nil || !bytes.HasPrefix(script, []byte("#!/bin/sh\n")) {
		t.Errorf("the first-boot script is %.100s, %v", script, err)
	}
	if code, said := run(t, "provision", "demo"); code != 0 || !strings.Contains(said, "nothing to change") {
		t.Errorf("the second time: exit %d", code)
	}
	if code, _ := run(t, "provision", "-f", d.config(t, 2, d.folder)); code != 0 || len(d.hosts(t)) != 3 {
		t.Errorf("one worker more: exit %d, there are %q", code, d.hosts(t))
	}
	if code, _ := run(t, "delete", "demo"); code != 0 || len(d.hosts(t)) != 0 {
		t.Errorf("deleted: exit %d, there are %q", code, d.hosts(t))
	}
}

func TestToy_IsRefusedBeforeAnythingIsTouched(t *testing.T) {
	d := newDesk(t)
	for folder, want := range map[string]string{"hosts": "depends on where you are", d.folder + "/absent": "there is no folder"} {
		if code, said := run(t, "provision", "-f", d.config(t, 1, folder)); code != cli.ExitUsage || !strings.Contains(said, want) {
			t.Errorf("%s: exit %d, %q is not said", folder, code, want)
		}
	}
	if got := d.hosts(t); len(got) != 0 {
		t.Errorf("there are %q", got)
	}
}

// Every byte is shown beforehand, of this target as of any other.
func TestToy_IsRendered(t *testing.T) {
	d := newDesk(t)
	if code, _ := run(t, "render", "-f", d.config(t, 1, d.folder), "--to", "rendered"); code != 0 {
		t.Fatalf("exit %d", code)
	}
	found := ""
	err := filepath.WalkDir("rendered", func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		found += string(text)
		return err
	})
	if err != nil || !strings.Contains(found, "toy:index:Host") || strings.Contains(found, "PRIVATE KEY") {
		t.Errorf("the hosts are not shown, or keys are: %v", err)
	}
}

// What the page promises of the block: everything that asks for fields goes by
// it.
func TestToy_IsExplainedAskedForAndCompleted(t *testing.T) {
	newDesk(t)
	for want, args := range map[string][]string{
		"FIELD: folder <string>": {"explain", "spec.toy.folder"},
		"toy\n":                  {"__complete", "config", "--target", ""},
		"is written":             {"config", "--target", "toy", "--set", "spec.toy.folder=/srv/toy", "-f", "asked.json", "--yes"},
	} {
		if code, said := run(t, args...); code != 0 || !strings.Contains(said, want) {
			t.Errorf("%q: exit %d, %q is not said", args, code, want)
		}
	}
	text, err := os.ReadFile("asked.json")
	if err != nil || !strings.Contains(string(text), `"/srv/toy"`) {
		t.Errorf("the config that was asked for is %s, %v", text, err)
	}
}
