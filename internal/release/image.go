package release

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

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// image makes the bootstrap image of every architecture into one OCI layout
// (https://github.com/opencontainers/image-spec/blob/main/image-layout.md): its
// index has one index, that of the architectures.
func (r *run) image(ctx context.Context) error {
	if len(r.Architectures) == 0 {
		r.say("  none is asked for")
		return nil
	}
	l := ociLayout{dir: filepath.Join(r.scratch, "layout")}
	if err := os.MkdirAll(l.blobs(), 0o755); err != nil {
		return err
	}
	index := v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Annotations: r.annotations()}
	made := Artefact{Name: "bootstrap_" + r.Version + ".oci.tar"}
	for _, arch := range r.Architectures {
		err := r.Image(ctx, r.source.dir, arch, func(img v1.Image) error {
			r.say("  packing the image for linux/%s", arch)
			inside, err := inspect(img)
			if err != nil {
				return err
			}
			made.bill = append(made.bill, inside...)
			if img, err = r.withLicences(ctx, img, inside, arch); err != nil {
				return err
			}
			descriptor, err := l.image(ctx, img)
			descriptor.Platform = &v1.Platform{OS: "linux", Architecture: arch}
			index.Manifests = append(index.Manifests, descriptor)
			return err
		})
		if err != nil {
			return fmt.Errorf("making the image for linux/%s: %w", arch, err)
		}
	}
	if err := l.finish(index, r.Version); err != nil {
		return err
	}
	if err := packLayout(r.at(made.Name), l.dir, r.source.time); err != nil {
		return err
	}
	if err := os.RemoveAll(l.dir); err != nil {
		return err
	}
	return r.keep(made)
}

// annotations are those that registries show.
func (r *run) annotations() map[string]string {
	return map[string]string{
		"org.opencontainers.image.title":    "kubernetes-anywhere bootstrap",
		"org.opencontainers.image.version":  r.Version,
		"org.opencontainers.image.revision": r.source.commit,
		"org.opencontainers.image.created":  r.source.time.Format(time.RFC3339),
		"org.opencontainers.image.source":   home,
		"org.opencontainers.image.licenses": "Apache-2.0",
	}
}

// finish writes the index of architectures, and the one that names it.
func (l ociLayout) finish(index v1.IndexManifest, version string) error {
	inner, err := l.document(index, types.OCIImageIndex)
	if err != nil {
		return err
	}
	inner.Annotations = map[string]string{"org.opencontainers.image.ref.name": version}
	outer, err := json.Marshal(v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: []v1.Descriptor{inner}})
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(l.dir, "index.json"), outer, 0o644),
		os.WriteFile(filepath.Join(l.dir, "oci-layout"), []byte(`{"imageLayoutVersion":"1.0.0"}`), 0o644),
	)
}

// packLayout writes a folder into a tar archive, in the order of names.
func packLayout(path, dir string, at time.Time) (err error) {
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	w := tar.NewWriter(out)
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		f := packed{name: filepath.ToSlash(name), from: path}
		return f.open(func(content io.Reader, size int64) error {
			err := w.WriteHeader(&tar.Header{Name: f.name, Mode: 0o644, Size: size, ModTime: at, Typeflag: tar.TypeReg, Format: tar.FormatPAX})
			if err != nil {
				return err
			}
			_, err = io.Copy(w, content)
			return err
		})
	})
	return errors.Join(err, w.Close())
}
