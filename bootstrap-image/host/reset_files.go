package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
)

func sorted[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// removeData empties the folders of components, save what was there before
// them. Disks that are mounted there are emptied, then unmounted.
func (r *reset) removeData(ctx context.Context) error {
	for _, folder := range componentFolders() {
		if folder == stateFolder {
			continue // it holds the record
		}
		if err := r.clear(folder, r.plan.rec.Before); err != nil {
			return err
		}
	}
	for _, unit := range r.plan.units {
		if isMount(unit) {
			if err := r.stop(ctx, unit); err != nil {
				return err
			}
		}
	}
	return nil
}

func isMount(unit string) bool { return strings.HasSuffix(unit, ".mount") }

// clear removes what is in a folder, save some paths and what leads to them.
func (r *reset) clear(folder string, keep []string) error {
	entries, err := fs.ReadDir(r.root.root.FS(), rel(folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("emptying %q: %w", folder, err)
	}
	for _, entry := range entries {
		name := path.Join(folder, entry.Name())
		leads := slices.ContainsFunc(keep, func(kept string) bool { return strings.HasPrefix(kept, name+"/") })
		switch {
		case leads || slices.Contains(keep, name) && entry.IsDir():
			err = r.clear(name, keep)
		case slices.Contains(keep, name):
			err = nil
		default:
			err = r.root.root.RemoveAll(rel(name))
		}
		if err != nil {
			return fmt.Errorf("emptying %q: %w", folder, err)
		}
	}
	return nil
}

// putBack removes our files, and puts back what they replaced. Folders of ours
// go where nothing is left in them.
func (r *reset) putBack(ctx context.Context) error {
	for _, file := range r.plan.files {
		if err := r.root.remove(file); err != nil {
			return err
		}
	}
	for _, file := range sorted(r.plan.rec.Replaced) {
		if err := r.restore(file, r.plan.rec.Replaced[file]); err != nil {
			return fmt.Errorf("putting back %q: %w", file, err)
		}
	}
	// Those of systemd's links that 'disable' does not know any more.
	for _, unit := range r.plan.units {
		links, _ := r.root.glob(unitsFolder + "*.wants/" + unit)
		for _, link := range links {
			if err := errors.Join(r.root.remove(link), r.root.removeIfEmpty(path.Dir(link))); err != nil {
				return err
			}
		}
	}
	folders := slices.Clone(r.plan.rec.Folders)
	slices.SortFunc(folders, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	for _, folder := range folders {
		if folder == stateFolder || strings.HasPrefix(stateFolder, folder+"/") {
			continue
		}
		if err := r.root.removeIfEmpty(folder); err != nil {
			return err
		}
	}
	_, err := r.onHost(ctx, "systemctl", "daemon-reload")
	return err
}

// restore makes a path what it was. Where that is done already, it stays.
func (r *reset) restore(name string, was original) error {
	switch {
	case was.Folder:
		if err := r.root.root.MkdirAll(rel(name), 0o755); err != nil {
			return err
		}
		return errors.Join(r.root.root.Chmod(rel(name), fs.FileMode(was.Mode)), r.root.root.Chown(rel(name), was.UID, was.GID))
	case was.Link != "":
		if target, err := r.root.readlink(name); err == nil && target == was.Link {
			return nil
		}
		if err := r.root.remove(name); err != nil {
			return err
		}
		return r.root.root.Symlink(was.Link, rel(name))
	}
	content, err := r.root.read(originalFolder + name)
	if err != nil {
		return err
	}
	if err := r.root.write(name, fs.FileMode(was.Mode), content); err != nil {
		return err
	}
	return r.root.root.Chown(rel(name), was.UID, was.GID)
}

// putBackSettings sets the kernel's values of before. One that cannot be set
// holds nothing up.
func (r *reset) putBackSettings(context.Context) error {
	for _, name := range sorted(r.plan.rec.Settings) {
		file, err := r.root.open(settingPath(name), os.O_WRONLY|os.O_TRUNC)
		if err == nil {
			_, err = file.WriteString(r.plan.rec.Settings[name] + "\n")
			err = errors.Join(err, file.Close())
		}
		if err != nil {
			r.say("  %v", err)
		}
	}
	return nil
}

// removeState removes what we keep on the host, the record last.
func (r *reset) removeState() error {
	if err := r.clear(stateFolder, append([]string{recordPath}, r.plan.rec.Before...)); err != nil {
		return err
	}
	if err := r.root.root.RemoveAll(rel(path.Dir(lockPath))); err != nil {
		return fmt.Errorf("removing %q: %w", path.Dir(lockPath), err)
	}
	if err := r.root.remove(recordPath); err != nil {
		return err
	}
	// Upwards from there, as far as they are ours.
	for folder := stateFolder; folder != "/"; folder = path.Dir(folder) {
		if folder != stateFolder && !slices.Contains(r.plan.rec.Folders, folder) {
			break
		}
		if err := r.root.removeIfEmpty(folder); err != nil {
			return err
		}
	}
	return nil
}

// isThere tells whether anything is at a path, a link that leads nowhere too.
func (r root) isThere(name string) bool { _, err := r.root.Lstat(rel(name)); return err == nil }

// removeIfEmpty removes a folder in which nothing is left.
func (r root) removeIfEmpty(folder string) error {
	err := r.root.Remove(rel(folder))
	for _, fine := range []error{fs.ErrNotExist, syscall.ENOTEMPTY, syscall.EEXIST, syscall.EBUSY, syscall.EROFS, syscall.ENOTDIR} {
		if errors.Is(err, fine) {
			return nil
		}
	}
	if err != nil {
		return fmt.Errorf("removing the folder %q: %w", folder, err)
	}
	return nil
}
