package render

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// IndexFile lists what render wrote to a folder, so that it can be replaced and
// nothing else: a digest and a path a line, as 'sha256sum --check' reads it.
const IndexFile = ".rendered"

// partFile is what a file is called while it is written.
const partFile = ".rendered.part"

// FolderError is a folder that cannot be written to as asked; nothing was.
type FolderError struct{ text string }

// Error says what is in the way, and what to do.
func (e *FolderError) Error() string { return e.text }

func refused(format string, args ...any) error { return &FolderError{fmt.Sprintf(format, args...)} }

// Write writes files to a folder that is new or empty. With overwrite, what an
// earlier Write left there is replaced, and what is not wanted any more goes;
// files of anybody else stay, and are never written over. A FolderError says
// that nothing was touched. A Write that is killed can be gone on with by
// another one that overwrites.
func Write(dir string, files map[string][]byte, overwrite bool) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return refused("--to %s: %v", dir, err)
	}
	if len(entries) > 0 && !overwrite {
		return refused("--to %s: the folder is not empty; name a new one, or add --overwrite where an earlier render wrote it", dir)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the folder %q: %w", dir, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("opening the folder %q: %w", dir, err)
	}
	defer func() { _ = root.Close() }()
	f := &folder{root: root, name: dir}
	if len(entries) > 0 {
		if err := f.readIndex(); err != nil {
			return err
		}
	}
	if err := f.check(files); err != nil {
		return err
	}
	if err := f.replace(files); err != nil {
		return fmt.Errorf("writing what was rendered to %q: %w", dir, err)
	}
	return nil
}

// folder is one that render writes to.
type folder struct {
	root *os.Root
	name string
	// wrote are the digests that each path may have, as far as we wrote it:
	// several after a Write that was killed.
	wrote map[string][]string
}

func (f *folder) readIndex() error {
	text, err := f.root.ReadFile(IndexFile)
	if errors.Is(err, fs.ErrNotExist) {
		return refused("--to %s: there is no %s in it, so it is not what render wrote; name a new folder", f.name, IndexFile)
	}
	if err != nil {
		return refused("--to %s: reading %s: %v", f.name, IndexFile, err)
	}
	if f.wrote, err = parseIndex(text); err != nil {
		return refused("--to %s: %v; name a new folder", f.name, err)
	}
	return nil
}

func parseIndex(text []byte) (map[string][]string, error) {
	wrote := map[string][]string{}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		sum, name, ok := strings.Cut(lines.Text(), "  ")
		if !ok || len(sum) != 2*sha256.Size || !filepath.IsLocal(name) {
			return nil, fmt.Errorf("reading %s: %q is not a digest and a path", IndexFile, lines.Text())
		}
		wrote[name] = append(wrote[name], sum)
	}
	return wrote, nil
}

func sumOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// check finds what somebody else wrote, or changed, where files are to be.
func (f *folder) check(files map[string][]byte) error {
	var foreign []string
	for name := range f.wrote {
		content, err := f.root.ReadFile(name)
		if err == nil && !slices.Contains(f.wrote[name], sumOf(content)) {
			foreign = append(foreign, name)
		}
	}
	for name := range files {
		if _, ours := f.wrote[name]; ours {
			continue
		}
		if _, err := f.root.Lstat(name); err == nil {
			foreign = append(foreign, name)
		}
		for up := path.Dir(name); up != "."; up = path.Dir(up) {
			if info, err := f.root.Lstat(up); err == nil && !info.IsDir() && f.wrote[up] == nil {
				foreign = append(foreign, up)
			}
		}
	}
	if len(foreign) == 0 {
		return nil
	}
	slices.Sort(foreign)
	return refused("--to %s: render did not write, or not as it is now: %s; move it away, or name a new folder",
		f.name, listed(slices.Compact(foreign), 5))
}

// replace writes the files, and takes away what was written before and is not
// among them. The index knows of a file before it is there.
func (f *folder) replace(files map[string][]byte) error {
	both := maps.Clone(f.wrote)
	if both == nil {
		both = map[string][]string{}
	}
	now := map[string][]string{}
	for name, content := range files {
		sum := sumOf(content)
		both[name] = append(slices.Clone(both[name]), sum)
		now[name] = []string{sum}
	}
	if err := f.write(IndexFile, indexOf(both)); err != nil {
		return err
	}
	for name := range f.wrote {
		if _, wanted := files[name]; !wanted {
			if err := f.remove(name); err != nil {
				return err
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := f.write(name, files[name]); err != nil {
			return err
		}
	}
	return f.write(IndexFile, indexOf(now))
}

func indexOf(sums map[string][]string) []byte {
	var out bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		for _, sum := range slices.Compact(sums[name]) {
			fmt.Fprintf(&out, "%s  %s\n", sum, name)
		}
	}
	return out.Bytes()
}

// write leaves the file as it is, or as it is to be, whenever it is killed.
func (f *folder) write(name string, content []byte) error {
	if err := f.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	if err := f.root.WriteFile(partFile, content, 0o644); err != nil {
		return err
	}
	return f.root.Rename(partFile, name)
}

// remove takes a file away, and its folders as far as nothing else is in them.
func (f *folder) remove(name string) error {
	if err := f.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for up := path.Dir(name); up != "."; up = path.Dir(up) {
		if f.root.Remove(up) != nil {
			break // not empty
		}
	}
	return nil
}

// Read is what an earlier Write left in a folder or, where there is no index,
// all files of it.
func Read(dir string) (map[string][]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the folder %q: %w", dir, err)
	}
	defer func() { _ = root.Close() }()
	files := map[string][]byte{}
	take := func(name string) error {
		content, err := root.ReadFile(name)
		if err == nil {
			files[name] = content
		}
		return err
	}
	if index, err := root.ReadFile(IndexFile); err == nil {
		names, err := parseIndex(index)
		if err != nil {
			return nil, fmt.Errorf("reading the folder %q: %w", dir, err)
		}
		for name := range names {
			if err := take(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, fmt.Errorf("reading the folder %q: %w", dir, err)
			}
		}
		return files, nil
	}
	err = fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		return take(name)
	})
	if err != nil {
		return nil, fmt.Errorf("reading the folder %q: %w", dir, err)
	}
	return files, nil
}
