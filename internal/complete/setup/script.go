package setup

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// scripted are the shells that look for a command's script by its name. Others
// have to be told in the file that they begin with.
func scripted() []string { return []string{"bash", "fish"} }

// Looks tells whether a shell looks for scripts by itself, so that
// WriteScript can serve it.
func Looks(shell string) bool { return slices.Contains(scripted(), shell) }

// scriptPath is where a shell looks for the completion of a command:
// bash-completion's folder of the user
// (https://github.com/scop/bash-completion#faq), fish's.
func (m Machine) scriptPath(shell string) string {
	or := func(variable string, otherwise ...string) string {
		if value := m.Getenv(variable); value != "" {
			return value
		}
		return filepath.Join(append([]string{m.Home}, otherwise...)...)
	}
	if shell == "fish" {
		return filepath.Join(or("XDG_CONFIG_HOME", ".config"), "fish", "completions", Program+".fish")
	}
	if folders := filepath.SplitList(m.Getenv("BASH_COMPLETION_USER_DIR")); len(folders) > 0 {
		return filepath.Join(folders[0], "completions", Program)
	}
	return filepath.Join(or("XDG_DATA_HOME", ".local", "share"), "bash-completion", "completions", Program)
}

// heading is the first line of cobra's scripts, with the command's name.
var heading = regexp.MustCompile(`^# (bash|fish) completion (V2 )?for ` + Program + `\s`)

// WriteScript writes a shell's script, and says what it did. What is there is
// replaced where this program has printed it; anything else is an error.
func (m Machine) WriteScript(shell string, script []byte) (said string, err error) {
	path := m.scriptPath(shell)
	old, err := os.ReadFile(path)
	switch {
	case err == nil && bytes.Equal(old, script):
		return m.tilde(path) + " is there already", nil
	case err == nil && !heading.Match(old):
		return "", fmt.Errorf("writing the script for %s: %s is there, which this program did not write; move it away: mv %s %s.old", shell, path, path, path)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("writing the script for %s: %w", shell, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", fmt.Errorf("writing the script for %s: %w", shell, err)
	}
	if err := os.WriteFile(path, script, 0o644); err != nil {
		return "", fmt.Errorf("writing the script for %s: %w", shell, err)
	}
	return m.tilde(path) + " is written", nil
}

// RemoveScripts takes away the scripts of every shell, as far as this program
// has printed them, and says, a line each, what it did and what it left.
func (m Machine) RemoveScripts() (said []string, err error) {
	var problems []error
	for _, shell := range scripted() {
		path := m.scriptPath(shell)
		old, err := os.ReadFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err == nil && !heading.Match(old):
			said = append(said, m.tilde(path)+" is left: this program did not write it")
			continue
		case err == nil:
			err = os.Remove(path)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("removing the script for %s: %w", shell, err))
			continue
		}
		said = append(said, m.tilde(path)+" is removed")
	}
	return said, errors.Join(problems...)
}

// loading is a line by which a user has a shell load a script of ours.
var loading = regexp.MustCompile(`^[^#]*kubectl[- ]anywhere +completion +(bash|zsh|fish|powershell)\b`)

// Loads are the lines, as FILE:LINE, by which the user has a shell load the
// script at its beginning. They are the user's own, who wrote them.
func (m Machine) Loads() (places []string) {
	for _, file := range m.beginnings() {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // most are not there
		}
		for i, line := range strings.Split(string(text), "\n") {
			if loading.MatchString(line) {
				places = append(places, fmt.Sprintf("%s:%d", m.tilde(file), i+1))
			}
		}
	}
	return places
}

// beginnings are the files that shells begin with.
func (m Machine) beginnings() []string {
	zsh, config := m.Getenv("ZDOTDIR"), m.Getenv("XDG_CONFIG_HOME")
	if zsh == "" {
		zsh = m.Home
	}
	if config == "" {
		config = filepath.Join(m.Home, ".config")
	}
	files := []string{filepath.Join(config, "fish", "config.fish"), filepath.Join(zsh, ".zshrc"), filepath.Join(zsh, ".zprofile")}
	for _, name := range []string{".bashrc", ".bash_profile", ".profile"} {
		files = append(files, filepath.Join(m.Home, name))
	}
	profile := "Microsoft.PowerShell_profile.ps1"
	return append(files, filepath.Join(config, "powershell", profile), filepath.Join(config, "powershell", "profile.ps1"),
		filepath.Join(m.Home, "Documents", "PowerShell", profile))
}
