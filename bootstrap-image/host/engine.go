package host

import (
	"context"
	"strings"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
)

// engineLimit ends a question to a daemon that hangs.
const engineLimit = 20 * time.Second

// findEngine is what runs containers here: Docker where its daemon answers,
// Podman where the host has only that; empty where there is neither. A host
// keeps the one that it was set up with: its units name it, and a daemon that
// begins anew at this moment is no reason to change them.
func (r *run) findEngine(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, engineLimit)
	defer cancel()
	if before, found, err := readRecord(r.root); err == nil && found && before.Engine != "" {
		if _, err := r.onHost(ctx, before.Engine, "--version"); err == nil {
			return before.Engine
		}
	}
	// The command docker may be another name for Podman, which has no server.
	if version, err := r.onHost(ctx, node.Docker, "version"); err == nil && !strings.Contains(string(version), "Podman") {
		return node.Docker
	}
	if _, err := r.onHost(ctx, node.Podman, "version"); err == nil {
		return node.Podman
	}
	return ""
}

// commandLine is what to type on a host to run a command of this program.
func commandLine(engine, image, arguments string) string {
	if engine == "" {
		engine = node.Docker
	}
	return engine + " run --rm --privileged --pid=host --net=host -v /:/host " + image + " " + arguments
}

// image is the reference of the image that this program is of.
func (r *run) image() string {
	spec := r.bundle.Cluster.Spec
	return images.For(spec.KubernetesVersion, spec.Images.Registry).Bootstrap
}
