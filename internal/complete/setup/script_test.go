package setup

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const printed = "# bash completion V2 for kubectl-anywhere   -*- shell-script -*-\nthe rest\n"

func TestWriteScript_ReplacesOnlyWhatThisProgramPrinted(t *testing.T) {
	m := user(t)
	path := filepath.Join(m.Home, ".local", "share", "bash-completion", "completions", Program)
	for _, step := range []struct{ script, says string }{
		{printed, "is written"},
		{printed, "is there already"},
		{printed + "more\n", "is written"},
	} {
		if said, err := m.WriteScript("bash", []byte(step.script)); err != nil || said != "~/.local/share/bash-completion/completions/"+Program+" "+step.says {
			t.Errorf("said %q, %v", said, err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != printed+"more\n" {
		t.Errorf("%v: %q", err, got)
	}
	place(t, path, "# mine\n")
	if _, err := m.WriteScript("bash", []byte(printed)); err == nil || !strings.Contains(err.Error(), "mv "+path) {
		t.Errorf("got %v", err)
	}
	said, err := m.RemoveScripts()
	if err != nil || len(said) != 1 || !strings.Contains(said[0], "is left") {
		t.Errorf("said %q, %v", said, err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "# mine\n" {
		t.Errorf("%v: %q", err, got)
	}
}

func TestScriptPath_IsWhereTheUserHasShellsLook(t *testing.T) {
	m := user(t)
	set := map[string]string{}
	m.Getenv = func(name string) string { return set[name] }
	for want, shell := range map[string]string{".local/share/bash-completion/completions/kubectl-anywhere": "bash", ".config/fish/completions/kubectl-anywhere.fish": "fish"} {
		if got := m.scriptPath(shell); got != filepath.Join(m.Home, want) {
			t.Errorf("got %s", got)
		}
	}
	set = map[string]string{"XDG_DATA_HOME": "/d", "XDG_CONFIG_HOME": "/c"}
	if got := []string{m.scriptPath("bash"), m.scriptPath("fish")}; !slices.Equal(got, []string{"/d/bash-completion/completions/kubectl-anywhere", "/c/fish/completions/kubectl-anywhere.fish"}) {
		t.Errorf("got %q", got)
	}
	set["BASH_COMPLETION_USER_DIR"] = "/u:/v"
	if got := m.scriptPath("bash"); got != "/u/completions/kubectl-anywhere" {
		t.Errorf("got %s", got)
	}
}

func TestRemoveScripts_TakesAwayThoseOfEveryShell(t *testing.T) {
	m := user(t)
	for _, shell := range []string{"bash", "fish"} {
		if _, err := m.WriteScript(shell, []byte(strings.Replace(strings.Replace(printed, "V2 ", "", 1), "bash", shell, 1))); err != nil {
			t.Fatal(err)
		}
	}
	if said, err := m.RemoveScripts(); err != nil || len(said) != 2 {
		t.Errorf("said %q, %v", said, err)
	}
	if said, err := m.RemoveScripts(); err != nil || len(said) > 0 {
		t.Errorf("again: said %q, %v", said, err)
	}
}

func TestLoads_FindsTheLinesThatTheUserWrote(t *testing.T) {
	m := user(t)
	place(t, filepath.Join(m.Home, ".zshrc"), "compinit\nsource <(kubectl-anywhere completion zsh)\n# source <(kubectl-anywhere completion zsh)\n")
	place(t, filepath.Join(m.Home, ".bashrc"), "kubectl anywhere completion install bash\n. <(kubectl anywhere completion bash)\n")
	want := []string{"~/.zshrc:2", "~/.bashrc:2"}
	if got := m.Loads(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
