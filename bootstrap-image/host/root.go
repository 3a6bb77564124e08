package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"
	"time"
)

// Where the bootstrap keeps its own things on a host.
const (
	stateFolder = "/var/lib/kubernetes-anywhere"
	// KeptBundle is the bundle that a control plane keeps to renew from. It
	// holds nothing that /etc/kubernetes/pki does not.
	KeptBundle = stateFolder + "/bundle.json"
	lockPath   = "/run/kubernetes-anywhere/lock"
)

// root is the host's file system. No path, and no link on the host, leads out
// of it into the container.
type root struct {
	dir  string
	root *os.Root
}

func openRoot(dir string) (root, error) {
	opened, err := os.OpenRoot(dir)
	if err != nil {
		return root{}, fmt.Errorf("opening the root of the host %q: %w; run the image with -v /:/host", dir, err)
	}
	return root{dir: dir, root: opened}, nil
}

func (r root) close() { _ = r.root.Close() }

// rel makes a path of the host relative to its root.
func rel(p string) string {
	if p = strings.TrimPrefix(path.Clean("/"+p), "/"); p == "" {
		return "."
	}
	return p
}

func (r root) read(p string) ([]byte, error)             { return r.root.ReadFile(rel(p)) }
func (r root) stat(p string) (fs.FileInfo, error)        { return r.root.Stat(rel(p)) }
func (r root) exists(p string) bool                      { _, err := r.root.Stat(rel(p)); return err == nil }
func (r root) readlink(p string) (string, error)         { return r.root.Readlink(rel(p)) }
func (r root) open(p string, flag int) (*os.File, error) { return r.root.OpenFile(rel(p), flag, 0) }

// glob lists the paths of the host that match a pattern.
func (r root) glob(pattern string) ([]string, error) {
	found, err := fs.Glob(r.root.FS(), rel(pattern))
	for i := range found {
		found[i] = "/" + found[i]
	}
	return found, err
}

// modified is when a file was last written; the zero time if it is not there.
func (r root) modified(p string) time.Time {
	info, err := r.stat(p)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// remove removes a file if it is there.
func (r root) remove(p string) error {
	if err := r.root.Remove(rel(p)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing %q: %w", p, err)
	}
	return nil
}

// write replaces a file in one step, so that nobody reads half of it.
func (r root) write(p string, mode fs.FileMode, content []byte) error {
	name := rel(p)
	if err := r.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return fmt.Errorf("making the folder of %q: %w", p, err)
	}
	part := path.Join(path.Dir(name), "."+path.Base(name)+".part")
	if err := r.writeAll(part, mode, content); err != nil {
		return fmt.Errorf("writing %q: %w", p, err)
	}
	if err := r.root.Rename(part, name); err != nil {
		return fmt.Errorf("writing %q: %w", p, err)
	}
	return nil
}

func (r root) writeAll(name string, mode fs.FileMode, content []byte) error {
	_ = r.root.Remove(name) // of a run that was killed
	file, err := r.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	// The umask may have taken bits off.
	return errors.Join(err, file.Chmod(mode), file.Close())
}

// lock lets one bootstrap run at a time: the timer's and a person's could meet.
func (r root) lock(p string) (unlock func(), err error) {
	if err := r.root.MkdirAll(path.Dir(rel(p)), 0o755); err != nil {
		return nil, fmt.Errorf("making the folder of the lock %q: %w", p, err)
	}
	file, err := r.root.OpenFile(rel(p), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the lock %q: %w", p, err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("taking the lock %q: another bootstrap runs on this host (%w); wait for it, 'docker ps' shows it", p, err)
	}
	return func() { _ = file.Close() }, nil
}
