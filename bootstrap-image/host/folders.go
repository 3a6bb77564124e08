package host

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
)

// below lists what is below a folder, the folder itself not among it; links are
// not followed. Nothing is below what is not there.
func (r root) below(folder string) []string {
	var out []string
	_ = fs.WalkDir(r.root.FS(), rel(folder), func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			return nil // it is not there, or has just gone
		}
		if name = path.Clean("/" + name); name != path.Clean(folder) {
			out = append(out, name)
		}
		return nil
	})
	return out
}

// head is the beginning of a file, as far as there is one.
func (r root) head(name string, length int) ([]byte, error) {
	file, err := r.open(name, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	out := make([]byte, length)
	n, err := io.ReadFull(file, out)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = nil
	}
	return out[:n], err
}
