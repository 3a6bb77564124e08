package release

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// packed is a file in an archive.
type packed struct {
	name, from string
	mode       os.FileMode
}

// pack writes files into a tar.gz, or into a zip by the name of the archive.
// The archive tells nothing of who packed it, or where.
func pack(path string, at time.Time, files []packed) (err error) {
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if strings.HasSuffix(path, ".zip") {
		return packZip(out, at, files)
	}
	return packTar(out, at, files)
}

func packTar(out io.Writer, at time.Time, files []packed) error {
	zipped, err := gzip.NewWriterLevel(out, gzip.BestCompression)
	if err != nil {
		return err
	}
	w := tar.NewWriter(zipped)
	for _, f := range files {
		err := f.open(func(content io.Reader, size int64) error {
			header := &tar.Header{Name: f.name, Mode: int64(f.mode), Size: size, ModTime: at, Typeflag: tar.TypeReg, Format: tar.FormatUSTAR}
			if err := w.WriteHeader(header); err != nil {
				return err
			}
			_, err := io.Copy(w, content)
			return err
		})
		if err != nil {
			return err
		}
	}
	return errors.Join(w.Close(), zipped.Close())
}

func packZip(out io.Writer, at time.Time, files []packed) error {
	w := zip.NewWriter(out)
	for _, f := range files {
		header := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: at.UTC()}
		header.SetMode(f.mode)
		entry, err := w.CreateHeader(header)
		if err != nil {
			return err
		}
		err = f.open(func(content io.Reader, _ int64) error {
			_, err := io.Copy(entry, content)
			return err
		})
		if err != nil {
			return err
		}
	}
	return w.Close()
}

func (f packed) open(use func(content io.Reader, size int64) error) error {
	file, err := os.Open(f.from)
	if err != nil {
		return fmt.Errorf("reading %q: %w", f.name, err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	return use(file, info.Size())
}
