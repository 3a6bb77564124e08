package images

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// imageName is how an index names an image; containerd reads it, too.
const imageName = "io.containerd.image.name"

// Archive is an archive of images that is open for reading.
type Archive struct {
	// Images are those in it, in its order. Their layers are read from the file
	// when they are asked for, as long as it is open.
	Images []Tagged
	file   *os.File
	// blobs are where contents lie in the file.
	blobs map[string]*io.SectionReader
}

// OpenArchive reads what is in an archive that WriteArchive made; Close ends it.
func OpenArchive(path string) (*Archive, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the archive of images: %w", err)
	}
	a := &Archive{file: file, blobs: map[string]*io.SectionReader{}}
	if err := errors.Join(a.find(), a.name()); err != nil {
		return nil, errors.Join(fmt.Errorf("reading the archive of images %q: %w; make one with: kubectl anywhere images bundle", path, err), file.Close())
	}
	return a, nil
}

// Close ends the reading.
func (a *Archive) Close() error { return a.file.Close() }

// find looks where each file of the archive lies.
func (a *Archive) find() error {
	for r := tar.NewReader(a.file); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		// The reader has read the header and nothing of what comes after it.
		at, err := a.file.Seek(0, io.SeekCurrent)
		if err != nil {
			return err
		}
		a.blobs[header.Name] = io.NewSectionReader(a.file, at, header.Size)
	}
}

// name makes the images that the index lists.
func (a *Archive) name() error {
	data, err := a.read("index.json")
	if err != nil {
		return err
	}
	var index v1.IndexManifest
	if err := json.Unmarshal(data, &index); err != nil {
		return fmt.Errorf("reading its index: %w", err)
	}
	for _, entry := range index.Manifests {
		reference := entry.Annotations[imageName]
		if reference == "" {
			return fmt.Errorf("the image %s has no name", entry.Digest)
		}
		manifest, err := a.read(blobPath(entry.Digest))
		if err != nil {
			return err
		}
		img, err := partial.CompressedToImage(&archived{archive: a, manifest: manifest, mediaType: entry.MediaType})
		if err != nil {
			return fmt.Errorf("reading the image %q: %w", reference, err)
		}
		component, _, _ := strings.Cut(path.Base(reference), ":")
		a.Images = append(a.Images, Tagged{Component: component, Reference: reference, Image: img})
	}
	return nil
}

func (a *Archive) read(name string) ([]byte, error) {
	blob, there := a.blobs[name]
	if !there {
		return nil, fmt.Errorf("it has no %s", name)
	}
	return io.ReadAll(io.NewSectionReader(blob, 0, blob.Size()))
}

// archived is an image of an archive.
type archived struct {
	archive   *Archive
	manifest  []byte
	mediaType types.MediaType
}

// MediaType is that of the manifest.
func (i *archived) MediaType() (types.MediaType, error) { return i.mediaType, nil }

// RawManifest is the manifest as it is written.
func (i *archived) RawManifest() ([]byte, error) { return i.manifest, nil }

// RawConfigFile is the configuration as it is written.
func (i *archived) RawConfigFile() ([]byte, error) {
	manifest, err := partial.Manifest(i)
	if err != nil {
		return nil, err
	}
	return i.archive.read(blobPath(manifest.Config.Digest))
}

// LayerByDigest is a layer as it lies in the archive.
func (i *archived) LayerByDigest(digest v1.Hash) (partial.CompressedLayer, error) {
	manifest, err := partial.Manifest(i)
	if err != nil {
		return nil, err
	}
	for _, layer := range append(manifest.Layers, manifest.Config) {
		if layer.Digest == digest {
			return &archivedLayer{i.archive, layer}, nil
		}
	}
	return nil, fmt.Errorf("it has no layer %s", digest)
}

type archivedLayer struct {
	archive    *Archive
	descriptor v1.Descriptor
}

// Digest is that of the layer's bytes.
func (l *archivedLayer) Digest() (v1.Hash, error) { return l.descriptor.Digest, nil }

// Size is that of the layer's bytes.
func (l *archivedLayer) Size() (int64, error) { return l.descriptor.Size, nil }

// MediaType says whether they are compressed, and how.
func (l *archivedLayer) MediaType() (types.MediaType, error) { return l.descriptor.MediaType, nil }

// Compressed reads the layer's bytes.
func (l *archivedLayer) Compressed() (io.ReadCloser, error) {
	blob, there := l.archive.blobs[blobPath(l.descriptor.Digest)]
	if !there {
		return nil, fmt.Errorf("the archive has no layer %s", l.descriptor.Digest)
	}
	return io.NopCloser(io.NewSectionReader(blob, 0, blob.Size())), nil
}
