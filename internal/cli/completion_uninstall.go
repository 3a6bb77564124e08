package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

func newCompletionUninstall(env Environment) *cobra.Command {
	return &cobra.Command{
		Use:   "uninstall",
		Short: "Take away what 'completion install' has put there",
		Long: `Take away what 'completion install' has put there: the link by which kubectl
finds what completes, and the scripts for 'kubectl-anywhere' of every shell.
What something else has put there is left. Lines that you have added to a file
of your shell are shown, for you to take out.

Type it before 'kubectl krew uninstall anywhere', which knows only of what krew
has put there itself.`,
		Example: `  # Take it away
  kubectl anywhere completion uninstall`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error { return uninstallCompletion(env) },
	}
}

func uninstallCompletion(env Environment) error {
	m, err := env.machine()
	if err != nil {
		return err
	}
	unlinked, linkErr := m.Unlink()
	removed, scriptErr := m.RemoveScripts()
	said := append(unlinked, removed...)
	for _, line := range said {
		fmt.Fprintln(env.ErrOut, line)
	}
	lines := m.Loads()
	if len(lines) > 0 {
		fmt.Fprintln(env.ErrOut, "\nTake out yourself what you have added to a file of your shell:")
		for _, line := range lines {
			fmt.Fprintln(env.ErrOut, "  "+line)
		}
	}
	if err := errors.Join(linkErr, scriptErr); err != nil {
		return err
	}
	if len(said)+len(lines) == 0 {
		fmt.Fprintln(env.ErrOut, "There is nothing to take away.")
	}
	return nil
}
