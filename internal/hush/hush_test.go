package hush_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// asker is a program that links the wizard and prints what TERM says.
const asker = `package main

import (
	"fmt"
	"os"

	_ "github.com/kubernetes-anywhere/kubernetes-anywhere/internal/wizard"
)

func main() { fmt.Println("TERM is", os.Getenv("TERM")) }
`

func TestWizard_AsksTheTerminalNothingBeforeMain(t *testing.T) {
	script, err := exec.LookPath("script")
	if err != nil {
		if os.Getenv("ANYWHERE_REQUIRE_TOOLS") == "1" {
			t.Fatal("there is no script(1), which makes a terminal, and ANYWHERE_REQUIRE_TOOLS is set: apt-get install bsdutils")
		}
		t.Skip("needs script(1), which makes a terminal: apt-get install bsdutils")
	}
	// It has to be within the module, and below internal's parent.
	folder, err := os.MkdirTemp(".", "testprogram")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	if err := os.WriteFile(filepath.Join(folder, "main.go"), []byte(asker), 0o600); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "asker")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./"+folder).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	run := exec.CommandContext(t.Context(), script, "-qec", program, "/dev/null")
	run.Env = append(os.Environ(), "TERM=xterm-256color", "CI=")
	out, err := run.CombinedOutput()
	if got := strings.TrimSpace(string(out)); err != nil || got != "TERM is xterm-256color" {
		t.Errorf("got %q, %v", got, err)
	}
}
