package cli

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// writeConfig writes a config in one go; a file that is there keeps its mode.
func writeConfig(path string, data []byte) error {
	mode := fs.FileMode(0o644) // it holds no secret, and others may have to read it
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	fresh, err := os.CreateTemp(filepath.Dir(path), ".anywhere-*")
	if err != nil {
		return fmt.Errorf("writing the cluster config: %w", err)
	}
	defer os.Remove(fresh.Name())
	_, err = fresh.Write(data)
	if failed := fresh.Close(); err == nil {
		err = failed
	}
	if err == nil {
		err = os.Chmod(fresh.Name(), mode)
	}
	if err == nil {
		err = os.Rename(fresh.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("writing the cluster config: %w", err)
	}
	return nil
}
