package cli

import (
	"errors"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
)

// advice is in an error that says itself what to type.
var advice = regexp.MustCompile(`kubectl[ -][a-z]|--help`)

// nextOf is what to type after an error that does not say so itself: the help
// of a command that was typed wrong, what goes on with one that was
// interrupted, or what finds the cause.
func nextOf(cmd *cobra.Command, err error) []string {
	var problems *diag.Error
	if err == nil || cmd == nil || errors.As(err, &problems) || advice.MatchString(err.Error()) {
		return nil
	}
	switch again := typed(cmd); codeOf(err) {
	case ExitPending:
		return nil
	case ExitUsage:
		return []string{cmd.CommandPath() + " --help"}
	case ExitInterrupted:
		return []string{again + "   # begins again"}
	case ExitTimedOut:
		return []string{causes(cmd), again + "   # tries again"}
	default:
		return []string{causes(cmd)}
	}
}

// typed is the command line, as it was typed.
func typed(cmd *cobra.Command) string {
	words := append([]string{cmd.CommandPath()}, quoted(cmd.Flags().Args())...)
	return strings.Join(append(words, flagWords(cmd, func(string) bool { return false })...), " ")
}

func quoted(words []string) (out []string) {
	for _, word := range words {
		out = append(out, quote(word))
	}
	return out
}

// causes is the command that finds why another one failed: the doctor, of the
// same cluster where it is about one, or the helper of whoever helps where it
// was the doctor.
func causes(cmd *cobra.Command) string {
	finder := "doctor"
	if cmd.Name() == finder {
		finder = "support-bundle"
	}
	if cmd.Name() == "support-bundle" || cmd.Flags().Lookup("state") == nil {
		return cmd.CommandPath() + " --help"
	}
	words := []string{cmd.Root().CommandPath(), finder}
	if takesName(cmd) {
		words = append(words, quoted(cmd.Flags().Args())...)
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		switch f.Name {
		case "cluster":
			words = append(words, quote(f.Value.String()))
		case "filename":
			if f.Value.String() != "-" {
				words = append(words, "-f", quote(f.Value.String()))
			}
		case "state":
			words = append(words, "--state="+quote(f.Value.String()))
		}
	})
	if finder == "doctor" {
		return strings.Join(words, " ") + "   # looks for what is wrong"
	}
	return strings.Join(words, " ") + "   # packs what is known, for who helps"
}

// takesName tells whether a command's one argument is the name of a cluster.
func takesName(cmd *cobra.Command) bool {
	use := strings.Fields(cmd.Use)
	return len(use) == 2 && strings.Trim(use[1], "[]") == "NAME"
}
