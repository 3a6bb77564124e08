package commands_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/cli"
)

var update = flag.Bool("update", false, "write the reference of commands anew")

// columns is how wide the lists of flags are.
const columns = 80

// reference is the page of all commands, by their names.
func reference() string {
	var page strings.Builder
	page.WriteString(`# Commands

Made by 'go test ./test/docs/commands -update' from the commands themselves, which say the same with '--help'.
`)
	root := cli.New(environment())
	root.InitDefaultHelpCmd()
	commands := root.Commands()
	for len(commands) > 0 {
		command := commands[0]
		commands = append(command.Commands(), commands[1:]...)
		if command.Hidden || command.Name() == "help" {
			continue
		}
		said := command.Long
		if said == "" {
			said = command.Short + "."
		}
		fmt.Fprintf(&page, "\n## %s\n\n%s\n\n```text\n%s\n```\n", command.CommandPath(), strings.TrimSpace(said), command.UseLine())
		if command.Example != "" {
			fmt.Fprintf(&page, "\n```sh\n%s\n```\n", dedented(command.Example))
		}
		if flags := command.NonInheritedFlags().FlagUsagesWrapped(columns); flags != "" {
			fmt.Fprintf(&page, "\n```text\n%s```\n", flags)
		}
	}
	if flags := root.PersistentFlags().FlagUsagesWrapped(columns); flags != "" {
		fmt.Fprintf(&page, "\n## Flags of every command\n\n```text\n%s```\n", flags)
	}
	return page.String()
}

// dedented is a text without the two spaces that examples in help begin with.
func dedented(text string) string {
	lines := strings.Split(strings.Trim(text, "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimPrefix(lines[i], "  ")
	}
	return strings.Join(lines, "\n")
}

func TestReference_IsWhatTheCommandsSay(t *testing.T) {
	file, want := filepath.Join(root, "docs/reference/commands.md"), reference()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s is not what the commands say (-commands +page; 'go test ./test/docs/commands -update' writes it):\n%s", file, diff)
	}
	for _, line := range strings.Split(want, "\n") {
		if home, err := os.UserHomeDir(); err == nil && len(home) > 1 && strings.Contains(line, home) {
			t.Errorf("it depends on whose it is: %s", line)
		}
	}
}
