package images

import (
	"archive/tar"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"
)

// entry is one path of a layer. Exactly one of source, data and link is set,
// or none for a folder.
type entry struct {
	mode   fs.FileMode
	source string // a file on this machine
	data   []byte
	link   string // where a symbolic link points
	// capability is a file capability in the kernel's own format.
	capability string
}

// tree is the content of a layer by path, without a leading slash.
type tree map[string]entry

// file adds a file of this machine.
func (t tree) file(at, source string, mode fs.FileMode) {
	t[at] = entry{source: source, mode: mode}
}

// text adds a small file.
func (t tree) text(at, content string) { t[at] = entry{data: []byte(content), mode: 0o644} }

// links adds a symbolic link to target for each of paths.
func (t tree) links(target string, paths ...string) {
	for _, at := range paths {
		t[at] = entry{link: target, mode: 0o777}
	}
}

// folder adds every file below dir on this machine, at the same paths. A dir
// that is not there adds nothing.
func (t tree) folder(dir string, skip func(path string) bool) error {
	return filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if os.IsNotExist(err) && name == dir {
			return nil
		}
		if err != nil || name == dir {
			return err
		}
		at, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		if skip != nil && skip(at) {
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		switch mode := info.Mode(); {
		case mode.IsDir():
			t[at] = entry{mode: fs.ModeDir | mode.Perm() | mode&fs.ModeSticky}
		case mode.IsRegular():
			// A set-uid bit is of no use to a root that is all of an image.
			t.file(at, name, mode.Perm())
		case mode&fs.ModeSymlink != 0:
			to, err := os.Readlink(name)
			if err != nil {
				return err
			}
			t.links(to, at)
		}
		return nil
	})
}

// parents completes the tree with the folders that its paths lie in.
func (t tree) parents() tree {
	all := maps.Clone(t)
	for at := range t {
		for dir := path.Dir(at); dir != "."; dir = path.Dir(dir) {
			if _, there := all[dir]; !there {
				all[dir] = entry{mode: fs.ModeDir | 0o755}
			}
		}
	}
	return all
}

// write writes the tree as a tar stream that depends on nothing but paths,
// modes and contents: sorted, owned by root, at time zero.
func (t tree) write(to io.Writer) error {
	w := tar.NewWriter(to)
	all := t.parents()
	for _, at := range slices.Sorted(maps.Keys(all)) {
		if err := all[at].write(w, at); err != nil {
			return fmt.Errorf("writing %q to a layer: %w", at, err)
		}
	}
	return w.Close()
}

// lay writes the tree to a folder of this machine.
func (t tree) lay(dir string) error {
	all := t.parents()
	for _, at := range slices.Sorted(maps.Keys(all)) {
		e, to := all[at], filepath.Join(dir, at)
		if err := e.lay(to); err != nil {
			return fmt.Errorf("writing %q: %w", to, err)
		}
	}
	return nil
}

func (e entry) lay(to string) error {
	switch {
	case e.mode.IsDir():
		return os.MkdirAll(to, e.mode.Perm())
	case e.link != "":
		return os.Symlink(e.link, to)
	}
	data := e.data
	if e.source != "" {
		var err error
		if data, err = os.ReadFile(e.source); err != nil {
			return err
		}
	}
	return os.WriteFile(to, data, e.mode.Perm())
}

func (e entry) write(w *tar.Writer, at string) error {
	header := &tar.Header{Name: at, Mode: int64(e.mode.Perm()), ModTime: time.Unix(0, 0), Typeflag: tar.TypeReg, Size: int64(len(e.data))}
	if e.mode&fs.ModeSticky != 0 {
		header.Mode |= 0o1000
	}
	if e.capability != "" {
		header.PAXRecords = map[string]string{"SCHILY.xattr.security.capability": e.capability}
	}
	switch {
	case e.mode.IsDir():
		header.Typeflag, header.Name = tar.TypeDir, at+"/"
	case e.link != "":
		header.Typeflag, header.Linkname = tar.TypeSymlink, e.link
	case e.source != "":
		return e.copySource(w, header)
	}
	if err := w.WriteHeader(header); err != nil {
		return err
	}
	_, err := w.Write(e.data)
	return err
}

func (e entry) copySource(w *tar.Writer, header *tar.Header) error {
	file, err := os.Open(e.source)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	header.Size = info.Size()
	if err := w.WriteHeader(header); err != nil {
		return err
	}
	_, err = io.Copy(w, file)
	return err
}
