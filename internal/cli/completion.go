package cli

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/complete/setup"
)

// CompletionName is what kubectl calls to complete the words after 'kubectl
// anywhere': it looks for kubectl_complete-NAME on the path, and passes the
// words that were typed, the one under the cursor last. What is printed is
// what cobra's hidden command for completion prints
// (https://kubernetes.io/docs/tasks/extend-kubectl/kubectl-plugins/).
const CompletionName = setup.LinkName

// Words are the arguments of the root command for a process called with these:
// under the name that kubectl completes by, they ask for completion.
func Words(process []string) []string {
	if len(process) == 0 {
		return nil
	}
	name := strings.TrimSuffix(filepath.Base(process[0]), ".exe")
	if name != CompletionName {
		return process[1:]
	}
	words := append([]string{cobra.ShellCompRequestCmd}, process[1:]...)
	if len(words) == 1 {
		words = append(words, "") // nothing is typed yet
	}
	return words
}

// shells are those that scripts can be made for.
func shells() []string { return []string{"bash", "zsh", "fish", "powershell"} }

func newCompletion(env Environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Complete verbs, flags and their values in your shell",
		Long: `Print the script that has a shell complete the verbs, flags and values of
'kubectl-anywhere'. 'kubectl anywhere' is completed by kubectl's own script,
which asks this program where it is linked as ` + CompletionName + `:
'kubectl anywhere completion install' sees to both.`,
		Example: `  # Set up your shell
  kubectl anywhere completion install

  # Or load the script yourself
  source <(kubectl anywhere completion bash)`,
		Args:      oneShell,
		ValidArgs: shells(),
		RunE:      func(cmd *cobra.Command, args []string) error { return printScript(cmd.Root(), env, args[0]) },
	}
	cmd.AddCommand(newCompletionInstall(env), newCompletionUninstall(env))
	return cmd
}

// oneShell takes the name of a shell that there is a script for.
func oneShell(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return &usageError{fmt.Errorf("%s takes one shell: %s\nSee '%s --help'", cmd.CommandPath(), strings.Join(shells(), ", "), cmd.CommandPath())}
	}
	return knownShell(args[0])
}

func knownShell(shell string) error {
	for _, known := range shells() {
		if shell == known {
			return nil
		}
	}
	return &usageError{fmt.Errorf("there is no completion for the shell %q; there is for %s", shell, strings.Join(shells(), ", "))}
}

// printScript writes a shell's script to standard output.
func printScript(root *cobra.Command, env Environment, shell string) error {
	var err error
	switch shell {
	case "bash":
		err = root.GenBashCompletionV2(env.Out, true)
	case "zsh":
		err = root.GenZshCompletion(env.Out)
	case "fish":
		err = root.GenFishCompletion(env.Out, true)
	case "powershell":
		err = root.GenPowerShellCompletionWithDesc(env.Out)
	}
	if err != nil {
		return fmt.Errorf("printing the script for %s: %w", shell, err)
	}
	return nil
}
