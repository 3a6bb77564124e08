package cli

import (
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// plainWord needs no quotes in a shell.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:=@%+,-]+$`)

// commandLine is what to type to call a command once more. A config that came
// from standard input is gone; the cluster has kept it under its name.
func commandLine(cmd *cobra.Command, args []string, file, name string) string {
	words := append([]string{cmd.CommandPath()}, args...)
	if file == "-" {
		words = append(words, name)
	}
	return strings.Join(append(words, flagWords(cmd, func(name string) bool { return name == "filename" && file == "-" })...), " ")
}

// flagWords are the flags that were given, but for some.
func flagWords(cmd *cobra.Command, without func(name string) bool) (words []string) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		switch value := f.Value.String(); {
		case without(f.Name):
		case f.Name == "filename":
			words = append(words, "-f", quote(value))
		case f.Value.Type() == "bool" && value == "true":
			words = append(words, "--"+f.Name)
		default:
			words = append(words, "--"+f.Name+"="+quote(value))
		}
	})
	return words
}

// quote makes one word of a text for a shell.
func quote(text string) string {
	if plainWord.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
