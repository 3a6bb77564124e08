// Package terminal_test drives the plugin's wizard as a person does: in a
// terminal, with keys, looking at the screen; and line by line through a pipe.
package terminal_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// plugin is the program that is driven.
var plugin string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

// run builds the plugin, unless ANYWHERE_PLUGIN names one.
func run(m *testing.M) int {
	if plugin = os.Getenv("ANYWHERE_PLUGIN"); plugin != "" {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "terminal-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	plugin = filepath.Join(dir, "kubectl-anywhere")
	build := exec.Command("go", "build", "-o", plugin, "../../cmd/kubectl-anywhere")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the plugin: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// call runs the plugin with a standard input that is no terminal.
func call(t *testing.T, dir, input string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := exec.Command(plugin, args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(input)
	cmd.Env = append(os.Environ(), "HOME="+dir, "KUBECONFIG=")
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// has looks for words in what a command said.
func has(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%q is not in\n%s", word, text)
		}
	}
}

// accepted has the plugin read a config and render all that it makes.
func accepted(t *testing.T, dir, said string) {
	t.Helper()
	code, stdout, stderr := call(t, dir, "", "config", "validate")
	if code != 0 || !strings.Contains(stdout, said) {
		t.Errorf("validate: exit %d, %s%s", code, stdout, stderr)
	}
	if code, _, stderr := call(t, dir, "", "render", "--to", "rendered"); code != 0 {
		t.Errorf("render: exit %d, %s", code, stderr)
	}
	if _, err := os.Stat(filepath.Join(dir, "rendered", "1-provision")); err != nil {
		t.Error(err)
	}
}

func TestWizard_MakesAClusterOnThisMachineInATerminal(t *testing.T) {
	term := start(t, 80, 24, plugin+" config")
	records(t, "name", term.await("┃ Name", "> anywhere"))
	term.press("C-u")
	term.write("terminal")
	term.press("Enter")
	records(t, "target", term.await("Name  terminal", "> local  (default)"))
	term.press("Enter")
	term.await("┃ Kubernetes version")
	term.press("Enter")
	term.await("┃ Count", "> 1  (default)")
	term.press("Down", "Enter")
	records(t, "pools", term.await("┃ Pools", "Edit workers (count 2)"))

	// Back once, to another answer.
	term.press("BTab")
	term.await("┃ Count", "> 3")
	term.press("Up", "Enter")
	term.await("┃ Pools")
	term.press("Enter")
	for _, question := range []string{"Layer", "Policy", "Proxy mode"} {
		term.await("┃ " + question)
		term.press("Enter")
	}

	// What cannot be is refused on the spot, and why.
	term.await("┃ Pod CIDR")
	term.write("10.244.0.1/16")
	term.press("Enter")
	records(t, "refused", term.await("┃ > 10.244.0.1/16", "! ", "fix: write \"10.244.0.0/16\""))
	term.press("C-u")
	term.write("10.200.0.0/16")
	term.press("Enter")
	for _, question := range []string{"Service CIDR", "Node CIDR", "DNS domain", "Further settings?"} {
		term.await("┃ " + question)
		term.press("Enter")
	}
	records(t, "summary", term.await("┃ Write it?", "1 control plane, 2 workers", "spec.network.podCIDR: 10.200.0.0/16 (default 10.244.0.0/16)"))
	if _, err := os.Stat(filepath.Join(term.dir, ".config.json")); err == nil {
		t.Error("the file is there before it was to be written")
	}
	term.press("Enter")
	term.await(".config.json is written.", "Next: kubectl anywhere preview", "exit 0")

	data, err := os.ReadFile(filepath.Join(term.dir, ".config.json"))
	if err != nil {
		t.Fatal(err)
	}
	has(t, string(data), `"$schema": "https://`, `"name": "terminal"`, `"podCIDR": "10.200.0.0/16"`)
	if strings.Contains(string(data), "count") || strings.Contains(string(data), "serviceCIDR") {
		t.Errorf("a default is written:\n%s", data)
	}
	accepted(t, term.dir, ".config.json: valid: cluster terminal on local")
	// What create would do of it, and does unless something is in the way here.
	code, stdout, stderr := call(t, term.dir, "", "preview")
	if code != 0 {
		t.Errorf("preview: exit %d, %s", code, stderr)
	}
	has(t, stdout, "1 Provision: 5 to create", "+ Host terminal-workers-2")
}

func TestWizard_MakesAClusterOnACloudInATerminal(t *testing.T) {
	term := start(t, 120, 40, plugin+" config")
	term.await("┃ Name")
	term.press("Enter")
	term.await("┃ Target", "> local")
	term.press("/")
	term.await("┃ /")
	term.write("gcp")
	term.await("> gcp")
	term.press("Enter")
	term.await("┃ Kubernetes version")
	term.press("Enter")
	term.await("┃ Project", "such as my-project")
	term.press("Enter")
	records(t, "missing", term.await("! is missing"))
	term.write("my-project")
	term.press("Enter")
	term.await("┃ Region", "usual: us-central1")
	term.write("europe-west4")
	term.press("Enter")
	records(t, "cloud", term.await("┃ Zones", "europe-west4-a", "Region   europe-west4"))
	for range 30 {
		screen := term.screen()
		if strings.Contains(screen, "┃ Write it?") {
			break
		}
		term.press("Enter")
		changes(term, screen)
	}
	records(t, "bill", term.await("┃ Write it?", "Billed while the cluster exists", "e2-standard-2", "spec.gcp.region: europe-west4"))
	term.press("Enter")
	term.await("exit 0")
	accepted(t, term.dir, "cluster anywhere on gcp")
}

// changes waits until the screen is another one.
func changes(term *terminal, from string) {
	term.t.Helper()
	for range 600 {
		if term.screen() != from {
			return
		}
	}
	term.t.Fatalf("nothing changes any more:\n%s", from)
}

func TestWizard_LeavesEverythingAsItWasWhenInterrupted(t *testing.T) {
	term := start(t, 80, 24, plugin+" config")
	term.await("┃ Name")
	term.press("C-c")
	term.await("interrupted: asking for a config, of which nothing is written", "exit 130")
	if entries, err := os.ReadDir(term.dir); err != nil || len(entries) > 0 {
		t.Errorf("there is %v, %v", entries, err)
	}
}

func TestWizard_AsksInPlainLinesWhereTheTerminalIsNone(t *testing.T) {
	term := start(t, 80, 24, "TERM=dumb "+plugin+" config --target gcp")
	term.await("Project  (spec.gcp.project)", "(such as my-project) >")
	term.write("Nope!")
	term.press("Enter")
	term.await("  ! ", "    fix: ")
	term.write("my-project")
	term.press("Enter")
	term.await("1) Write .config.json")
	term.press("Enter")
	term.await("exit 0")
	accepted(t, term.dir, "cluster anywhere on gcp")
}
