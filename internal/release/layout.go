package release

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// ociLayout is the folder of an OCI layout that is being written.
type ociLayout struct{ dir string }

func (l ociLayout) blobs() string { return filepath.Join(l.dir, "blobs", "sha256") }

// image writes an image with its layers compressed, as registries keep them:
// hosts load archives from disks, where that costs more than it saves, and pull
// over networks, where it does not. It returns how an index names the image.
func (l ociLayout) image(ctx context.Context, img v1.Image) (v1.Descriptor, error) {
	config, err := img.RawConfigFile()
	if err != nil {
		return v1.Descriptor{}, err
	}
	manifest := v1.Manifest{SchemaVersion: 2, MediaType: types.OCIManifestSchema1}
	if manifest.Config, err = l.blob(types.OCIConfigJSON, bytes.NewReader(config)); err != nil {
		return v1.Descriptor{}, err
	}
	layers, err := img.Layers()
	if err != nil {
		return v1.Descriptor{}, err
	}
	for i, layer := range layers {
		if err := context.Cause(ctx); err != nil {
			return v1.Descriptor{}, err
		}
		descriptor, err := l.layer(layer)
		if err != nil {
			return v1.Descriptor{}, fmt.Errorf("packing layer %d: %w", i+1, err)
		}
		manifest.Layers = append(manifest.Layers, descriptor)
	}
	return l.document(manifest, types.OCIManifestSchema1)
}

// layer compresses a layer into its blob.
func (l ociLayout) layer(layer v1.Layer) (v1.Descriptor, error) {
	content, err := layer.Uncompressed()
	if err != nil {
		return v1.Descriptor{}, err
	}
	defer content.Close()
	r, w := io.Pipe()
	go func() {
		zipped := gzip.NewWriter(w)
		_, err := io.Copy(zipped, content)
		w.CloseWithError(errors.Join(err, zipped.Close()))
	}()
	// Where the blob cannot be written, what compresses is not left waiting.
	defer r.Close()
	return l.blob(types.OCILayer, r)
}

// document writes JSON.
func (l ociLayout) document(content any, media types.MediaType) (v1.Descriptor, error) {
	text, err := json.Marshal(content)
	if err != nil {
		return v1.Descriptor{}, err
	}
	return l.blob(media, bytes.NewReader(text))
}

// blob writes content under the name of its digest.
func (l ociLayout) blob(media types.MediaType, content io.Reader) (v1.Descriptor, error) {
	file, err := os.CreateTemp(l.dir, "blob-")
	if err != nil {
		return v1.Descriptor{}, err
	}
	hash := sha256.New()
	size, err := io.Copy(io.MultiWriter(file, hash), content)
	if err = errors.Join(err, file.Close()); err != nil {
		return v1.Descriptor{}, errors.Join(err, os.Remove(file.Name()))
	}
	digest := v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(hash.Sum(nil))}
	if err := os.Rename(file.Name(), filepath.Join(l.blobs(), digest.Hex)); err != nil {
		return v1.Descriptor{}, err
	}
	return v1.Descriptor{MediaType: media, Size: size, Digest: digest}, nil
}
