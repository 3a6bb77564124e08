package images

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// References are the names of the images in an archive, as 'docker load' would
// give them. Only the archive's list is read, which ours have at their begin.
func References(path string) ([]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading the archive of images: %w", err)
	}
	defer file.Close()
	for r := tar.NewReader(file); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("reading the archive of images %q: it has no manifest.json; make one with: kubectl anywhere images bundle", path)
		}
		if err != nil {
			return nil, fmt.Errorf("reading the archive of images %q: %w", path, err)
		}
		if header.Name != "manifest.json" {
			continue
		}
		var list []dockerEntry
		if err := json.NewDecoder(io.LimitReader(r, 16<<20)).Decode(&list); err != nil {
			return nil, fmt.Errorf("reading the list of the archive of images %q: %w", path, err)
		}
		var names []string
		for _, entry := range list {
			names = append(names, entry.RepoTags...)
		}
		return names, nil
	}
}
