package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	// cniFolder is where containerd looks for plugins (see node's config).
	cniFolder   = "/opt/cni/bin"
	imagesStamp = stateFolder + "/images"
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
	stamp := fmt.Appendf(nil, "%s %d %d\n", archive, info.Size(), info.ModTime().UnixNano())
	if bytes.Equal(done, stamp) {
		return nil
	}
	if _, err := r.onHost(ctx, "systemctl", "start", "containerd.service"); err != nil {
		return err
	}
	r.report.waiting(fmt.Sprintf("containerd to load %s (%d MB)", archive, info.Size()>>20))
	if _, err := r.onHost(ctx, "ctr", "--namespace", "k8s.io", "images", "import", archive); err != nil {
		return fmt.Errorf("loading images: %w", err)
	}
	r.report.waiting("")
	return r.root.write(imagesStamp, 0o644, stamp)
}
