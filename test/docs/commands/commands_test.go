// Package commands_test holds what pages have people type, and save as a
// config, to the real commands and the real loader. It links all of them, so
// it is a package of its own.
package commands_test

import (
	"context"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/cli"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/targets"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/test/docs/book"
)

const root = "../../.."

func pages(t *testing.T) []book.Page {
	t.Helper()
	all, err := book.Pages(root)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// environment is that of a process that nobody waits for.
func environment() cli.Environment {
	return cli.Environment{
		IOStreams: genericiooptions.IOStreams{In: strings.NewReader(""), Out: io.Discard, ErrOut: io.Discard},
		Targets:   targets.All(),
		Getenv:    func(string) string { return "" },
		Reachable: func(context.Context, string) error { return nil },
	}
}

// parse tells what the commands say of a line's arguments; one that is only
// named may lack them. It runs nothing.
func parse(args []string, named bool) error {
	command, rest, err := cli.New(environment()).Find(args)
	if err != nil {
		return err
	}
	command.InitDefaultHelpFlag()
	if slices.Contains(rest, "--help") || slices.Contains(rest, "-h") {
		return nil
	}
	if err := command.ParseFlags(rest); err != nil {
		return err
	}
	if err := command.ValidateRequiredFlags(); err != nil && !named {
		return err
	}
	if named && len(command.Flags().Args()) == 0 {
		return nil
	}
	return command.ValidateArgs(command.Flags().Args())
}

// plain is a line without what only says that it may be otherwise: brackets
// around what can be left out, and dots for more.
func plain(args []string) (words []string) {
	for _, word := range args {
		word = strings.Trim(word, "[]")
		if word != "…" && word != "..." {
			words = append(words, word)
		}
	}
	return words
}

func TestCommands_AreTakenAsPagesHaveThem(t *testing.T) {
	typed := 0
	for _, page := range pages(t) {
		for _, command := range page.Commands("kubectl anywhere") {
			args, is := command.Of("kubectl anywhere")
			if !is {
				continue
			}
			typed++
			if err := parse(plain(args), command.Named); err != nil {
				t.Errorf("%s: %s\n    %v", command.Place, command, err)
			}
		}
	}
	if typed < 60 {
		t.Errorf("only %d were found", typed)
	}
}

func TestParse_RefusesWhatDoesNotExist(t *testing.T) {
	for _, line := range []string{"craete", "create a b", "create --fast", "pool shrink", "create --timeout soon", "addons lits", "network switch", "certs rotate-ca --step", "etcd restore"} {
		if parse(strings.Fields(line), false) == nil {
			t.Errorf("%q is taken", line)
		}
	}
	for _, line := range []string{"create", "pool scale workers --count 3", "addons enable fluent-bit", "version"} {
		if err := parse(strings.Fields(line), false); err != nil {
			t.Errorf("%q is refused: %v", line, err)
		}
	}
}

// cluster is what makes a block a config.
var cluster = regexp.MustCompile(`(?m)^kind: Cluster$|"kind": *"Cluster"`)

func TestConfigs_AreTakenByTheLoader(t *testing.T) {
	found := 0
	for _, page := range pages(t) {
		for _, block := range page.Blocks() {
			text := block.Text()
			if !cluster.MatchString(text) || block.Language == "console" || (block.Fenced && block.Language == "") {
				continue
			}
			found++
			name := "config.json"
			if !strings.HasPrefix(strings.TrimSpace(text), "{") {
				name = "config.yaml"
			}
			if _, report := config.Load(name, []byte(text), targets.Blocks()); report.Err() != nil {
				t.Errorf("%s: the config is refused:\n%v", block.Place, report.Err())
			}
		}
	}
	if found < 5 {
		t.Errorf("only %d configs were found", found)
	}
}
