package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/complete/setup"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
)

func newCompletionInstall(env Environment) *cobra.Command {
	return &cobra.Command{
		Use:   "install [SHELL]",
		Short: "Have your shell complete 'kubectl anywhere'",
		Long: `Have your shell complete 'kubectl anywhere': link this program, under the name
by which kubectl finds what completes, into a folder of PATH that is yours, such
as ~/.local/bin, and put the script for 'kubectl-anywhere' where the shell
looks. The shell is that of $SHELL, unless one is named.

Nothing that something else has put there is replaced. krew's folder is left to
krew. It can be run again; kubectl's own completion must be on.`,
		Example: `  # Set up the shell that you use
  kubectl anywhere completion install

  # Set up another one
  kubectl anywhere completion install fish`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return oneShell(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			shell := filepath.Base(env.Getenv("SHELL"))
			if len(args) == 1 {
				shell = args[0]
			} else if knownShell(shell) != nil {
				return &usageError{fmt.Errorf("$SHELL is %q, for which there is no completion; name one of %s: 'kubectl anywhere completion install bash'",
					env.Getenv("SHELL"), strings.Join(shells(), ", "))}
			}
			return installCompletion(cmd.Root(), env, shell)
		},
	}
}

// installCompletion does what it can, and tells all that it could not.
func installCompletion(root *cobra.Command, env Environment, shell string) error {
	m, err := env.machine()
	if err != nil {
		return err
	}
	linked, linkErr := m.Link()
	written, writeErr := writeScript(root, env, m, shell)
	for _, line := range append(linked, written...) {
		fmt.Fprintln(env.ErrOut, line)
	}
	if err := errors.Join(linkErr, writeErr); err != nil {
		return &phase.Failure{Err: err, Next: afterLink(m, linkErr)}
	}
	fmt.Fprint(env.ErrOut, toTry(shell))
	return nil
}

// machine is what there is to be set up.
func (env Environment) machine() (setup.Machine, error) {
	user, err := os.UserHomeDir()
	if err != nil {
		return setup.Machine{}, fmt.Errorf("finding your home folder: %w (set HOME)", err)
	}
	plugin, err := plugin()
	return setup.Machine{Getenv: env.Getenv, Home: user, Plugin: plugin, OS: runtime.GOOS}, err
}

// plugin is the path that this program is called by: the one on PATH, which
// outlives an upgrade, where it is there.
func plugin() (string, error) {
	if path, err := exec.LookPath(programName); err == nil && filepath.IsAbs(path) {
		return path, nil
	}
	path, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding this program: %w", err)
	}
	return path, nil
}

// writeScript writes a shell's script where that looks for it.
func writeScript(root *cobra.Command, env Environment, m setup.Machine, shell string) (said []string, err error) {
	if !setup.Looks(shell) {
		return nil, nil
	}
	var script bytes.Buffer
	env.Out = &script
	if err := printScript(root, env, shell); err != nil {
		return nil, err
	}
	line, err := m.WriteScript(shell, script.Bytes())
	if err != nil {
		return nil, err
	}
	return []string{line}, nil
}

// afterLink is what to type where there was no folder for the link.
func afterLink(m setup.Machine, err error) []string {
	again := "kubectl anywhere completion install"
	switch {
	case !errors.Is(err, setup.ErrNoFolder):
		return []string{again + "   # goes on, when that is done"}
	case m.OS == "windows":
		return []string{again + "   # with a folder on Path that you may write to, and the right to make links"}
	}
	return []string{
		"mkdir -p ~/.local/bin",
		`export PATH="$HOME/.local/bin:$PATH"   # and so in your shell's profile`,
		again,
	}
}

// toTry is what is left to do, and how to see that it works.
func toTry(shell string) string {
	words := "\nOpen a new shell, and try: kubectl anywhere <TAB>\n"
	switch shell {
	case "zsh":
		words = "\nFor 'kubectl-anywhere' itself, add this line to ~/.zshrc, below compinit:\n\n  source <(kubectl-anywhere completion zsh)\n"
	case "powershell":
		words = "\nFor 'kubectl-anywhere' itself, add this line to your $PROFILE:\n\n  kubectl-anywhere completion powershell | Out-String | Invoke-Expression\n"
	}
	return words + fmt.Sprintf("\nkubectl's own completion must be on, or nothing of kubectl is completed:\n'kubectl completion %s --help' says how.\n", shell)
}
