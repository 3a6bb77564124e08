package local

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/image"
)

// haveImage sees to it that this machine's Docker has an image: the very one of
// the archive, which it loads, or where there is none any of that name, which
// it pulls.
func haveImage(ctx context.Context, docker Docker, reference, archive string) error {
	fail := func(doing string, err error) error {
		return fmt.Errorf("%s the image %q: %w", doing, reference, err)
	}
	found, err := docker.ImageInspect(ctx, reference)
	if err != nil && !errdefs.IsNotFound(err) {
		return fail("looking for", err)
	}
	if archive == "" {
		if err == nil {
			return nil
		}
		stream, err := docker.ImagePull(ctx, reference, image.PullOptions{})
		if err == nil {
			err = errors.Join(progress(stream), stream.Close())
		}
		if err != nil {
			return fail("pulling", err)
		}
		return nil
	}
	file, err := os.Open(archive)
	if err != nil {
		return fail("loading", err)
	}
	defer func() { _ = file.Close() }()
	ids, err := imageIDs(file, reference)
	if err != nil {
		return fail("loading", fmt.Errorf("reading %q: %w; make it again: 'make images'", archive, err))
	}
	if slices.Contains(ids, found.ID) {
		return nil
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return fail("loading", err)
	}
	loaded, err := docker.ImageLoad(ctx, file)
	if err == nil {
		err = errors.Join(progress(loaded.Body), loaded.Body.Close())
	}
	if err != nil {
		return fail("loading", err)
	}
	return nil
}

// progress reads what Docker says while it works, to the end. Its status was
// sent before, so a failure stands in the text.
func progress(stream io.Reader) error {
	for decoder := json.NewDecoder(stream); ; {
		var line struct {
			Error string `json:"error"`
		}
		switch err := decoder.Decode(&line); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("reading Docker's answer: %w", err)
		case line.Error != "":
			return errors.New(line.Error)
		}
	}
}

// imageIDs are what Docker may call an image of an archive: the digest of its
// configuration or, where Docker keeps images in containerd, of its manifest.
func imageIDs(archive io.Reader, reference string) ([]string, error) {
	var ids []string
	for reader := tar.NewReader(archive); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		switch header.Name {
		case "manifest.json":
			var entries []struct {
				Config   string
				RepoTags []string
			}
			if err := json.NewDecoder(reader).Decode(&entries); err != nil {
				return nil, fmt.Errorf("reading its manifest.json: %w", err)
			}
			for _, one := range entries {
				if slices.Contains(one.RepoTags, reference) {
					// A file of its own where 'docker save' wrote the archive.
					ids = append(ids, "sha256:"+strings.TrimSuffix(path.Base(one.Config), ".json"))
				}
			}
		case "index.json":
			var index struct {
				Manifests []struct {
					Digest      string
					Annotations map[string]string
				}
			}
			if err := json.NewDecoder(reader).Decode(&index); err != nil {
				return nil, fmt.Errorf("reading its index.json: %w", err)
			}
			for _, one := range index.Manifests {
				if one.Annotations["io.containerd.image.name"] == reference {
					ids = append(ids, one.Digest)
				}
			}
		}
	}
	if len(ids) == 0 {
		return nil, errors.New("it does not hold that image")
	}
	return ids, nil
}
