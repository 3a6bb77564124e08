package images

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
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

// plainLayer is a layer that is stored as it is, not compressed. Hosts load
// archives from a disk, where unpacking gzip takes several times as long as
// reading the bytes. It is written from the files it is made of whenever it is
// asked for, so no second copy of them lies in the cache.
type plainLayer struct {
	tree   tree
	digest v1.Hash
	size   int64
}

var _ v1.Layer = (*plainLayer)(nil)

// newLayer measures the tree; its files must not change afterwards.
func newLayer(t tree) (*plainLayer, error) {
	sum := sha256.New()
	count := &counter{to: sum}
	if err := t.write(count); err != nil {
		return nil, err
	}
	digest := v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum.Sum(nil))}
	return &plainLayer{tree: t, digest: digest, size: count.n}, nil
}

// Digest and DiffID are the same: there is no compressed form.
func (l *plainLayer) Digest() (v1.Hash, error) { return l.digest, nil }

// DiffID is the digest of the content.
func (l *plainLayer) DiffID() (v1.Hash, error) { return l.digest, nil }

// Size is that of the tar stream.
func (l *plainLayer) Size() (int64, error) { return l.size, nil }

// MediaType says that the layer is not compressed.
func (l *plainLayer) MediaType() (types.MediaType, error) { return types.OCIUncompressedLayer, nil }

// Compressed is the layer as it is stored.
func (l *plainLayer) Compressed() (io.ReadCloser, error) { return l.Uncompressed() }

// Uncompressed streams the layer.
func (l *plainLayer) Uncompressed() (io.ReadCloser, error) {
	r, w := io.Pipe()
	go func() { w.CloseWithError(l.tree.write(w)) }()
	return r, nil
}

// counter counts what passes through it.
type counter struct {
	to io.Writer
	n  int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.n += int64(n)
	return n, err
}

// concatenated is the content of every file in dir with the suffix, in the
// order of their names.
func concatenated(dir, suffix string) ([]byte, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all []byte
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), suffix) {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		all = append(all, data...)
	}
	return all, nil
}
