// Package setup puts what completes this program where kubectl and the shells
// look for it, and takes it away again. Of what is there it changes only what
// this program has put there.
package setup

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Program is this program's name, as krew and make install it.
const Program = "kubectl-anywhere"

// LinkName is what kubectl looks for on PATH to complete the words after
// 'kubectl anywhere' (https://kubernetes.io/docs/tasks/extend-kubectl/kubectl-plugins/).
const LinkName = "kubectl_complete-anywhere"

// Machine is what is set up: one user's.
type Machine struct {
	// Getenv looks up an environment variable.
	Getenv func(string) string
	// Home is the user's folder.
	Home string
	// Plugin is the path that this program is called by.
	Plugin string
	// OS is that of the machine, as Go calls it.
	OS string
}

// exe is the name of a program's file.
func (m Machine) exe(name string) string {
	if m.OS == "windows" {
		return name + ".exe"
	}
	return name
}

// path are the folders of PATH in their order, each once. Relative ones are
// left out: they are another folder wherever one is.
func (m Machine) path() (folders []string) {
	for _, folder := range filepath.SplitList(m.Getenv("PATH")) {
		if folder = filepath.Clean(folder); filepath.IsAbs(folder) && !slices.Contains(folders, folder) {
			folders = append(folders, folder)
		}
	}
	return folders
}

// krew is the folder that krew links plugins into. It belongs to krew alone:
// 'krew uninstall' takes away the link that it made and no other, and where a
// file is there and no plugin is installed, krew holds its folder for one of a
// version before 0.3 and does nothing any more (krew v0.5.0:
// internal/installation/install.go, internal/receiptsmigration/migration.go).
func (m Machine) krew() string {
	root := m.Getenv("KREW_ROOT")
	if root == "" {
		root = filepath.Join(m.Home, ".krew")
	}
	return filepath.Join(root, "bin")
}

func (m Machine) isKrews(folder string) bool { return sameFolder(folder, m.krew()) }

func sameFolder(a, b string) bool {
	if filepath.Clean(a) == filepath.Clean(b) {
		return true
	}
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}

// candidates are the folders of PATH that the link may be put into, the best
// first: beside this program, the user's own, kubectl's, any other. Those that
// a package manager looks after come last, krew's not at all.
func (m Machine) candidates() (folders []string) {
	path := m.path()
	wanted := append(m.usual(), m.kubectls()...)
	var managed []string
	for _, folder := range append(wanted, path...) {
		switch {
		case !slices.Contains(path, folder) || m.isKrews(folder) || slices.Contains(folders, folder) || slices.Contains(managed, folder):
		case isManaged(folder):
			managed = append(managed, folder)
		default:
			folders = append(folders, folder)
		}
	}
	return append(folders, managed...)
}

// usual are the folders that a link is put into if they are on PATH.
func (m Machine) usual() []string {
	return []string{filepath.Dir(m.Plugin), filepath.Join(m.Home, ".local", "bin"), filepath.Join(m.Home, "bin")}
}

// kubectls are the folders of PATH with a kubectl.
func (m Machine) kubectls() (folders []string) {
	for _, folder := range m.path() {
		if info, err := os.Stat(filepath.Join(folder, m.exe("kubectl"))); err == nil && !info.IsDir() {
			folders = append(folders, folder)
		}
	}
	return folders
}

// isManaged tells whether the system's package manager looks after a folder
// (Filesystem Hierarchy Standard 3.0, 4.4 and 4.9: what an administrator
// installs goes into /usr/local).
func isManaged(folder string) bool {
	return slices.Contains([]string{"/bin", "/sbin", "/usr/bin", "/usr/sbin"}, filepath.ToSlash(folder))
}

// tilde is a path as people write it, which fits a line of a terminal more often.
func (m Machine) tilde(path string) string {
	if rest, below := strings.CutPrefix(path, m.Home+"/"); below && m.OS != "windows" {
		return "~/" + rest
	}
	return path
}

// bare is a program's name without the ending that Windows gives it.
func bare(path string) string { return strings.TrimSuffix(filepath.Base(path), ".exe") }
