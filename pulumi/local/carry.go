package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

var _ target.Carried = (*Target)(nil)

// SaveHostImage writes the image that hosts are made of into a file.
func (t *Target) SaveHostImage(ctx context.Context, cluster *config.Cluster, path string) error {
	docker, err := t.connect()
	if err != nil {
		return err
	}
	name := block(cluster).HostImage
	saved, err := docker.ImageSave(ctx, []string{name})
	if err != nil {
		return fmt.Errorf("saving the image %q: %w; make it: 'make host-image'", name, err)
	}
	defer func() { _ = saved.Close() }()
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("saving the image %q: %w", name, err)
	}
	if _, err := io.Copy(file, saved); err != nil {
		return fmt.Errorf("saving the image %q: %w", name, errors.Join(err, file.Close()))
	}
	return file.Close()
}

// LoadHostImage sees to it that this machine's Docker has the image of a file
// that SaveHostImage wrote.
func (t *Target) LoadHostImage(ctx context.Context, cluster *config.Cluster, path string) error {
	docker, err := t.connect()
	if err != nil {
		return err
	}
	return haveImage(ctx, docker, block(cluster).HostImage, path)
}
