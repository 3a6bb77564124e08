package images

import (
	"crypto/sha256"
	"encoding/hex"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

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
