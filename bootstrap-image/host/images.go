package host

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	// cniFolder is where containerd looks for plugins (see node's config).
	cniFolder   = "/opt/cni/bin"
	imagesStamp = stateFolder + "/images"
	// podNamespace is containerd's namespace of pods.
	podNamespace = "k8s.io"
	// pinned is the label by which containerd's CRI, from 1.7 on, tells the
	// kubelet of an image that must stay (internal/cri/labels).
	pinned = "io.cri-containerd.pinned=pinned"
)

// loadImages brings what else the host needs from the image and the archive.
func (r *run) loadImages(ctx context.Context) error {
	if err := r.installCNI(); err != nil {
		return err
	}
	if r.bundle.ImageArchive == "" {
		return nil
	}
	return r.importArchive(ctx, r.bundle.ImageArchive)
}

// installCNI copies the plugins of the image. Plugins of others, such as a
// network layer's own, stay.
func (r *run) installCNI() error {
	plugins, err := os.ReadDir(r.CNIPlugins)
	if err != nil {
		return fmt.Errorf("reading the CNI plugins of the image: %w", err)
	}
	for _, plugin := range plugins {
		if plugin.IsDir() {
			continue
		}
		content, err := os.ReadFile(filepath.Join(r.CNIPlugins, plugin.Name()))
		if err != nil {
			return fmt.Errorf("reading the CNI plugin %q of the image: %w", plugin.Name(), err)
		}
		target := cniFolder + "/" + plugin.Name()
		if got, err := r.root.read(target); err == nil && bytes.Equal(got, content) {
			continue
		}
		if err := r.root.write(target, 0o755, content); err != nil {
			return err
		}
	}
	return nil
}

// importArchive loads an archive into containerd once. Size and time tell it
// from another one: hashing a gigabyte would take longer than it is worth.
func (r *run) importArchive(ctx context.Context, archive string) error {
	done, _ := r.root.read(imagesStamp)
	info, err := r.root.stat(archive)
	if errors.Is(err, fs.ErrNotExist) && len(done) > 0 {
		r.report.say("  the image archive %s is gone; keeping what was loaded from it", archive)
		return nil
	}
	if err != nil {
		return fmt.Errorf("finding the image archive %q: %w", archive, err)
	}
	stamp := archiveStamp(archive, info)
	if bytes.Equal(done, stamp) {
		return nil
	}
	if _, err := r.onHost(ctx, "systemctl", "start", "containerd.service"); err != nil {
		return err
	}
	r.report.waiting(fmt.Sprintf("containerd to load %s (%d MB)", archive, info.Size()>>20))
	if _, err := r.onHost(ctx, "ctr", "--namespace", podNamespace, "images", "import", archive); err != nil {
		return fmt.Errorf("loading images: %w", err)
	}
	if err := r.pinImages(ctx, archive); err != nil {
		return err
	}
	r.report.waiting("")
	return r.root.write(imagesStamp, 0o644, stamp)
}

// archiveStamp tells one archive from another.
func archiveStamp(archive string, info fs.FileInfo) []byte {
	return fmt.Appendf(nil, "%s %d %d pinned\n", archive, info.Size(), info.ModTime().UnixNano())
}

// pinImages has the kubelet's collection of unused images leave those of the
// archive: they cannot be pulled again.
func (r *run) pinImages(ctx context.Context, archive string) error {
	file, err := r.root.open(archive, os.O_RDONLY)
	if err != nil {
		return fmt.Errorf("reading which images %q holds: %w", archive, err)
	}
	defer func() { _ = file.Close() }()
	names, err := imageNames(file)
	if err != nil {
		return fmt.Errorf("reading which images %q holds: %w", archive, err)
	}
	for _, name := range names {
		// One by one: the command takes one image and many labels.
		if _, err := r.onHost(ctx, "ctr", "--namespace", podNamespace, "images", "label", name, pinned); err != nil {
			return fmt.Errorf("keeping the image %q from being collected: %w", name, err)
		}
	}
	return nil
}

// imageNames are the full names of the images of an archive, by its index; none
// where it is of the older form without one.
func imageNames(archive io.Reader) ([]string, error) {
	const nameKey = "io.containerd.image.name"
	for files := tar.NewReader(archive); ; {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("looking for index.json: %w", err)
		}
		if header.Name != "index.json" {
			continue
		}
		var index struct {
			Manifests []struct{ Annotations map[string]string }
		}
		if err := json.NewDecoder(files).Decode(&index); err != nil {
			return nil, fmt.Errorf("reading index.json: %w", err)
		}
		var names []string
		for _, manifest := range index.Manifests {
			if name := manifest.Annotations[nameKey]; name != "" {
				names = append(names, name)
			}
		}
		return names, nil
	}
}
