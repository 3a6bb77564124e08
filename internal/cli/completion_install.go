package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

func newCompletionInstall(env Environment) *cobra.Command {
	return &cobra.Command{
		Use:   "install [SHELL]",
		Short: "Have your shell complete 'kubectl anywhere'",
		Long: `Have your shell complete 'kubectl anywhere': link this program beside itself, or
into the first folder of PATH that you may write to, under the name by which
kubectl finds it, and put the script for 'kubectl-anywhere' where the shell
looks. The shell is that of $SHELL, unless one is named.

It can be run again. kubectl's own completion must be on.`,
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
				return &usageError{fmt.Errorf("$SHELL is %q, for which there is no completion; name one of %s", env.Getenv("SHELL"), strings.Join(shells(), ", "))}
			}
			return installCompletion(cmd.Root(), env, shell)
		},
	}
}

func installCompletion(root *cobra.Command, env Environment, shell string) error {
	if err := linkForKubectl(env); err != nil {
		return err
	}
	script := bytes.Buffer{}
	quiet := env
	quiet.Out = &script
	if err := printScript(root, quiet, shell); err != nil {
		return err
	}
	switch shell {
	case "bash", "fish":
		path, err := scriptPath(env, shell)
		if err != nil {
			return err
		}
		if err := writeScript(env, path, script.Bytes()); err != nil {
			return err
		}
		fmt.Fprintf(env.ErrOut, "\nOpen a new shell, and try: kubectl anywhere <TAB>\n")
	case "zsh":
		fmt.Fprintf(env.ErrOut, "\nFor 'kubectl-anywhere' itself, add this line to ~/.zshrc, below compinit:\n\n  source <(kubectl-anywhere completion zsh)\n")
	case "powershell":
		fmt.Fprintf(env.ErrOut, "\nFor 'kubectl-anywhere' itself, add this line to your $PROFILE:\n\n  kubectl-anywhere completion powershell | Out-String | Invoke-Expression\n")
	}
	fmt.Fprintf(env.ErrOut, "\nkubectl's own completion must be on, or nothing of kubectl is completed:\n'kubectl completion %s --help' says how.\n", shell)
	return nil
}

// scriptPath is where a shell looks for the completion of a command, by its
// name: bash-completion's folder of the user, fish's.
func scriptPath(env Environment, shell string) (string, error) {
	user, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("finding your home folder: %w (set HOME)", err)
	}
	or := func(variable string, otherwise ...string) string {
		if value := env.Getenv(variable); value != "" {
			return value
		}
		return filepath.Join(append([]string{user}, otherwise...)...)
	}
	if shell == "fish" {
		return filepath.Join(or("XDG_CONFIG_HOME", ".config"), "fish", "completions", "kubectl-anywhere.fish"), nil
	}
	if folder := env.Getenv("BASH_COMPLETION_USER_DIR"); folder != "" {
		return filepath.Join(folder, "completions", "kubectl-anywhere"), nil
	}
	return filepath.Join(or("XDG_DATA_HOME", ".local", "share"), "bash-completion", "completions", "kubectl-anywhere"), nil
}

func writeScript(env Environment, path string, script []byte) error {
	old, err := os.ReadFile(path)
	if err == nil && bytes.Equal(old, script) {
		fmt.Fprintf(env.ErrOut, "%s is there already\n", path)
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("writing the script: %w", err)
	}
	if err := os.WriteFile(path, script, 0o644); err != nil {
		return fmt.Errorf("writing the script: %w", err)
	}
	fmt.Fprintf(env.ErrOut, "%s is written\n", path)
	return nil
}

// linkForKubectl makes the link that kubectl looks for.
func linkForKubectl(env Environment) error {
	plugin, err := plugin()
	if err != nil {
		return err
	}
	var refusals []error
	for _, folder := range append([]string{filepath.Dir(plugin)}, filepath.SplitList(env.Getenv("PATH"))...) {
		if !filepath.IsAbs(folder) || !onPath(env, folder) {
			continue
		}
		link := filepath.Join(folder, CompletionName)
		said, err := linkTo(plugin, link)
		if err == nil {
			fmt.Fprintln(env.ErrOut, said)
			return nil
		}
		refusals = append(refusals, err)
		if errors.Is(err, errTaken) {
			break
		}
	}
	return fmt.Errorf("linking %s: no folder of PATH takes it; link it yourself: 'sudo ln -s %s /usr/local/bin/%s'\n%w",
		CompletionName, plugin, CompletionName, errors.Join(refusals...))
}

// plugin is the path that this program is called by: the one on PATH, which
// outlives an upgrade, where it is there.
func plugin() (string, error) {
	if path, err := exec.LookPath("kubectl-anywhere"); err == nil && filepath.IsAbs(path) {
		return path, nil
	}
	path, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding this program: %w", err)
	}
	return path, nil
}

func onPath(env Environment, folder string) bool {
	for _, known := range filepath.SplitList(env.Getenv("PATH")) {
		if filepath.Clean(known) == filepath.Clean(folder) {
			return true
		}
	}
	return false
}

// errTaken says that something else has the name.
var errTaken = errors.New("something that is no link is there")

// linkTo makes a link, or replaces an older one, and says what it did.
func linkTo(plugin, link string) (string, error) {
	to := plugin
	if filepath.Dir(plugin) == filepath.Dir(link) {
		to = filepath.Base(plugin)
	}
	old, err := os.Readlink(link)
	switch {
	case err == nil && old == to:
		return link + " is there already", nil
	case err == nil:
		if err := os.Remove(link); err != nil {
			return "", fmt.Errorf("replacing %s: %w", link, err)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("%s: %w; move it away", link, errTaken)
	}
	if err := os.Symlink(to, link); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s is linked to %s", link, plugin), nil
}
