package airgap

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Pack writes a kit: the manifest, whose parts are filled in, then the files.
// The same files give the same bytes. A run that ends early leaves nothing at
// path. Tell hears of every file; nil is allowed.
func Pack(ctx context.Context, path string, m *Manifest, sources []Source, tell func(Part)) error {
	m.Version, m.Parts = Version, nil
	for _, source := range sources {
		part, err := source.measure()
		if err != nil {
			return fmt.Errorf("reading the %s for the kit: %w", source.What, err)
		}
		m.Parts = append(m.Parts, part)
	}
	if err := m.check(); err != nil {
		return fmt.Errorf("packing the kit %q: %w", path, err)
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".kit-")
	if err != nil {
		return fmt.Errorf("making the kit: %w", err)
	}
	// After the rename there is nothing left to remove.
	defer os.Remove(file.Name())
	if err := errors.Join(m.write(ctx, file, sources, tell), file.Chmod(0o644), file.Close()); err != nil {
		return fmt.Errorf("writing the kit %q: %w", path, err)
	}
	return os.Rename(file.Name(), path)
}

func (m *Manifest) write(ctx context.Context, to io.Writer, sources []Source, tell func(Part)) error {
	w := tar.NewWriter(to)
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	header := func(name string, size int64, mode os.FileMode) error {
		return w.WriteHeader(&tar.Header{Name: name, Size: size, Mode: int64(mode), ModTime: time.Unix(0, 0), Typeflag: tar.TypeReg})
	}
	if err := header(manifestName, int64(len(data)), 0o644); err != nil {
		return err
	}
	if _, err := w.Write(data); err != nil {
		return err
	}
	for i, part := range m.Parts {
		if tell != nil {
			tell(part)
		}
		if err := header(part.Name, part.Size, part.Mode); err != nil {
			return err
		}
		if err := copyFile(ctx, w, sources[i].Path); err != nil {
			return fmt.Errorf("packing %q: %w", sources[i].Path, err)
		}
	}
	return w.Close()
}

func copyFile(ctx context.Context, to io.Writer, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(to, &interruptible{ctx, file})
	return err
}

// interruptible is a reader that ends with its context: a kit has gigabytes.
type interruptible struct {
	ctx  context.Context
	from io.Reader
}

func (r *interruptible) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.from.Read(p)
}
