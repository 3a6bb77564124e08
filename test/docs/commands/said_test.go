package commands_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/cli"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/test/docs/book"
)

// advised is a command that an error or a finding has its reader type.
var advised = regexp.MustCompile(`'(kubectl anywhere [a-z][^'\n]*)'`)

// What an error says to type next is as true as a page.
func TestAdvice_NamesCommandsThatExist(t *testing.T) {
	texts, err := book.Texts(root)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, text := range texts {
		for _, match := range advised.FindAllStringSubmatch(text.Text, -1) {
			// One word stands for whatever is filled in.
			line := strings.ReplaceAll(match[1], "…", "1")
			page := book.New(text.Path, "`"+line+"`")
			for _, command := range page.Commands("kubectl anywhere") {
				found++
				args, _ := command.Of("kubectl anywhere")
				if err := parse(plain(args), command.Named); err != nil {
					t.Errorf("%s: %s\n    %v", text.Place, command, err)
				}
			}
		}
	}
	if found < 40 {
		t.Errorf("only %d were found", found)
	}
}

// Every example of every command's help is one that the commands take.
func TestHelp_HasExamplesThatAreTaken(t *testing.T) {
	found := 0
	commands := cli.New(environment()).Commands()
	for i := 0; i < len(commands); i++ {
		commands = append(commands, commands[i].Commands()...)
		page := book.New("help of "+commands[i].CommandPath(), "```sh\n"+commands[i].Example+"\n```\n")
		for _, command := range page.Commands("kubectl anywhere") {
			args, is := command.Of("kubectl anywhere")
			if !is {
				continue
			}
			found++
			if err := parse(plain(args), false); err != nil {
				t.Errorf("%s: %s\n    %v", command.Place, command, err)
			}
		}
	}
	if found < 40 {
		t.Errorf("only %d were found", found)
	}
}
