package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// aShell is a bench with a PATH: the folder of this program, and the user's own
// where it is asked for.
func aShell(t *testing.T, own bool) (b *bench, folder string) {
	t.Helper()
	b = newBench(t)
	folder = filepath.Join(b.home, ".krew", "bin")
	path := folder
	place(t, filepath.Join(folder, programName), "#!/bin/sh\n")
	if err := os.Chmod(filepath.Join(folder, programName), 0o755); err != nil {
		t.Fatal(err)
	}
	if own {
		path = filepath.Join(b.home, "bin") + string(filepath.ListSeparator) + folder
		if err := os.Mkdir(filepath.Join(b.home, "bin"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", path)
	b.env.Getenv = func(name string) string { return map[string]string{"PATH": path, "SHELL": "/bin/bash"}[name] }
	return b, folder
}

func TestCompletionInstall_CanBeRunAgain(t *testing.T) {
	b, folder := aShell(t, true)
	code, stdout, said := b.run(t, "completion", "install")
	if code != 0 || stdout != "" || !strings.Contains(said, "is linked to") || !strings.Contains(said, "is written") {
		t.Errorf("the first time: exit %d", code)
	}
	if code, _, said := b.run(t, "completion", "install"); code != 0 || strings.Count(said, "is there already") != 2 {
		t.Errorf("the second time: exit %d", code)
	}
	if to, err := os.Readlink(filepath.Join(b.home, "bin", CompletionName)); err != nil || to != filepath.Join(folder, programName) {
		t.Errorf("the link leads to %q: %v", to, err)
	}
	script, err := os.ReadFile(filepath.Join(b.home, ".local/share/bash-completion/completions/kubectl-anywhere"))
	if err != nil || !strings.Contains(string(script), "complete -o default -F __start_kubectl-anywhere") {
		t.Errorf("the script is not where bash looks: %v", err)
	}
	if _, _, said := b.run(t, "completion", "install", "fish"); !strings.Contains(said, ".config/fish/completions/kubectl-anywhere.fish is written") {
		t.Error("the script is not where fish looks")
	}
	_, _, said = b.run(t, "completion", "install", "zsh")
	has(t, said, "source <(kubectl-anywhere completion zsh)")
}

func TestCompletionUninstall_TakesAwayWhatInstallWrote(t *testing.T) {
	b, _ := aShell(t, true)
	before := filesBelow(t, b.home)
	for _, shell := range []string{"bash", "fish"} {
		b.run(t, "completion", "install", shell)
	}
	if len(filesBelow(t, b.home)) != len(before)+3 {
		t.Errorf("installed, there are %q", filesBelow(t, b.home))
	}
	place(t, filepath.Join(b.home, ".zshrc"), "source <(kubectl-anywhere completion zsh)\n")
	code, stdout, said := b.run(t, "completion", "uninstall")
	if code != 0 || stdout != "" || strings.Count(said, "is removed") != 3 || !strings.Contains(said, ".zshrc:1\n") {
		t.Errorf("exit %d", code)
	}
	if err := os.Remove(filepath.Join(b.home, ".zshrc")); err != nil {
		t.Fatal(err)
	}
	if after := filesBelow(t, b.home); strings.Join(after, " ") != strings.Join(before, " ") {
		t.Errorf("there were %q and are %q", before, after)
	}
	if code, _, said := b.run(t, "completion", "uninstall"); code != 0 || said != "There is nothing to take away.\n" {
		t.Errorf("again: exit %d", code)
	}
}

// filesBelow are the files and links below a folder.
func filesBelow(t *testing.T, root string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func TestCompletionInstall_SaysWhatToTypeWhereNoFolderIsTheUsers(t *testing.T) {
	b, folder := aShell(t, false)
	code, _, said := b.run(t, "completion", "install")
	if code != ExitFailed {
		t.Errorf("exit %d, want %d", code, ExitFailed)
	}
	// The script is written all the same.
	has(t, said, "completions/kubectl-anywhere is written", "no folder of PATH takes it", "~/.krew/bin is krew's alone", "mkdir -p ~/.local/bin", "$PATH\"", "kubectl anywhere completion install")
	if _, err := os.Lstat(filepath.Join(folder, CompletionName)); err == nil {
		t.Error("the link is in krew's folder")
	}
}

func TestCompletionInstall_LeavesWhatIsNotOurs(t *testing.T) {
	b, _ := aShell(t, true)
	theirs := filepath.Join(b.home, "bin", CompletionName)
	script := filepath.Join(b.home, ".local/share/bash-completion/completions/kubectl-anywhere")
	place(t, theirs, "mine")
	place(t, script, "mine")
	code, _, said := b.run(t, "completion", "install")
	if code != ExitFailed {
		t.Errorf("exit %d, want %d", code, ExitFailed)
	}
	has(t, said, "mv "+theirs, "mv "+script) // both at once
	if code, _, said := b.run(t, "completion", "uninstall"); code != 0 || strings.Count(said, "is left") != 2 {
		t.Errorf("exit %d", code)
	}
	for _, path := range []string{theirs, script} {
		if kept, err := os.ReadFile(path); err != nil || string(kept) != "mine" {
			t.Errorf("%s: %q, %v", path, kept, err)
		}
	}
}

func TestCompletionInstall_AsksForAShellThatItKnows(t *testing.T) {
	b, _ := aShell(t, true)
	if code, _, said := b.run(t, "completion", "install", "csh"); code != ExitUsage || !strings.Contains(said, "bash, zsh, fish, powershell") {
		t.Errorf("exit %d", code)
	}
	if code, _, _ := b.run(t, "completion", "uninstall", "bash"); code != ExitUsage {
		t.Errorf("exit %d", code)
	}
}
