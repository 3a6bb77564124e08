package setup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrNoFolder says that no folder of PATH takes the link.
var ErrNoFolder = errors.New("no folder of PATH takes it")

// Link makes the link that kubectl looks for and says, a line each, what it
// did. It goes where one is already; krew's folder is left to krew, and one
// that an earlier version put there is taken away. It is an error where
// something of that name is there that this program did not make, and
// ErrNoFolder where no folder can be written to.
func (m Machine) Link() (said []string, err error) {
	var old []string
	for _, folder := range m.path() {
		link := filepath.Join(folder, m.exe(LinkName))
		switch there, ours := m.look(link); {
		case there && !ours:
			return nil, fmt.Errorf("linking %s: %s is there, which 'kubectl anywhere completion install' did not make, and kubectl calls it to complete; to have it done by this program, move it away: mv %s %s.old",
				LinkName, link, link, link)
		case there && !m.isKrews(folder):
			old = append(old, link)
		}
	}
	var line string
	if len(old) > 0 {
		line, err = m.put(old[0])
	} else {
		line, err = m.putSomewhere()
	}
	if err != nil {
		return nil, fmt.Errorf("linking %s: %w", LinkName, err)
	}
	said = append(said, line)
	link := filepath.Join(m.krew(), m.exe(LinkName))
	if there, ours := m.look(link); there && ours {
		if err := os.Remove(link); err != nil {
			return said, fmt.Errorf("taking the link out of krew's folder: %w", err)
		}
		said = append(said, m.tilde(link)+" is removed: that folder is krew's alone")
	}
	return said, nil
}

// look tells whether something is at a path, and whether it is a link that
// this program has made: one to it, or to what was called as it is.
func (m Machine) look(link string) (there, ours bool) {
	info, err := os.Lstat(link)
	if err != nil {
		return false, false
	}
	if info.Mode()&fs.ModeSymlink == 0 {
		return true, false
	}
	to, err := os.Readlink(link)
	if err != nil {
		return true, false
	}
	if bare(to) == Program {
		return true, true
	}
	target, err := os.Stat(link)
	if err != nil {
		return true, false
	}
	self, err := os.Stat(m.Plugin)
	return true, err == nil && os.SameFile(target, self)
}

// putSomewhere makes the link in the first folder that takes it.
func (m Machine) putSomewhere() (said string, err error) {
	refusals := []error{ErrNoFolder}
	for _, folder := range m.path() {
		if m.isKrews(folder) {
			refusals = append(refusals, errors.New(m.tilde(folder)+" is krew's alone"))
		}
	}
	for _, folder := range m.candidates() {
		said, err := m.put(filepath.Join(folder, m.exe(LinkName)))
		if err == nil {
			return said, nil
		}
		if !errors.Is(err, fs.ErrNotExist) { // PATH may name what is not there
			refusals = append(refusals, err)
		}
	}
	return "", errors.Join(refusals...)
}

// put makes a link to this program, or one that is ours lead there, and says
// which.
func (m Machine) put(link string) (said string, err error) {
	to := m.Plugin
	if filepath.Dir(to) == filepath.Dir(link) {
		to = filepath.Base(to)
	}
	old, err := os.Readlink(link)
	if err == nil && old == to {
		return m.tilde(link) + " is there already", nil
	}
	replaced := err == nil
	if replaced {
		if err := os.Remove(link); err != nil {
			return "", err
		}
	}
	if err := os.Symlink(to, link); err != nil {
		return "", err
	}
	if replaced {
		return fmt.Sprintf("%s is linked to %s now, and was to %s", m.tilde(link), m.tilde(m.Plugin), m.tilde(old)), nil
	}
	return fmt.Sprintf("%s is linked to %s", m.tilde(link), m.tilde(m.Plugin)), nil
}

// Unlink takes away every link that this program has made where it is looked
// for or used to be put, and says, a line each, what it did and what it left.
func (m Machine) Unlink() (said []string, err error) {
	seen := map[string]bool{}
	var problems []error
	for _, folder := range append(append(m.path(), m.usual()...), m.krew()) {
		link := filepath.Join(folder, m.exe(LinkName))
		if seen[link] {
			continue
		}
		seen[link] = true
		switch there, ours := m.look(link); {
		case !there:
		case !ours:
			said = append(said, m.tilde(link)+" is left: 'completion install' did not make it")
		default:
			if err := os.Remove(link); err != nil {
				problems = append(problems, fmt.Errorf("removing the link: %w", err))
				continue
			}
			said = append(said, m.tilde(link)+" is removed")
		}
	}
	return said, errors.Join(problems...)
}
