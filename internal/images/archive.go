package images

import (
	"archive/tar"
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// dockerEntry is an image in manifest.json, which 'docker load' reads.
type dockerEntry struct {
	Config   string
	RepoTags []string
	Layers   []string
}

// blob is one content of an archive, opened when its turn comes.
type blob struct {
	size int64
	open func() (io.ReadCloser, error)
}

// contents is everything that goes into an archive.
type contents struct {
	blobs  map[v1.Hash]blob
	index  v1.IndexManifest
	docker []dockerEntry
}

// WriteArchive writes images into one archive that both 'docker load' and
// 'ctr images import' take: an OCI layout with names in its index, and
// Docker's manifest.json over the same blobs, each of which is there once. The
// same images give the same bytes. It returns the digest of the index, which
// changes when any image does.
func WriteArchive(path string, imgs []Tagged) (digest string, err error) {
	c := contents{
		blobs: map[v1.Hash]blob{},
		index: v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex},
	}
	for _, img := range imgs {
		if err := c.add(img); err != nil {
			return "", fmt.Errorf("reading the image %q: %w", img.Reference, err)
		}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", fmt.Errorf("making the folder of the archive: %w", err)
	}
	file, err := os.CreateTemp(filepath.Dir(path), unfinished+"archive-")
	if err != nil {
		return "", fmt.Errorf("making the archive: %w", err)
	}
	// After the rename there is nothing left to remove.
	defer os.Remove(file.Name())
	buffered := bufio.NewWriterSize(file, 1<<20)
	digest, err = c.write(buffered)
	if err = errors.Join(err, buffered.Flush(), file.Chmod(0o644), file.Close()); err != nil {
		return "", fmt.Errorf("writing the archive %q: %w", path, err)
	}
	return digest, os.Rename(file.Name(), path)
}

// add takes in an image: its config, its manifest and its layers.
func (c *contents) add(img Tagged) error {
	manifest, err := img.Manifest()
	if err != nil {
		return err
	}
	rawManifest, err := img.RawManifest()
	if err != nil {
		return err
	}
	rawConfig, err := img.RawConfigFile()
	if err != nil {
		return err
	}
	entry := dockerEntry{Config: blobPath(manifest.Config.Digest), RepoTags: []string{img.Reference}}
	c.bytes(manifest.Config.Digest, rawConfig)
	stack, err := img.Layers()
	if err != nil {
		return err
	}
	for i, layer := range stack {
		descriptor := manifest.Layers[i]
		c.blobs[descriptor.Digest] = blob{descriptor.Size, layer.Compressed}
		entry.Layers = append(entry.Layers, blobPath(descriptor.Digest))
	}
	digest, err := img.Digest()
	if err != nil {
		return err
	}
	c.bytes(digest, rawManifest)
	_, tag, _ := strings.Cut(img.Reference[strings.LastIndex(img.Reference, "/")+1:], ":")
	c.index.Manifests = append(c.index.Manifests, v1.Descriptor{
		MediaType: manifest.MediaType, Size: int64(len(rawManifest)), Digest: digest,
		Annotations: map[string]string{
			imageName:                           img.Reference,
			"org.opencontainers.image.ref.name": tag,
		},
	})
	c.docker = append(c.docker, entry)
	return nil
}

func (c *contents) bytes(digest v1.Hash, data []byte) {
	c.blobs[digest] = blob{int64(len(data)), func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(data)), nil
	}}
}

func blobPath(digest v1.Hash) string { return "blobs/" + digest.Algorithm + "/" + digest.Hex }

// write puts the small files first: a reader of names need not pass the blobs.
func (c *contents) write(to io.Writer) (string, error) {
	w := tar.NewWriter(to)
	index, err := json.Marshal(c.index)
	if err != nil {
		return "", err
	}
	docker, err := json.Marshal(c.docker)
	if err != nil {
		return "", err
	}
	for _, f := range []struct {
		name string
		data []byte
	}{
		{"oci-layout", []byte(`{"imageLayoutVersion":"1.0.0"}`)}, {"index.json", index}, {"manifest.json", docker},
	} {
		if err := writeFile(w, f.name, int64(len(f.data)), bytes.NewReader(f.data)); err != nil {
			return "", err
		}
	}
	digests := make([]v1.Hash, 0, len(c.blobs))
	for digest := range c.blobs {
		digests = append(digests, digest)
	}
	slices.SortFunc(digests, func(a, b v1.Hash) int { return strings.Compare(a.String(), b.String()) })
	for _, digest := range digests {
		if err := c.writeBlob(w, digest); err != nil {
			return "", err
		}
	}
	sum, _, err := v1.SHA256(bytes.NewReader(index))
	return sum.String(), errors.Join(err, w.Close())
}

func (c *contents) writeBlob(w *tar.Writer, digest v1.Hash) error {
	b := c.blobs[digest]
	data, err := b.open()
	if err != nil {
		return fmt.Errorf("opening the blob %s: %w", digest, err)
	}
	defer data.Close()
	return writeFile(w, blobPath(digest), b.size, data)
}

func writeFile(w *tar.Writer, name string, size int64, data io.Reader) error {
	header := &tar.Header{Name: name, Mode: 0o644, Size: size, ModTime: time.Unix(0, 0), Typeflag: tar.TypeReg}
	if err := w.WriteHeader(header); err != nil {
		return err
	}
	if _, err := io.Copy(w, data); err != nil {
		return fmt.Errorf("writing %q: %w", name, err)
	}
	return nil
}

// indexDigest reads the digest of the index of an archive.
func indexDigest(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	for r := tar.NewReader(file); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return "", errors.New("it is no OCI archive: it has no index.json")
		}
		if err != nil {
			return "", err
		}
		if header.Name == "index.json" {
			sum, _, err := v1.SHA256(r)
			return sum.String(), err
		}
	}
}
